//! Events that this machine knows: changes from the audit file, and runs over units. Its clock is not the service's.

use super::event::{About, Kind, TimelineEvent};
use crate::Health;
use crate::audit::Record;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The end of a change that is nearer to its beginning than this is no thing of its own.
const BRIEF: SignedDuration = SignedDuration::from_mins(1);

/// Operations and runs that this machine has written down.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Local {
    /// Records of the audit file, of any environment.
    pub records: Vec<Record>,
    /// Runs over the environment's units.
    pub runs: Vec<Run>,
    /// The files that could not be read, a sentence each.
    pub missing: Vec<String>,
}

/// A run over units, as far as a time line tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The id of the run.
    pub run: String,
    /// `apply`, `plan`, …
    pub goal: String,
    pub began: Timestamp,
    /// When it ended, how, and whether it did what it was to do.
    pub ended: Option<(Timestamp, String, bool)>,
    /// The person who began it.
    pub by: String,
    /// Whether it only looks: a plan, a check of drift.
    pub looks: bool,
}

/// Changes of the audit file. `ahead` is how far the service's clock is ahead of this machine's, for lines that were written
/// where that was not known; `services` are those of
/// the environment with their short names, and `databases` its databases: what a change is about is read from its command.
pub fn changes(
    records: &[Record],
    ahead: SignedDuration,
    services: &[(String, String)],
    databases: &[String],
) -> Vec<TimelineEvent> {
    let mut began: BTreeMap<&str, &Record> = BTreeMap::new();
    let mut found = Vec::new();
    let there = |record: &Record| if record.ahead_ms.is_some() { record.time } else { record.time + ahead };
    let make = |record: &Record, begun: &Record, mark: &str, what: String| {
        let name = record.who.rsplit('/').next().unwrap_or(&record.who);
        let who = match (name.is_empty(), record.user.is_empty()) {
            (false, false) => format!("{name} ({})", record.user),
            (false, true) => name.to_owned(),
            (true, _) => record.user.clone(),
        };
        let about = about(&begun.command, services, databases);
        let key = format!("audit/{}/{mark}", record.operation);
        let mut event = TimelineEvent::new(there(record), Kind::Change, about, what, key).by(Some(who));
        event.requests.clone_from(&record.request_ids);
        event
    };
    for record in records {
        if record.outcome == "started" {
            began.insert(&record.operation, record);
            found.push(make(record, record, "began", record.command.clone()).stands(Health::Changing));
            continue;
        }
        let first = began.get(record.operation.as_str()).copied();
        let well = record.outcome == "done";
        let health = if well { Health::Healthy } else { Health::Degraded };
        if let Some(first) = first
            && well
            && record.time.duration_since(first.time) < BRIEF
        {
            // One thing: what it was, and how it ended.
            let key = format!("audit/{}/began", record.operation);
            if let Some(event) = found.iter_mut().find(|event: &&mut TimelineEvent| event.key == key) {
                event.health = health;
                event.requests.clone_from(&record.request_ids);
                continue;
            }
        }
        let begun = first.unwrap_or(record);
        let reason = if record.reason.is_empty() { String::new() } else { format!(": {}", record.reason) };
        let what = format!("{}: {}{reason}", begun.command, record.outcome.replace('_', " "));
        found.push(make(record, begun, "ended", what).stands(health));
    }
    found
}

/// The one thing that a command names.
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

/// The events of runs over units.
pub fn runs(runs: &[Run], ahead: SignedDuration) -> Vec<TimelineEvent> {
    let mut found = Vec::new();
    for run in runs {
        let about = || About::Run(run.run.clone());
        let make = |at: Timestamp, mark: &str, what: String| {
            let key = format!("run/{}/{mark}", run.run);
            TimelineEvent::new(at + ahead, Kind::Run, about(), what, key).by(Some(run.by.clone())).routine(run.looks)
        };
        found.push(make(run.began, "began", format!("infra {} began", run.goal)).stands(Health::Changing));
        if let Some((at, how, well)) = &run.ended {
            let health = if *well { Health::Healthy } else { Health::Degraded };
            found.push(make(*at, "ended", format!("infra {} {how}", run.goal)).stands(health));
        }
    }
    found
}
