//! The history of a database: RDS events and their meaning, the failovers derived from them, and snapshots.

use jiff::{SignedDuration, Timestamp};

pub use crate::timeline::facts::RdsEvent as DatabaseEvent;

/// The meaning of an event, if it changes the state of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventMeaning {
    /// A failover began; the new writer, if named.
    FailoverStarted(Option<String>),
    /// A failover completed; the new writer, if named.
    FailoverCompleted(Option<String>),
    /// A failover was abandoned: the writer is unchanged, or there is none.
    FailoverFailed,
    /// An instance has started again.
    Restarted,
    /// Anything else.
    Other,
}

impl DatabaseEvent {
    /// Classifies the event by its message. Source of the messages: "Amazon RDS event categories and event messages",
    /// RDS-EVENT-0069, 0071 to 0073 (Aurora), 0013, 0034, 0049 (Multi-AZ), 0006.
    pub fn meaning(&self) -> EventMeaning {
        let text = self.message.to_lowercase();
        let named = || {
            let (_, name) = self.message.rsplit_once("DB instance:")?;
            let name = name.trim().trim_end_matches('.');
            (!name.is_empty()).then(|| name.to_owned())
        };
        if text.contains("failover") {
            if text.contains("failover failed") || text.contains("abandoning") {
                return EventMeaning::FailoverFailed;
            }
            if text.contains("completed") {
                return EventMeaning::FailoverCompleted(named());
            }
            if text.contains("started") {
                return EventMeaning::FailoverStarted(named());
            }
        }
        if text.contains("instance restarted") { EventMeaning::Restarted } else { EventMeaning::Other }
    }
}

/// A failover, combined from its start and completion events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failover {
    pub started: Timestamp,
    /// `None` while it is in progress, and if it was abandoned.
    pub completed: Option<Timestamp>,
    /// The new writer.
    pub to: Option<String>,
}

impl Failover {
    /// Returns the maximum time without a writer.
    pub fn duration(&self) -> Option<SignedDuration> {
        Some(self.completed?.duration_since(self.started))
    }
}

/// Returns the failovers of a database, oldest first. Events of other databases and completions without a start are
/// ignored.
pub fn failovers(events: &[DatabaseEvent], database: &str) -> Vec<Failover> {
    let mut own: Vec<&DatabaseEvent> = events.iter().filter(|event| event.source == database).collect();
    own.sort_by_key(|event| event.at);
    let mut found: Vec<Failover> = Vec::new();
    for event in own {
        match event.meaning() {
            EventMeaning::FailoverStarted(to) => found.push(Failover { started: event.at, completed: None, to }),
            EventMeaning::FailoverCompleted(to) => {
                if let Some(last) = found.last_mut().filter(|last| last.completed.is_none()) {
                    last.completed = Some(event.at);
                    last.to = to.or_else(|| last.to.take());
                }
            }
            EventMeaning::FailoverFailed | EventMeaning::Restarted | EventMeaning::Other => {}
        }
    }
    found
}

/// A snapshot of a cluster or an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct DatabaseSnapshot {
    pub id: String,
    /// Identifier of the source cluster or instance.
    pub database: String,
    /// Whether the source is a cluster.
    pub cluster: bool,
    /// `creating`, `available`, `failed` …
    pub status: String,
    /// Whether RDS created it automatically, and deletes it after the retention period.
    pub automated: bool,
    /// Creation time; `None` while it is being created.
    pub at: Option<Timestamp>,
    /// Progress of its creation, in percent.
    pub percent: Option<u32>,
    pub size_gib: Option<u32>,
    pub encrypted: bool,
    /// Version of the engine.
    pub version: String,
}

/// Returns why a name is invalid for a snapshot. Source: `CreateDBClusterSnapshot` and `CreateDBSnapshot`.
pub fn snapshot_name_error(name: &str, cluster: bool) -> Option<String> {
    let max = if cluster { 63 } else { 255 };
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.len() > max {
        return Some(format!("a snapshot's name has 1 to {max} characters"));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some("a snapshot's name begins with a letter".to_owned());
    }
    if !name.chars().all(allowed) {
        return Some("a snapshot's name is of letters, digits and hyphens".to_owned());
    }
    (name.ends_with('-') || name.contains("--"))
        .then(|| "a snapshot's name neither ends with a hyphen nor has two in a row".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(second: i64, source: &str, message: &str) -> DatabaseEvent {
        let at = Timestamp::from_second(1_700_000_000 + second).unwrap();
        DatabaseEvent { at, source: source.into(), cluster: true, categories: Vec::new(), message: message.into() }
    }

    #[test]
    fn every_rds_failover_message_is_recognized() {
        let of = |message: &str| event(0, "db", message).meaning();
        assert_eq!(
            of("Started cross AZ failover to DB instance: db-2"),
            EventMeaning::FailoverStarted(Some("db-2".into()))
        );
        assert_eq!(
            of("Started same AZ failover to DB instance: db-2."),
            EventMeaning::FailoverStarted(Some("db-2".into()))
        );
        assert_eq!(of("Completed failover to DB instance: db-2"), EventMeaning::FailoverCompleted(Some("db-2".into())));
        assert_eq!(of("Multi-AZ instance failover started."), EventMeaning::FailoverStarted(None));
        assert_eq!(of("Multi-AZ instance failover completed"), EventMeaning::FailoverCompleted(None));
        let failed = "Cluster failover failed, check the health of your cluster instances and try again.";
        assert_eq!(of(failed), EventMeaning::FailoverFailed);
        let abandoned =
            "Abandoning user requested failover since a failover recently occurred on the database instance";
        assert_eq!(of(abandoned), EventMeaning::FailoverFailed);
        assert_eq!(of("DB instance restarted"), EventMeaning::Restarted);
        assert_eq!(of("Finished DB Instance backup"), EventMeaning::Other);
    }

    #[test]
    fn failover_lasts_from_start_to_completion() {
        let events = [
            event(30, "db", "Completed failover to DB instance: db-2"),
            event(9, "db", "Started cross AZ failover to DB instance: db-2"),
            event(10, "other", "Started cross AZ failover to DB instance: other-2"),
            event(100, "db", "Started same AZ failover to DB instance: db-1"),
        ];
        let found = failovers(&events, "db");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].duration(), Some(SignedDuration::from_secs(21)));
        assert_eq!((found[1].completed, found[1].to.as_deref()), (None, Some("db-1")));
        assert_eq!(failovers(&[event(1, "db", "Completed failover to DB instance: db-2")], "db"), []);
    }

    #[test]
    fn invalid_snapshot_name_is_rejected() {
        for (name, bad) in [
            ("before-migration", false),
            ("", true),
            ("1st", true),
            ("a_b", true),
            ("a--b", true),
            ("a-", true),
            ("表", true),
        ] {
            assert_eq!(snapshot_name_error(name, true).is_some(), bad, "{name}");
        }
        let long = "a".repeat(64);
        assert!(snapshot_name_error(&long, true).is_some() && snapshot_name_error(&long, false).is_none());
    }
}
