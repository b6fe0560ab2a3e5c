//! The report of `cockpit timeline`: events in order, or the likeliest cause first.

use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::{Extent, Head};
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::retention::retention_gaps;
use crate::model::time;
use crate::model::timeline::possible_causes::Ranked;
use crate::model::timeline::{About, TimelineEvent, cloudtrail};
use crate::model::{Health, Source};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit timeline`.
pub const SCHEMA: &str = "cockpit.timeline/1";
/// The sources that the report reads.
pub const SOURCES: &[Source] = &Source::TIMELINE;

/// The events of an environment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Timeline {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// The start of the range.
    pub since: String,
    /// The end of the range; `null` means now.
    pub until: Option<String>,
    /// Events: oldest first, or with `--before` the likeliest cause first.
    pub events: Vec<EventDto>,
    /// The time given with `--before`.
    pub before: Option<String>,
    /// Number of routine events that are left out.
    pub left_out: usize,
    /// Number of writes in other environments of the account that are left out.
    pub of_others: usize,
    /// Number of events that `--filter`, `--level` or `--grep` leave out.
    pub filtered: usize,
    #[serde(skip)]
    missing: Vec<String>,
    #[serde(skip)]
    late: Option<Timestamp>,
    #[serde(skip)]
    gone: Vec<String>,
}

/// Schema of the lines of `cockpit timeline -f`.
pub const LINE: &str = "cockpit.timeline-event/1";

/// A line of `cockpit timeline -f -o json`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Line {
    /// `cockpit.timeline-event/1`.
    schema: &'static str,
    /// The event.
    #[serde(flatten)]
    event: EventDto,
}

impl Line {
    /// Makes the line of an event.
    pub fn of(event: EventDto) -> Self {
        Self { schema: LINE, event }
    }
}

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EventDto {
    /// The time by AWS's clock.
    pub at: String,
    /// `deployment`, `rollback`, `change`, `write`, `parameter`, `run`, `schedule`, `failover`, `database`, `scaling`, `task`,
    /// `service`, `alarm`.
    pub kind: String,
    /// The kind of its subject: `service`, `database`, `alarm`, `run`, `other`, `environment`.
    pub of: String,
    /// The name of its subject; empty for the environment.
    pub name: String,
    /// The event in a sentence.
    pub what: String,
    /// Who caused it; `null` if not known.
    pub who: Option<String>,
    /// The subject's health after it: `healthy`, `changing`, `degraded`, `down`, `stopped`, `unknown`.
    pub health: String,
    /// Whether it is a routine event.
    pub routine: bool,
    /// Whether its time is in the future, which means that a clock is wrong.
    pub of_the_future: bool,
    /// The other environment that it belongs to; `null` if it belongs to this one, or if that is not known.
    pub of_another: Option<String>,
    /// With `--before`: the likelihood of being the cause, between 0 and 1.
    pub score: Option<f64>,
    #[serde(skip)]
    sign: &'static str,
}

impl EventDto {
    /// Returns the sentence, marked if the event is of another environment or in the future.
    fn sentence(&self) -> String {
        let of = self.of_another.as_ref().map(|of| format!(" (of {of})")).unwrap_or_default();
        let future = if self.of_the_future { " (in the future)" } else { "" };
        format!("{}{of}{future}", self.what)
    }
}

/// The range of a timeline, and the numbers of events that are left out.
#[derive(Debug, Clone, Copy)]
pub struct TimelineScope {
    pub since: Timestamp,
    pub until: Option<Timestamp>,
    pub before: Option<Timestamp>,
    /// Number of routine events that are left out.
    pub left_out: usize,
    /// Number of writes in other environments that are left out.
    pub of_others: usize,
    /// Number of events that the filter, the level or the pattern leave out.
    pub filtered: usize,
}

fn of(about: &About) -> &'static str {
    match about {
        About::Service(_) => "service",
        About::Database(_) => "database",
        About::Alarm(_) => "alarm",
        About::Run(_) => "run",
        About::Other(_) => "other",
        About::Environment => "environment",
    }
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Changing => "changing",
        Health::Degraded => "degraded",
        Health::Down => "down",
        Health::Stopped => "stopped",
        Health::Unknown => "unknown",
    }
}

/// Converts an event.
pub fn event(event: &TimelineEvent, score: Option<f64>, now: Timestamp) -> EventDto {
    EventDto {
        at: event.at.to_string(),
        kind: event.kind.name().to_owned(),
        of: of(&event.about).to_owned(),
        name: event.about.name().to_owned(),
        what: event.what.clone(),
        who: event.who.clone(),
        health: word(event.health).to_owned(),
        routine: event.routine,
        of_the_future: event.is_in_future(now),
        of_another: event.other_environment.clone(),
        score: score.map(|score| (score * 1_000.0).round() / 1_000.0),
        sign: event.health.sign(),
    }
}

/// Builds the timeline in order.
pub fn in_order(
    input: &SnapshotInput<'_>,
    events: &[&TimelineEvent],
    scope: TimelineScope,
    missing: Vec<String>,
) -> Timeline {
    let events = events.iter().map(|one| event(one, None, input.now)).collect();
    timeline(input, events, scope, missing)
}

/// Builds the list of events before a moment, the likeliest cause first.
pub fn ranked(
    input: &SnapshotInput<'_>,
    events: &[Ranked<'_>],
    scope: TimelineScope,
    missing: Vec<String>,
) -> Timeline {
    let events = events.iter().map(|one| event(one.event, Some(one.score), input.now)).collect();
    timeline(input, events, scope, missing)
}

fn timeline(input: &SnapshotInput<'_>, events: Vec<EventDto>, scope: TimelineScope, missing: Vec<String>) -> Timeline {
    let edge = input.now.checked_sub(cloudtrail::MAX_DELAY).unwrap_or(input.now);
    let reaches = scope.before.or(scope.until).is_none_or(|end| end > edge);
    Timeline {
        head: Head::new(SCHEMA, input, SOURCES),
        since: scope.since.to_string(),
        until: scope.until.map(|until| until.to_string()),
        before: scope.before.map(|before| before.to_string()),
        events,
        left_out: scope.left_out,
        of_others: scope.of_others,
        filtered: scope.filtered,
        missing,
        gone: retention_gaps(scope.since, input.now, |source| !input.skipped.contains(&source)),
        late: input.estate.trail.at().filter(|_| reaches).map(|_| edge.max(scope.since)),
    }
}

/// Returns the time between a ranked event and the moment: `2m10s`.
fn earlier(at: &str, before: &str) -> Option<String> {
    let (at, before): (Timestamp, Timestamp) = (at.parse().ok()?, before.parse().ok()?);
    Some(time::short(before.duration_since(at).max(SignedDuration::ZERO)))
}

impl Printable for Timeline {
    fn tables(&self) -> Vec<Table> {
        let first = if self.before.is_some() { left_aligned("BEFORE") } else { left_aligned("TIME") };
        let columns = [
            first,
            left_aligned(""),
            left_aligned("KIND"),
            left_aligned("NAME").rank(1),
            prose("WHAT"),
            left_aligned("WHO").rank(2),
        ];
        let empty = match self.head.extent(SOURCES) {
            _ if self.filtered > 0 => "nothing that happened matches",
            Extent::Complete if !self.gone.is_empty() => "of what is still kept nothing has happened",
            Extent::Complete => "nothing has happened",
            Extent::Partial => "nothing in what could be read",
            Extent::Unread => "what has happened is not known",
            Extent::NotRequested => "nothing was changed from this machine; no other source of events is configured",
        };
        let mut table = Table::new(&columns, empty);
        let shown = &self.head.shown;
        for event in &self.events {
            let time = match &self.before {
                Some(before) => earlier(&event.at, before).unwrap_or_default(),
                None => shown.time(&event.at),
            };
            table.row([
                Some(time),
                Some(event.sign.to_owned()),
                Some(event.kind.clone()),
                Some(event.name.clone()).filter(|name| !name.is_empty()),
                Some(event.sentence()),
                event.who.clone(),
            ]);
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        let fields =
            ["at", "kind", "of", "name", "what", "who", "health", "routine", "of_the_future", "of_another", "score"];
        Some(Rows::new("events", &fields))
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = self.head.notes();
        notes.extend(self.missing.clone());
        let future = self.events.iter().filter(|event| event.of_the_future).count();
        if future > 0 {
            notes.push(format!("! {future} of these are in the future: a clock is wrong, there or here"));
        }
        if let Some(late) = self.late {
            let clock = time::clock(late, &self.head.shown.zone);
            notes.push(format!(
                "CloudTrail is up to 15 minutes late: of what was written since {clock} it may not tell yet"
            ));
        }
        notes.extend(self.gone.clone());
        if self.filtered > 0 {
            let things = if self.filtered == 1 { "thing is" } else { "things are" };
            let count = self.filtered;
            notes.push(format!("{count} {things} left out by --filter, --level or --grep"));
        }
        if self.of_others > 0 {
            let are =
                if self.of_others == 1 { "is left out; --all shows it" } else { "are left out; --all shows them" };
            notes.push(format!("{} of other environments {are}", self.of_others));
        }
        if self.left_out > 0 {
            notes.push(match self.left_out {
                1 => "1 routine event is left out; --all shows it".to_owned(),
                many => format!("{many} routine events are left out; --all shows them"),
            });
        }
        notes
    }
}
