//! Facts about a database's snapshots and failovers.

use crate::app::App;
use crate::app::subject::{Fact, bad, fact};
use crate::model::database_history::failovers;
use crate::model::time::{moment, short};
use crate::model::{Database, DatabaseSnapshot, Health};
use jiff::Timestamp;

/// Maximum number of manual snapshots listed by name; the others are counted.
const NAMED: usize = 5;

fn snapshots<'a>(app: &'a App, id: &'a str) -> impl Iterator<Item = &'a DatabaseSnapshot> {
    app.estate.db_snapshots.value().into_iter().flatten().filter(move |snapshot| snapshot.database == id)
}

/// The earliest time to which a single instance can be restored: its oldest automated snapshot. RDS reports only the latest
/// restorable time.
pub fn oldest_automated(app: &App, id: &str) -> Option<Timestamp> {
    snapshots(app, id)
        .filter(|snapshot| snapshot.automated && snapshot.status == "available")
        .filter_map(|snapshot| snapshot.at)
        .min()
}

/// Snapshots with their age, and the last failover. A failed read is reported with its hint.
pub fn facts(app: &App, database: &Database) -> Vec<Fact> {
    let (now, zone) = (app.service_now(), app.zone());
    let mut lines = Vec::new();
    let mut by_age: Vec<&DatabaseSnapshot> = snapshots(app, &database.id).collect();
    by_age.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.at.unwrap_or(Timestamp::MAX)));
    let age = |one: &DatabaseSnapshot| match (one.status.as_str(), one.at, one.percent) {
        ("available", Some(at), _) => format!("{} ago", short(now.duration_since(at))),
        (status, _, Some(percent)) => format!("{status} {percent} %"),
        (status, ..) => status.to_owned(),
    };
    if app.estate.db_snapshots.value().is_some() {
        let (automated, manual): (Vec<_>, Vec<_>) = by_age.into_iter().partition(|one| one.automated);
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
        let took = match last.duration() {
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
