//! The schedules that stop and start an environment, and their next times.

use crate::headless::convert::time;
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists::{Extent, Head};
use crate::headless::table::{Table, prose, words};
use crate::model::time::moment;
use crate::model::timer::Timer;
use crate::model::{ScheduledAction, Source};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit schedule`.
pub const SCHEMA: &str = "cockpit.schedule/1";

/// Sources of `cockpit schedule`: either may be read without the other.
pub const SOURCES: &[Source] = &[Source::Identity, Source::Schedules, Source::ScheduledActions];

/// The next effects of the schedule, for `cockpit schedule`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScheduleList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// The zone in which the table tells times.
    pub timezone: String,
    /// Each schedule; of those that could not be read `sources` tells. `null` if none could be.
    pub schedules: Option<Vec<TimerDto>>,
    #[serde(skip)]
    rows: Vec<[Option<String>; 6]>,
}

/// One schedule.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TimerDto {
    /// Its name.
    pub name: String,
    /// The service that it is of, a scheduled action of autoscaling; `null`: a schedule of `EventBridge`, of the environment.
    pub service: Option<String>,
    /// `stop`, `start`; `null` if its input says neither.
    pub action: Option<String>,
    /// `cron(…)`.
    pub expression: String,
    /// The zone that it is written in.
    pub timezone: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// When it does that next, what is skipped left out; `null` for never or not understood.
    pub next: Option<String>,
    /// The time that is skipped.
    pub skipped: Option<String>,
}

/// The schedules of an environment, by name and service.
pub fn schedule(input: &SnapshotInput<'_>) -> ScheduleList {
    let (now, zone) = (input.now, input.zone);
    let head = Head::new(SCHEMA, input, SOURCES);
    let of_environment = known(&input.estate.schedules, Vec::is_empty);
    let of_services = known(&input.estate.scheduled, Vec::is_empty);
    // Where it has neither, that is known.
    let asked = input.environment.schedules.is_some() || input.environment.cluster.is_some();
    let read = !asked || of_environment.is_some() || of_services.is_some();
    // What neither starts nor stops anything is no schedule of the environment.
    let actions = of_services.into_iter().flatten().map(ScheduledAction::timer).filter(|timer| timer.power().is_some());
    let mut timers: Vec<Timer> = of_environment.into_iter().flatten().cloned().chain(actions).collect();
    timers.sort_by(|one, other| (one.service(), &one.name).cmp(&(other.service(), &other.name)));
    let words = |at: Timestamp| moment(at, now, zone);
    let rows = timers.iter().map(|timer| {
        let next = timer.next(now).map_or_else(|| if timer.enabled { "?" } else { "disabled" }.to_owned(), words);
        [
            Some(timer.name.clone()),
            Some(timer.service().unwrap_or("all").to_owned()),
            timer.power().map(|power| power.word().to_owned()),
            Some(next),
            timer.skipped(now).map(words),
            Some(format!("{} {}", timer.expression, timer.zone().iana_name().unwrap_or("UTC"))),
        ]
    });
    let dto = |timer: &Timer| TimerDto {
        name: timer.name.clone(),
        service: timer.service().map(str::to_owned),
        action: timer.power().map(|power| power.word().to_owned()),
        expression: timer.expression.clone(),
        timezone: timer.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
        enabled: timer.enabled,
        next: time(timer.next(now)),
        skipped: time(timer.skipped(now)),
    };
    ScheduleList {
        head,
        timezone: zone.iana_name().unwrap_or("UTC").to_owned(),
        rows: rows.collect(),
        schedules: read.then(|| timers.iter().map(dto).collect()),
    }
}

impl Printable for ScheduleList {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            words("SCHEDULE"),
            words("SERVICE"),
            words("ACTION"),
            words("NEXT"),
            words("SKIPPED"),
            prose("WRITTEN AS").rank(1),
        ];
        let empty = match (&self.schedules, self.head.complete) {
            _ if self.head.extent(SOURCES) == Extent::Unasked => "schedules are not configured",
            (None, _) => "the schedules are not known",
            (Some(_), false) => "nothing that was read stops or starts this environment by schedule",
            (Some(_), true) => "nothing stops or starts this environment by schedule",
        };
        let mut table = Table::new(&columns, empty);
        for row in &self.rows {
            table.row(row.clone());
        }
        vec![table]
    }

    fn notes(&self) -> Vec<String> {
        self.head.notes()
    }
}
