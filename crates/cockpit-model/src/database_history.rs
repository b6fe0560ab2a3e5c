//! The history of a database: events of RDS and what they mean, failovers made of them, and its snapshots.

use jiff::{SignedDuration, Timestamp};

pub use crate::timeline::facts::RdsEvent as DatabaseEvent;

/// The meaning of an event, as far as it changes the state of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A failover began, to this member where it is named.
    FailoverStarted(Option<String>),
    /// It is over; who writes now, where it is named.
    FailoverCompleted(Option<String>),
    /// It was given up: the writer is the one before, or there is none.
    FailoverFailed,
    /// An instance has started again.
    Restarted,
    /// Anything else.
    Other,
}

impl DatabaseEvent {
    /// The kind of event, by its sentence. Source of the sentences: "Amazon RDS event categories and event messages",
    /// RDS-EVENT-0069, 0071 to 0073 (Aurora), 0013, 0034, 0049 (Multi-AZ), 0006.
    pub fn happened(&self) -> Happened {
        let text = self.message.to_lowercase();
        let named = || {
            let (_, name) = self.message.rsplit_once("DB instance:")?;
            let name = name.trim().trim_end_matches('.');
            (!name.is_empty()).then(|| name.to_owned())
        };
        if text.contains("failover") {
            if text.contains("failover failed") || text.contains("abandoning") {
                return Happened::FailoverFailed;
            }
            if text.contains("completed") {
                return Happened::FailoverCompleted(named());
            }
            if text.contains("started") {
                return Happened::FailoverStarted(named());
            }
        }
        if text.contains("instance restarted") { Happened::Restarted } else { Happened::Other }
    }
}

/// A failover, of two events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failover {
    pub started: Timestamp,
    /// None while it goes on, and where it was given up.
    pub completed: Option<Timestamp>,
    /// The member that is the writer since then.
    pub to: Option<String>,
}

impl Failover {
    /// How long there was no writer at most.
    pub fn took(&self) -> Option<SignedDuration> {
        Some(self.completed?.duration_since(self.started))
    }
}

/// The failovers of a database, the oldest first. Events of others, and completions without a beginning, are left out.
pub fn failovers(events: &[DatabaseEvent], database: &str) -> Vec<Failover> {
    let mut own: Vec<&DatabaseEvent> = events.iter().filter(|event| event.source == database).collect();
    own.sort_by_key(|event| event.at);
    let mut found: Vec<Failover> = Vec::new();
    for event in own {
        match event.happened() {
            Happened::FailoverStarted(to) => found.push(Failover { started: event.at, completed: None, to }),
            Happened::FailoverCompleted(to) => {
                if let Some(last) = found.last_mut().filter(|last| last.completed.is_none()) {
                    last.completed = Some(event.at);
                    last.to = to.or_else(|| last.to.take());
                }
            }
            Happened::FailoverFailed | Happened::Restarted | Happened::Other => {}
        }
    }
    found
}

/// A snapshot of a cluster or an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct DatabaseSnapshot {
    pub id: String,
    /// Identifier of the cluster or the instance that it was made of.
    pub database: String,
    /// Whether it was made of a cluster.
    pub cluster: bool,
    /// `creating`, `available`, `failed` …
    pub status: String,
    /// RDS made it, and takes it away again with its retention.
    pub automated: bool,
    /// When it was made; none while it is.
    pub at: Option<Timestamp>,
    /// How much of it is there.
    pub percent: Option<u32>,
    pub size_gib: Option<u32>,
    pub encrypted: bool,
    /// Version of the engine.
    pub version: String,
}

/// Why a name cannot be that of a snapshot. Source: `CreateDBClusterSnapshot` and `CreateDBSnapshot`.
pub fn bad_snapshot_name(name: &str, cluster: bool) -> Option<String> {
    let most = if cluster { 63 } else { 255 };
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.len() > most {
        return Some(format!("a snapshot's name has 1 to {most} characters"));
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
    fn each_sentence_of_rds_about_a_failover_is_understood() {
        let of = |message: &str| event(0, "db", message).happened();
        assert_eq!(
            of("Started cross AZ failover to DB instance: db-2"),
            Happened::FailoverStarted(Some("db-2".into()))
        );
        assert_eq!(
            of("Started same AZ failover to DB instance: db-2."),
            Happened::FailoverStarted(Some("db-2".into()))
        );
        assert_eq!(of("Completed failover to DB instance: db-2"), Happened::FailoverCompleted(Some("db-2".into())));
        assert_eq!(of("Multi-AZ instance failover started."), Happened::FailoverStarted(None));
        assert_eq!(of("Multi-AZ instance failover completed"), Happened::FailoverCompleted(None));
        let failed = "Cluster failover failed, check the health of your cluster instances and try again.";
        assert_eq!(of(failed), Happened::FailoverFailed);
        let abandoned =
            "Abandoning user requested failover since a failover recently occurred on the database instance";
        assert_eq!(of(abandoned), Happened::FailoverFailed);
        assert_eq!(of("DB instance restarted"), Happened::Restarted);
        assert_eq!(of("Finished DB Instance backup"), Happened::Other);
    }

    #[test]
    fn a_failover_lasts_from_its_beginning_to_its_completion() {
        let events = [
            event(30, "db", "Completed failover to DB instance: db-2"),
            event(9, "db", "Started cross AZ failover to DB instance: db-2"),
            event(10, "other", "Started cross AZ failover to DB instance: other-2"),
            event(100, "db", "Started same AZ failover to DB instance: db-1"),
        ];
        let found = failovers(&events, "db");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].took(), Some(SignedDuration::from_secs(21)));
        assert_eq!((found[1].completed, found[1].to.as_deref()), (None, Some("db-1")));
        assert_eq!(failovers(&[event(1, "db", "Completed failover to DB instance: db-2")], "db"), []);
    }

    #[test]
    fn a_name_that_rds_would_refuse_is_refused_before() {
        for (name, bad) in [
            ("before-migration", false),
            ("", true),
            ("1st", true),
            ("a_b", true),
            ("a--b", true),
            ("a-", true),
            ("表", true),
        ] {
            assert_eq!(bad_snapshot_name(name, true).is_some(), bad, "{name}");
        }
        let long = "a".repeat(64);
        assert!(bad_snapshot_name(&long, true).is_some() && bad_snapshot_name(&long, false).is_none());
    }
}
