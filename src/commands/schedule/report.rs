//! The report of `cockpit schedule`: schedules that stop and start an environment, and their next times.

use crate::headless::convert::time;
use crate::headless::emit::Printable;
use crate::headless::input::{SnapshotInput, known};
use crate::headless::lists::{Extent, Head};
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::time::moment;
use crate::model::timer::Timer;
use crate::model::{ScheduledAction, Source};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit schedule`.
pub const SCHEMA: &str = "cockpit.schedule/1";

/// The sources that the report reads; either kind of schedule may be read without the other.
pub const SOURCES: &[Source] = &[Source::Identity, Source::Schedules, Source::ScheduledActions];

/// The schedules of an environment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScheduleList {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// The time zone of the table.
    pub timezone: String,
    /// The schedules that were read; failed reads are in `sources`. `null` if none could be read.
    pub schedules: Option<Vec<TimerDto>>,
    #[serde(skip)]
    rows: Vec<[Option<String>; 6]>,
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TimerDto {
    /// Its name.
    pub name: String,
    /// The service, for a scheduled action of autoscaling; `null` for a schedule of `EventBridge`, which applies to the
    /// environment.
    pub service: Option<String>,
    /// `stop`, `start`; `null` if its input is neither.
    pub action: Option<String>,
    /// `cron(…)`.
    pub expression: String,
    /// The time zone of the expression.
    pub timezone: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The next time that is not skipped; `null` if there is none, or the expression cannot be parsed.
    pub next: Option<String>,
    /// The time that is skipped.
    pub skipped: Option<String>,
}

/// Builds the report, sorted by service and name.
pub fn schedule(input: &SnapshotInput<'_>) -> ScheduleList {
    let (now, zone) = (input.now, input.zone);
    let head = Head::new(SCHEMA, input, SOURCES);
    let of_environment = known(&input.estate.schedules, Vec::is_empty);
    let of_services = known(&input.estate.scheduled, Vec::is_empty);
    // If the environment has neither kind, that is known without a request.
    let configured = input.environment.schedules.is_some() || input.environment.cluster.is_some();
    let read = !configured || of_environment.is_some() || of_services.is_some();
    // Scheduled actions that neither start nor stop a service are not listed.
    let actions = of_services.into_iter().flatten().map(ScheduledAction::timer).filter(|timer| timer.power().is_some());
    let mut timers: Vec<Timer> = of_environment.into_iter().flatten().cloned().chain(actions).collect();
    timers.sort_by(|one, other| (one.service(), &one.name).cmp(&(other.service(), &other.name)));
    let words = |at: Timestamp| moment(at, now, zone);
    let rows = timers.iter().map(|timer| {
        let next = timer.next(now).map_or_else(|| if timer.enabled { "?" } else { "disabled" }.to_owned(), words);
        [
            Some(timer.name.clone()),
            Some(timer.service().unwrap_or("all").to_owned()),
            timer.power().map(|power| power.name().to_owned()),
            Some(next),
            timer.skipped(now).map(words),
            Some(format!("{} {}", timer.expression, timer.zone().iana_name().unwrap_or("UTC"))),
        ]
    });
    let dto = |timer: &Timer| TimerDto {
        name: timer.name.clone(),
        service: timer.service().map(str::to_owned),
        action: timer.power().map(|power| power.name().to_owned()),
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
            left_aligned("SCHEDULE"),
            left_aligned("SERVICE"),
            left_aligned("ACTION"),
            left_aligned("NEXT"),
            left_aligned("SKIPPED"),
            prose("WRITTEN AS").rank(1),
        ];
        let empty = match (&self.schedules, self.head.complete) {
            _ if self.head.extent(SOURCES) == Extent::NotRequested => "schedules are not configured",
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
