//! The RDS calls of operations on databases, and their replies.

use crate::model::database_history::EventMeaning;
use crate::model::failover::Figures;
use crate::model::{Database, DatabaseEvent, DatabaseSnapshot, Role};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Events are requested from this long before a change, because this machine's clock and RDS's may differ.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// A read of RDS.
#[derive(Debug, Clone, PartialEq)]
pub enum RdsRead {
    /// `DescribeDBClusters` and `DescribeDBInstances` of one database → [`RdsReply::Database`].
    Database {
        /// The identifier of the database.
        id: String,
        /// Whether it is a cluster rather than an instance.
        cluster: bool,
    },
    /// `DescribeEvents` of one database and, for a cluster, of its members → [`RdsReply::Events`].
    Events {
        /// Identifiers, and whether each is a cluster.
        sources: Vec<(String, bool)>,
        /// The start of the time range; `None`: the last hour.
        since: Option<Timestamp>,
    },
    /// `DescribeDBClusterSnapshots` or `DescribeDBSnapshots` of one database → [`RdsReply::Snapshots`].
    Snapshots {
        /// The identifier of the database.
        id: String,
        cluster: bool,
    },
    /// CloudWatch `GetMetricData`: the newest lag and connections of instances → [`RdsReply::Figures`].
    Figures {
        /// The identifiers of the instances.
        members: Vec<String>,
        /// The current time on the service's clock.
        now: Timestamp,
    },
}

/// A change of a database.
#[derive(Debug, Clone, PartialEq)]
pub enum RdsWrite {
    /// `FailoverDBCluster`.
    Failover {
        cluster: String,
        /// The member that takes over.
        to: String,
    },
    /// `RebootDBInstance`.
    Reboot {
        instance: String,
        /// Whether the standby in another zone takes over.
        failover: bool,
    },
    /// `CreateDBClusterSnapshot`, `CreateDBSnapshot`.
    Snapshot {
        /// The identifier of the cluster or the instance.
        database: String,
        cluster: bool,
        name: String,
    },
}

/// The answer to a read or a change of RDS.
#[derive(Debug, Clone, PartialEq)]
pub enum RdsReply {
    /// The database; `None` if there is none of that name.
    Database(Option<Box<Database>>),
    Events(Vec<DatabaseEvent>),
    Snapshots(Vec<DatabaseSnapshot>),
    Figures(Figures),
}

impl RdsWrite {
    /// The action as IAM names it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Failover { .. } => "rds:FailoverDBCluster",
            Self::Reboot { .. } => "rds:RebootDBInstance",
            Self::Snapshot { cluster: true, .. } => "rds:CreateDBClusterSnapshot",
            Self::Snapshot { cluster: false, .. } => "rds:CreateDBSnapshot",
        }
    }

    /// The parameters of the call, for the plan.
    pub fn parameters(&self) -> Value {
        match self {
            Self::Failover { cluster, to } => {
                json!({"DBClusterIdentifier": cluster, "TargetDBInstanceIdentifier": to})
            }
            Self::Reboot { instance, failover } => json!({"DBInstanceIdentifier": instance, "ForceFailover": failover}),
            Self::Snapshot { database, cluster: true, name } => {
                json!({"DBClusterIdentifier": database, "DBClusterSnapshotIdentifier": name})
            }
            Self::Snapshot { database, cluster: false, name } => {
                json!({"DBInstanceIdentifier": database, "DBSnapshotIdentifier": name})
            }
        }
    }

    /// The read that shows whether the change was made. Failovers and reboots are verified in the events of RDS,
    /// because once over they leave no other trace.
    pub fn proof(&self) -> RdsRead {
        let events = |id: &String, cluster| RdsRead::Events { sources: vec![(id.clone(), cluster)], since: None };
        match self {
            Self::Failover { cluster, .. } => events(cluster, true),
            Self::Reboot { instance, .. } => events(instance, false),
            Self::Snapshot { database, cluster, .. } => RdsRead::Snapshots { id: database.clone(), cluster: *cluster },
        }
    }

    /// Whether a proof shows that a change first sent at `sent` was made.
    pub fn is_proven_by(&self, sent: Option<Timestamp>, proof: &RdsReply) -> bool {
        match (self, proof) {
            (Self::Snapshot { name, .. }, RdsReply::Snapshots(found)) => found.iter().any(|other| other.id == *name),
            (Self::Failover { .. } | Self::Reboot { .. }, RdsReply::Events(found)) => found
                .iter()
                .filter(|event| sent.is_some_and(|sent| event.at >= sent - SKEW))
                .any(|event| event.meaning() != EventMeaning::Other),
            _ => false,
        }
    }

    /// A sentence about what is done.
    pub fn sentence(&self) -> String {
        match self {
            Self::Failover { cluster, to } => format!("failing {cluster} over to {to}"),
            Self::Reboot { instance, failover: true } => format!("failing {instance} over to its standby"),
            Self::Reboot { instance, failover: false } => format!("restarting {instance}"),
            Self::Snapshot { database, name, .. } => format!("making the snapshot {name} of {database}"),
        }
    }
}

/// The writer of a database; for a single instance, the instance.
pub fn writer(database: &Database) -> Option<&str> {
    let writes = |role: Role| matches!(role, Role::Writer | Role::Instance);
    database.members.iter().find(|member| writes(member.role)).map(|member| member.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_change_is_proved_by_events_after_it_was_sent() {
        let sent: Timestamp = "2026-11-20T05:00:00Z".parse().unwrap();
        let event = |seconds: i64, message: &str| {
            let at = sent + SignedDuration::from_secs(seconds);
            RdsReply::Events(vec![DatabaseEvent {
                at,
                source: "db".into(),
                cluster: true,
                categories: Vec::new(),
                message: message.into(),
            }])
        };
        let failover = RdsWrite::Failover { cluster: "db".into(), to: "db-2".into() };
        let started = "Started cross AZ failover to DB instance: db-2";
        assert!(failover.is_proven_by(Some(sent), &event(2, started)));
        assert!(!failover.is_proven_by(Some(sent), &event(-600, started)), "an earlier one is another one");
        assert!(!failover.is_proven_by(Some(sent), &event(2, "Finished backup")));
        let snapshot = RdsWrite::Snapshot { database: "db".into(), cluster: true, name: "mine".into() };
        let named =
            |id: &str| RdsReply::Snapshots(vec![DatabaseSnapshot { id: id.into(), ..DatabaseSnapshot::default() }]);
        assert!(snapshot.is_proven_by(Some(sent), &named("mine")));
        assert!(!snapshot.is_proven_by(Some(sent), &named("other")));
    }
}
