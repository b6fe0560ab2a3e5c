//! Stopping and starting databases: the states in between, and the events.

use super::{Event, SECOND, World};

/// A database that can be stopped and started: a standalone instance, or a cluster with its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Instance(usize),
    Cluster(usize),
}

impl World {
    /// The status of a database.
    pub(crate) fn database_status(&self, database: Database) -> &'static str {
        match database {
            Database::Instance(at) => self.databases.instances[at].status,
            Database::Cluster(at) => self.databases.clusters[at].status,
        }
    }

    fn members(&self, database: Database) -> Vec<usize> {
        match database {
            Database::Instance(at) => vec![at],
            Database::Cluster(at) => self.databases.clusters[at].members.clone(),
        }
    }

    fn set_status(&mut self, database: Database, status: &'static str) {
        if let Database::Cluster(at) = database {
            self.databases.clusters[at].status = status;
        }
        for at in self.members(database) {
            self.databases.instances[at].status = status;
        }
    }

    /// Starts to stop or start a database, which must be in the right state.
    pub(crate) fn switch(&mut self, database: Database, on: bool) {
        self.set_status(database, if on { "starting" } else { "stopping" });
        let wait = if on { self.rng.range(120, 200) } else { self.rng.range(60, 120) };
        if !on {
            for at in self.members(database) {
                self.instance_event(at, "availability", "DB instance shutdown");
            }
        }
        self.schedule(self.now + wait * SECOND, Event::Switched { database, on });
    }

    /// Completes stopping or starting a database.
    pub(crate) fn switched(&mut self, database: Database, on: bool) {
        self.set_status(database, if on { "available" } else { "stopped" });
        let now = self.now;
        for at in self.members(database) {
            let i = &mut self.databases.instances[at];
            if on {
                if let Some(last) = i.off.last_mut() {
                    last.1 = Some(now);
                }
                self.instance_event(at, "availability", "DB instance restarted");
            } else {
                i.off.push((now, None));
            }
        }
        let word = if on { "started" } else { "stopped" };
        match database {
            Database::Instance(at) => self.instance_event(at, "notification", &format!("DB instance {word}")),
            Database::Cluster(at) => self.cluster_event(at, "notification", format!("DB cluster {word}")),
        }
    }
}
