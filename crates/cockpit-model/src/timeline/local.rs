//! Events recorded on this machine: changes from the audit file, and runs over units. Its clock may differ from that of
//! AWS.

use super::event::{About, Kind, TimelineEvent};
use crate::Health;
use crate::audit::Record;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// A successful change that ends within this time of its start is a single event.
const BRIEF: SignedDuration = SignedDuration::from_mins(1);

/// Operations and runs recorded on this machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Local {
    /// Records of the audit file, of any environment.
    pub records: Vec<Record>,
    /// Runs over the environment's units.
    pub runs: Vec<Run>,
    /// Sentences on files that could not be read.
    pub missing: Vec<String>,
}

/// A run over units, with the data for the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The id of the run.
    pub run: String,
    /// `apply`, `plan`, …
    pub goal: String,
    pub began: Timestamp,
    /// When and how it ended, and whether it succeeded.
    pub ended: Option<(Timestamp, String, bool)>,
    /// The person who started it.
    pub by: String,
    /// Whether it is read-only: a plan, or a drift check.
    pub read_only: bool,
}

/// Returns the changes in the audit file. `ahead` is how far the clock of AWS is ahead of this machine's, for entries
/// without an offset of their own. `services` (full and short names) and `databases` are those of the environment; the
/// subject of a change is parsed from its command.
pub fn changes(
    records: &[Record],
    ahead: SignedDuration,
    services: &[(String, String)],
    databases: &[String],
) -> Vec<TimelineEvent> {
    let mut began: BTreeMap<&str, &Record> = BTreeMap::new();
    let mut found = Vec::new();
    let aws_time = |record: &Record| if record.ahead_ms.is_some() { record.time } else { record.time + ahead };
    let make = |record: &Record, start: &Record, mark: &str, what: String| {
        let name = record.who.rsplit('/').next().unwrap_or(&record.who);
        let who = match (name.is_empty(), record.user.is_empty()) {
            (false, false) => format!("{name} ({})", record.user),
            (false, true) => name.to_owned(),
            (true, _) => record.user.clone(),
        };
        let about = about(&start.command, services, databases);
        let key = format!("audit/{}/{mark}", record.operation);
        let mut event = TimelineEvent::new(aws_time(record), Kind::Change, about, what, key).with_actor(Some(who));
        event.requests.clone_from(&record.request_ids);
        event
    };
    for record in records {
        if record.outcome == "started" {
            began.insert(&record.operation, record);
            found.push(make(record, record, "began", record.command.clone()).with_health(Health::Changing));
            continue;
        }
        let first = began.get(record.operation.as_str()).copied();
        let succeeded = record.outcome == "done";
        let health = if succeeded { Health::Healthy } else { Health::Degraded };
        if let Some(first) = first
            && succeeded
            && record.time.duration_since(first.time) < BRIEF
        {
            // A single event: the command and its result.
            let key = format!("audit/{}/began", record.operation);
            if let Some(event) = found.iter_mut().find(|event: &&mut TimelineEvent| event.key == key) {
                event.health = health;
                event.requests.clone_from(&record.request_ids);
                continue;
            }
        }
        let start = first.unwrap_or(record);
        let reason = if record.reason.is_empty() { String::new() } else { format!(": {}", record.reason) };
        let what = format!("{}: {}{reason}", start.command, record.outcome.replace('_', " "));
        found.push(make(record, start, "ended", what).with_health(health));
    }
    found
}

/// Returns the only service or database that a command names.
fn about(command: &str, services: &[(String, String)], databases: &[String]) -> About {
    let words: Vec<&str> = command.split_whitespace().take_while(|word| !word.starts_with("--env")).collect();
    let named = |name: &str| words.contains(&name);
    let mut found = services.iter().filter(|(name, short)| named(name) || named(short));
    if let (Some((name, _)), None) = (found.next(), found.next()) {
        return About::Service(name.clone());
    }
    let mut found = databases.iter().filter(|name| named(name));
    match (found.next(), found.next()) {
        (Some(name), None) => About::Database(name.clone()),
        _ => About::Environment,
    }
}

/// Returns the events of runs over units.
pub fn runs(runs: &[Run], ahead: SignedDuration) -> Vec<TimelineEvent> {
    let mut found = Vec::new();
    for run in runs {
        let about = || About::Run(run.run.clone());
        let make = |at: Timestamp, mark: &str, what: String| {
            let key = format!("run/{}/{mark}", run.run);
            TimelineEvent::new(at + ahead, Kind::Run, about(), what, key)
                .with_actor(Some(run.by.clone()))
                .mark_routine(run.read_only)
        };
        found.push(make(run.began, "began", format!("infra {} began", run.goal)).with_health(Health::Changing));
        if let Some((at, how, succeeded)) = &run.ended {
            let health = if *succeeded { Health::Healthy } else { Health::Degraded };
            found.push(make(*at, "ended", format!("infra {} {how}", run.goal)).with_health(health));
        }
    }
    found
}
