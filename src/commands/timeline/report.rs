//! `cockpit timeline`: what happened, in order, or the likeliest cause first.

use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::input::SnapshotInput;
use crate::headless::lists::{Extent, Head};
use crate::headless::table::{Table, prose, words};
use crate::model::kept::gone;
use crate::model::time;
use crate::model::timeline::near::Ranked;
use crate::model::timeline::{About, TimelineEvent, trail};
use crate::model::{Health, Source};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit timeline`.
pub const SCHEMA: &str = "cockpit.timeline/1";
/// Its sources.
pub const SOURCES: &[Source] = &Source::TELLING;

/// `cockpit timeline`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Timeline {
    /// Schema, environment, time, sources.
    #[serde(flatten)]
    pub head: Head,
    /// The time from which events are.
    pub since: String,
    /// Up to when; `null` for now.
    pub until: Option<String>,
    /// Events: oldest first, or with `--before` the likeliest cause first.
    pub events: Vec<EventDto>,
    /// Before which moment, where that was asked.
    pub before: Option<String>,
    /// How many things that go as planned are left out.
    pub left_out: usize,
    /// How many writes of other environments of the account are left out.
    pub of_others: usize,
    /// How many things `--filter`, `--level` or `--grep` do not take.
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
    /// The line of one event.
    pub fn of(event: EventDto) -> Self {
        Self { schema: LINE, event }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EventDto {
    /// When, by the clock of AWS.
    pub at: String,
    /// `deployment`, `rollback`, `change`, `write`, `parameter`, `run`, `schedule`, `failover`, `database`, `scaling`, `task`,
    /// `service`, `alarm`.
    pub kind: String,
    /// The kind of its subject: `service`, `database`, `alarm`, `run`, `other`, `environment`.
    pub of: String,
    /// Its name; empty for the environment.
    pub name: String,
    /// The event, in a sentence.
    pub what: String,
    /// The actor; `null` where that is not known.
    pub who: Option<String>,
    /// The subject's health after it: `healthy`, `changing`, `degraded`, `down`, `stopped`, `unknown`.
    pub health: String,
    /// Whether it goes as planned, again and again.
    pub routine: bool,
    /// Whether its time is still to come: some clock is wrong.
    pub of_the_future: bool,
    /// The other environment that it is of; `null` for what is of this one, or says nothing of whose it is.
    pub of_another: Option<String>,
    /// With `--before`: how much speaks for it, between 0 and 1.
    pub score: Option<f64>,
    #[serde(skip)]
    sign: &'static str,
}

impl EventDto {
    /// The event, with what is strange about it.
    fn told(&self) -> String {
        let of = self.of_another.as_ref().map(|of| format!(" (of {of})")).unwrap_or_default();
        let future = if self.of_the_future { " (in the future)" } else { "" };
        format!("{}{of}{future}", self.what)
    }
}

/// The subject and the time of the time line.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub since: Timestamp,
    pub until: Option<Timestamp>,
    pub before: Option<Timestamp>,
    /// Things that go as planned and are left out.
    pub left_out: usize,
    /// Writes of other environments that are left out.
    pub of_others: usize,
    /// Things that the filter, the level or the pattern does not take.
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

/// One thing for a report.
pub fn event(event: &TimelineEvent, score: Option<f64>, now: Timestamp) -> EventDto {
    EventDto {
        at: event.at.to_string(),
        kind: event.kind.word().to_owned(),
        of: of(&event.about).to_owned(),
        name: event.about.name().to_owned(),
        what: event.what.clone(),
        who: event.who.clone(),
        health: word(event.health).to_owned(),
        routine: event.routine,
        of_the_future: event.is_of_the_future(now),
        of_another: event.of_another.clone(),
        score: score.map(|score| (score * 1_000.0).round() / 1_000.0),
        sign: event.health.sign(),
    }
}

/// A time line in order.
pub fn in_order(input: &SnapshotInput<'_>, events: &[&TimelineEvent], asked: Asked, missing: Vec<String>) -> Timeline {
    let events = events.iter().map(|one| event(one, None, input.now)).collect();
    timeline(input, events, asked, missing)
}

/// The events before a moment, the likeliest cause first.
pub fn ranked(input: &SnapshotInput<'_>, events: &[Ranked<'_>], asked: Asked, missing: Vec<String>) -> Timeline {
    let events = events.iter().map(|one| event(one.event, Some(one.score), input.now)).collect();
    timeline(input, events, asked, missing)
}

fn timeline(input: &SnapshotInput<'_>, events: Vec<EventDto>, asked: Asked, missing: Vec<String>) -> Timeline {
    let edge = input.now.checked_sub(trail::LATE).unwrap_or(input.now);
    let reaches = asked.before.or(asked.until).is_none_or(|end| end > edge);
    Timeline {
        head: Head::new(SCHEMA, input, SOURCES),
        since: asked.since.to_string(),
        until: asked.until.map(|until| until.to_string()),
        before: asked.before.map(|before| before.to_string()),
        events,
        left_out: asked.left_out,
        of_others: asked.of_others,
        filtered: asked.filtered,
        missing,
        gone: gone(asked.since, input.now, |source| !input.skipped.contains(&source)),
        late: input.estate.trail.at().filter(|_| reaches).map(|_| edge.max(asked.since)),
    }
}

/// `2m10s before`, for a thing that is ranked.
fn earlier(at: &str, before: &str) -> Option<String> {
    let (at, before): (Timestamp, Timestamp) = (at.parse().ok()?, before.parse().ok()?);
    Some(time::short(before.duration_since(at).max(SignedDuration::ZERO)))
}

impl Printable for Timeline {
    fn tables(&self) -> Vec<Table> {
        let first = if self.before.is_some() { words("BEFORE") } else { words("TIME") };
        let columns = [first, words(""), words("KIND"), words("NAME").rank(1), prose("WHAT"), words("WHO").rank(2)];
        let empty = match self.head.extent(SOURCES) {
            _ if self.filtered > 0 => "nothing that happened matches",
            Extent::Whole if !self.gone.is_empty() => "of what is still kept nothing has happened",
            Extent::Whole => "nothing has happened",
            Extent::Part => "nothing in what could be read",
            Extent::Nothing => "what has happened is not known",
            Extent::Unasked => "nothing has happened from here; nothing else that tells of it is configured",
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
                Some(event.told()),
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
            notes.push(format!("{count} {things} left out by what was asked for: --filter, --level or --grep"));
        }
        if self.of_others > 0 {
            let are =
                if self.of_others == 1 { "is left out; --all shows it" } else { "are left out; --all shows them" };
            notes.push(format!("{} of other environments {are}", self.of_others));
        }
        if self.left_out > 0 {
            notes.push(match self.left_out {
                1 => "1 thing that goes as planned is left out; --all shows it".to_owned(),
                many => format!("{many} things that go as planned are left out; --all shows them"),
            });
        }
        notes
    }
}
