//! The facts about a database's snapshots and failovers.

use crate::app::App;
use crate::app::subject::{Fact, bad, fact};
use crate::model::database_history::failovers;
use crate::model::time::{moment, short};
use crate::model::{Database, DatabaseSnapshot, Health};
use jiff::Timestamp;

/// Snapshots that a person made which are named; the others are counted.
const NAMED: usize = 5;

fn snapshots<'a>(app: &'a App, id: &'a str) -> impl Iterator<Item = &'a DatabaseSnapshot> {
    app.estate.db_snapshots.value().into_iter().flatten().filter(move |one| one.database == id)
}

/// The time from which a single instance can be restored, of which RDS tells only the other end: its oldest automated
/// snapshot.
pub fn oldest_automated(app: &App, id: &str) -> Option<Timestamp> {
    snapshots(app, id).filter(|one| one.automated && one.status == "available").filter_map(|one| one.at).min()
}

/// Snapshots with their age, and the last failover; what could not be read is said, with what it takes.
pub fn facts(app: &App, database: &Database) -> Vec<Fact> {
    let (now, zone) = (app.service_now(), app.zone());
    let mut lines = Vec::new();
    let mut all: Vec<&DatabaseSnapshot> = snapshots(app, &database.id).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.at.unwrap_or(Timestamp::MAX)));
    let age = |one: &DatabaseSnapshot| match (one.status.as_str(), one.at, one.percent) {
        ("available", Some(at), _) => format!("{} ago", short(now.duration_since(at))),
        (status, _, Some(percent)) => format!("{status} {percent} %"),
        (status, ..) => status.to_owned(),
    };
    if app.estate.db_snapshots.value().is_some() {
        let (automated, manual): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.automated);
        let newest = automated.first().map(|one| format!(", the newest {}", age(one))).unwrap_or_default();
        lines.push(fact("snapshots", format!("{} automated{newest}; {} by hand", automated.len(), manual.len())));
        lines.extend(manual.iter().take(NAMED).map(|one| fact("", format!("{}: {}", one.id, age(one)))));
        if manual.len() > NAMED {
            lines.push(fact("", format!("and {} older ones by hand", manual.len() - NAMED)));
        }
    }
    if app.estate.db_snapshots.value().is_none() && app.estate.db_snapshots.failure().is_none() {
        lines.push(fact("snapshots", "being read"));
    }
    if let Some(failure) = app.estate.db_snapshots.failure() {
        lines.push(bad("snapshots", format!("cannot be read: {failure}"), Health::Unknown));
        lines.push(fact("→", failure.hint()));
    }
    let events = app.estate.rds_events.value().map_or(&[][..], Vec::as_slice);
    if let Some(last) = failovers(events, &database.id).pop() {
        let at = moment(last.started, now, &zone);
        let to = last.to.as_deref().map(|to| format!(" to {to}")).unwrap_or_default();
        let took = match last.took() {
            Some(took) => format!(", {} s without a writer at most", took.as_secs()),
            None => ", not completed".to_owned(),
        };
        lines.push(bad("failover", format!("{at}{to}{took}"), Health::Changing));
    }
    if let Some(failure) = app.estate.rds_events.failure() {
        lines.push(bad("events", format!("cannot be read: {failure}"), Health::Unknown));
        lines.push(fact("→", failure.hint()));
    }
    lines
}
