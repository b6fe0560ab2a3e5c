//! What stops and starts an environment by schedule, and when next.

use crate::headless::convert::time;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, prose, words};
use crate::model::time::moment;
use crate::model::timer::Timer;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit schedule`.
pub const SCHEMA: &str = "cockpit.schedule/1";

/// What the schedule does next, for `cockpit schedule`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ScheduleList {
    /// `cockpit.schedule/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The zone in which the table tells times.
    pub timezone: String,
    /// Each schedule.
    pub schedules: Vec<TimerDto>,
    #[serde(skip)]
    rows: Vec<[Option<String>; 5]>,
}

/// One schedule.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct TimerDto {
    /// Its name.
    pub name: String,
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

/// The schedules of an environment.
pub fn schedule(timers: &[Timer], environment: &str, now: Timestamp, zone: &TimeZone) -> ScheduleList {
    let words = |at: Timestamp| moment(at, now, zone);
    let rows = timers.iter().map(|timer| {
        let next = timer.next(now).map_or_else(|| if timer.enabled { "?" } else { "disabled" }.to_owned(), words);
        [
            Some(timer.name.clone()),
            timer.power().map(|power| power.word().to_owned()),
            Some(next),
            timer.skipped(now).map(words),
            Some(format!("{} {}", timer.expression, timer.zone().iana_name().unwrap_or("UTC"))),
        ]
    });
    ScheduleList {
        schema: SCHEMA.to_owned(),
        environment: environment.to_owned(),
        timezone: zone.iana_name().unwrap_or("UTC").to_owned(),
        rows: rows.collect(),
        schedules: timers
            .iter()
            .map(|timer| TimerDto {
                name: timer.name.clone(),
                action: timer.power().map(|power| power.word().to_owned()),
                expression: timer.expression.clone(),
                timezone: timer.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
                enabled: timer.enabled,
                next: time(timer.next(now)),
                skipped: time(timer.skipped(now)),
            })
            .collect(),
    }
}

impl Printable for ScheduleList {
    fn tables(&self) -> Vec<Table> {
        let columns =
            [words("SCHEDULE"), words("ACTION"), words("NEXT"), words("SKIPPED"), prose("WRITTEN AS").rank(1)];
        let mut table = Table::new(&columns, "nothing stops or starts this environment by schedule");
        for row in &self.rows {
            table.row(row.clone());
        }
        vec![table]
    }
}
