//! Snapshots of databases, and reboots of instances. Automated snapshots are derived from the time: one a day.

use super::power::Database;
use super::{DAY, Event, SECOND, World};
use crate::clock::Ms;

/// The time of the daily automated snapshot after midnight UTC: the start of the backup window.
const WINDOW: Ms = 17 * super::HOUR + 6 * super::MINUTE;

/// A manual snapshot.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) of: Database,
    pub(crate) begun: Ms,
    /// The time at which it is complete.
    pub(crate) done: Ms,
}

impl Snapshot {
    /// Its progress in percent.
    pub(crate) fn percent(&self, now: Ms) -> i64 {
        ((now - self.begun) * 100 / (self.done - self.begun).max(1)).clamp(0, 100)
    }
}

impl World {
    /// The creation times of the automated snapshots that are kept, oldest first.
    pub(crate) fn automated_snapshots(&self, of: Database) -> Vec<Ms> {
        let (days, created) = match of {
            Database::Cluster(at) => {
                let c = &self.databases.clusters[at];
                (c.backup_days, c.created)
            }
            Database::Instance(at) => {
                let i = &self.databases.instances[at];
                (i.backup_days, i.created)
            }
        };
        let today = self.now.div_euclid(DAY) * DAY + WINDOW;
        let newest = if today > self.now { today - DAY } else { today };
        let times = (0..i64::from(days)).rev().map(|day| newest - day * DAY);
        times.filter(|at| *at >= created).collect()
    }

    /// Starts a snapshot.
    pub(crate) fn snapshot_start(&mut self, id: String, of: Database) {
        let wait = self.rng.range(20, 60) * SECOND;
        let number = self.databases.snapshots.len();
        self.databases.snapshots.push(Snapshot { id, of, begun: self.now, done: self.now + wait });
        self.snapshot_event(number, "Creating");
        self.schedule(self.now + wait, Event::SnapshotDone { number });
    }

    /// RDS-EVENT-0075 and RDS-EVENT-0042: the snapshot is complete.
    pub(crate) fn snapshot_done(&mut self, number: usize) {
        self.snapshot_event(number, "created");
    }

    fn snapshot_event(&mut self, number: usize, word: &str) {
        let snapshot = &self.databases.snapshots[number];
        let of = snapshot.of;
        match (of, word) {
            (Database::Cluster(at), "created") => {
                self.cluster_event(at, "backup", "Manual cluster snapshot created".to_owned());
            }
            (Database::Cluster(at), _) => {
                self.cluster_event(at, "backup", "Creating manual cluster snapshot".to_owned());
            }
            (Database::Instance(at), "created") => self.instance_event(at, "backup", "Manual snapshot created"),
            (Database::Instance(at), _) => self.instance_event(at, "backup", "Creating manual snapshot"),
        }
    }

    /// Starts the reboot of an instance; with a Multi-AZ failover, the standby takes over.
    pub(crate) fn reboot_start(&mut self, instance: usize, failover: bool) {
        let restarts = &mut self.databases.instances[instance];
        (restarts.status, restarts.restarted) = ("rebooting", self.now);
        if failover {
            self.instance_event(instance, "failover", "Multi-AZ instance failover started");
        }
        let wait = if failover { self.rng.range(20, 50) } else { self.rng.range(10, 25) };
        self.schedule(self.now + wait * SECOND, Event::Rebooted { instance, failover });
    }

    /// Completes a reboot or a failover of an instance.
    pub(crate) fn rebooted(&mut self, instance: usize, failover: bool) {
        self.databases.instances[instance].status = "available";
        self.instance_event(instance, "availability", "DB instance restarted");
        if failover {
            self.instance_event(instance, "failover", "Multi-AZ instance failover completed");
        }
    }
}
