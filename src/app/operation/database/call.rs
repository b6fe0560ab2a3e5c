//! The RDS calls of operations on databases, and their replies.

use crate::model::database_history::Happened;
use crate::model::failover::Figures;
use crate::model::{Database, DatabaseEvent, DatabaseSnapshot, Role};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Events are asked for from this much before a change: this machine's clock and RDS's may be apart.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// A read of RDS.
#[derive(Debug, Clone, PartialEq)]
pub enum RdsRead {
    /// `DescribeDBClusters` and `DescribeDBInstances` of one database → [`RdsReply::Database`].
    Database {
        /// The identifier of the database.
        id: String,
        /// A cluster rather than an instance.
        cluster: bool,
    },
    /// `DescribeEvents` of one database and, of a cluster, of its members → [`RdsReply::Events`].
    Events {
        /// Identifiers, and whether each is a cluster.
        sources: Vec<(String, bool)>,
        /// None: of the last hour.
        since: Option<Timestamp>,
    },
    /// `DescribeDBClusterSnapshots` or `DescribeDBSnapshots` of one database → [`RdsReply::Snapshots`].
    Snapshots {
        /// Identifier of the database.
        id: String,
        cluster: bool,
    },
    /// CloudWatch `GetMetricData`: the newest lag and connections of instances → [`RdsReply::Figures`].
    Figures {
        /// Identifiers of instances.
        members: Vec<String>,
        /// Now, as the service's clock has it.
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
        /// Identifier of the cluster or the instance.
        database: String,
        cluster: bool,
        name: String,
    },
}

/// The answer to a read or a change of RDS.
#[derive(Debug, Clone, PartialEq)]
pub enum RdsReply {
    /// The database; none where there is none of that name.
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

    /// The read that shows whether the change was carried out. A failover and a restart show in the events of RDS: what
    /// is over already looks like what never began.
    pub fn proof(&self) -> RdsRead {
        let events = |id: &String, cluster| RdsRead::Events { sources: vec![(id.clone(), cluster)], since: None };
        match self {
            Self::Failover { cluster, .. } => events(cluster, true),
            Self::Reboot { instance, .. } => events(instance, false),
            Self::Snapshot { database, cluster, .. } => RdsRead::Snapshots { id: database.clone(), cluster: *cluster },
        }
    }

    /// Whether a proof shows that it was carried out, of one that was sent first at a time.
    pub fn is_shown_by(&self, sent: Option<Timestamp>, proof: &RdsReply) -> bool {
        match (self, proof) {
            (Self::Snapshot { name, .. }, RdsReply::Snapshots(found)) => found.iter().any(|other| other.id == *name),
            (Self::Failover { .. } | Self::Reboot { .. }, RdsReply::Events(found)) => found
                .iter()
                .filter(|event| sent.is_some_and(|sent| event.at >= sent - SKEW))
                .any(|event| event.happened() != Happened::Other),
            _ => false,
        }
    }

    /// A sentence on what is done.
    pub fn sentence(&self) -> String {
        match self {
            Self::Failover { cluster, to } => format!("failing {cluster} over to {to}"),
            Self::Reboot { instance, failover: true } => format!("failing {instance} over to its standby"),
            Self::Reboot { instance, failover: false } => format!("restarting {instance}"),
            Self::Snapshot { database, name, .. } => format!("making the snapshot {name} of {database}"),
        }
    }
}

/// The writer of a database: of a single instance the instance.
pub fn writer(database: &Database) -> Option<&str> {
    let writes = |role: Role| matches!(role, Role::Writer | Role::Instance);
    database.members.iter().find(|member| writes(member.role)).map(|member| member.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_whose_answer_was_lost_is_shown_by_what_came_after_it_was_sent() {
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
        assert!(failover.is_shown_by(Some(sent), &event(2, started)));
        assert!(!failover.is_shown_by(Some(sent), &event(-600, started)), "an earlier one is another one");
        assert!(!failover.is_shown_by(Some(sent), &event(2, "Finished backup")));
        let snapshot = RdsWrite::Snapshot { database: "db".into(), cluster: true, name: "mine".into() };
        let named =
            |id: &str| RdsReply::Snapshots(vec![DatabaseSnapshot { id: id.into(), ..DatabaseSnapshot::default() }]);
        assert!(snapshot.is_shown_by(Some(sent), &named("mine")));
        assert!(!snapshot.is_shown_by(Some(sent), &named("other")));
    }
}
