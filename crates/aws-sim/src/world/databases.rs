//! Databases: clusters with a writer and readers, single instances, their events, and failovers. Their metrics are in
//! `metrics`.

use super::{Event, SECOND, World};
use crate::account::ACCOUNT;
use crate::clock::Ms;
use crate::rng;

/// How long a cluster's name still leads to the previous member: the time to live of RDS's DNS records.
const NAMES: Ms = 5 * SECOND;

/// The part of a host name that is specific to the account and region.
fn zone_id() -> String {
    format!("c{:011x}", rng::hash(9, ACCOUNT) & 0xfff_ffff_ffff)
}

/// An Aurora cluster.
#[derive(Debug)]
pub(crate) struct DbCluster {
    pub(crate) region: &'static str,
    pub(crate) id: String,
    pub(crate) version: &'static str,
    pub(crate) min_acu: f64,
    pub(crate) max_acu: f64,
    /// Indices in `instances`.
    pub(crate) members: Vec<usize>,
    pub(crate) status: &'static str,
    pub(crate) backup_days: u32,
    pub(crate) deletion_protection: bool,
    pub(crate) created: Ms,
    /// The writers with the time from which each was the writer, oldest first.
    pub(crate) writers: Vec<(Ms, usize)>,
    /// The start times of failovers.
    pub(crate) failovers: Vec<Ms>,
}

impl DbCluster {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:rds:{}:{ACCOUNT}:cluster:{}", self.region, self.id)
    }

    /// The endpoint name of the writer, or of the readers.
    pub(crate) fn host(&self, reader: bool) -> String {
        let kind = if reader { "cluster-ro-" } else { "cluster-" };
        format!("{}.{kind}{}.{}.rds.amazonaws.com", self.id, zone_id(), self.region)
    }

    /// The index of the current writer.
    pub(crate) fn writer(&self) -> usize {
        self.writers.last().map_or(0, |(_, i)| *i)
    }

    /// The writer at a time.
    pub(crate) fn writer_at(&self, at: Ms) -> usize {
        let next = self.writers.partition_point(|(t, _)| *t <= at);
        self.writers.get(next.saturating_sub(1)).map_or(0, |(_, i)| *i)
    }
}

/// A database instance.
#[derive(Debug)]
pub(crate) struct DbInstance {
    pub(crate) region: &'static str,
    pub(crate) id: String,
    pub(crate) cluster: Option<usize>,
    pub(crate) class: &'static str,
    pub(crate) version: &'static str,
    pub(crate) zone: &'static str,
    /// The storage in GB; none for Aurora.
    pub(crate) storage: Option<u32>,
    pub(crate) multi_az: bool,
    pub(crate) public: bool,
    pub(crate) status: &'static str,
    pub(crate) backup_days: u32,
    pub(crate) deletion_protection: bool,
    pub(crate) tier: u32,
    pub(crate) created: Ms,
    /// Changes pending for the maintenance window, by their names in `PendingModifiedValues`.
    pub(crate) pending: Vec<(String, String)>,
    /// The periods in which it was stopped.
    pub(crate) off: Vec<(Ms, Option<Ms>)>,
    /// The time of its last restart, which closed its connections.
    pub(crate) restarted: Ms,
}

impl DbInstance {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:rds:{}:{ACCOUNT}:db:{}", self.region, self.id)
    }

    /// Whether it accepts connections.
    pub(crate) fn listens(&self) -> bool {
        !matches!(self.status, "rebooting" | "stopping" | "stopped" | "starting")
    }

    /// The host name of this instance.
    pub(crate) fn host(&self) -> String {
        format!("{}.{}.{}.rds.amazonaws.com", self.id, zone_id(), self.region)
    }
}

/// An entry of `DescribeEvents`.
#[derive(Debug)]
pub(crate) struct DbEvent {
    pub(crate) region: &'static str,
    pub(crate) at: Ms,
    pub(crate) source: String,
    /// `db-cluster` or `db-instance`.
    pub(crate) kind: &'static str,
    pub(crate) arn: String,
    pub(crate) category: &'static str,
    pub(crate) message: String,
}

/// The role of an instance in its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Alone,
    Writer,
    Reader,
}

/// All RDS resources of the world.
#[derive(Debug, Default)]
pub(crate) struct Databases {
    pub(crate) clusters: Vec<DbCluster>,
    pub(crate) instances: Vec<DbInstance>,
    /// The manual snapshots, oldest first.
    pub(crate) snapshots: Vec<super::snapshots::Snapshot>,
    /// Events, oldest first.
    pub(crate) events: Vec<DbEvent>,
}

impl Databases {
    /// The role of an instance at a time.
    pub(crate) fn role(&self, instance: usize, at: Ms) -> Role {
        match self.instances[instance].cluster {
            None => Role::Alone,
            Some(c) if self.clusters[c].writer_at(at) == instance => Role::Writer,
            Some(_) => Role::Reader,
        }
    }

    /// The instance that a host name resolves to at a time.
    pub(crate) fn resolve(&self, host: &str, now: Ms) -> Option<usize> {
        if let Some(instance) = self.instances.iter().position(|instance| instance.host() == host) {
            return Some(instance);
        }
        let resolved_at = now - NAMES;
        self.clusters.iter().find_map(|cluster| {
            let writer = cluster.writer_at(resolved_at);
            if cluster.host(false) == host {
                return Some(writer);
            }
            let reader = cluster.members.iter().copied().find(|member| *member != writer);
            (cluster.host(true) == host).then(|| reader.unwrap_or(writer))
        })
    }

    /// Whether a failover of the instance's cluster happens in a minute or happened in the minute before.
    pub(crate) fn failing_over(&self, instance: usize, minute: i64) -> bool {
        self.instances[instance].cluster.is_some_and(|c| {
            let hit = |t: &Ms| (0..=1).contains(&(minute - t.div_euclid(super::MINUTE)));
            self.clusters[c].failovers.iter().any(hit)
        })
    }
}

/// The interval at which the scenario repeats the failover.
const REPEAT: Ms = 600 * SECOND;

impl World {
    /// Adds an event of a cluster.
    pub(crate) fn cluster_event(&mut self, cluster: usize, category: &'static str, message: String) {
        let c = &self.databases.clusters[cluster];
        let event = DbEvent {
            region: c.region,
            at: self.now,
            source: c.id.clone(),
            kind: "db-cluster",
            arn: c.arn(),
            category,
            message,
        };
        self.databases.events.push(event);
    }

    /// Adds an event of an instance.
    pub(crate) fn instance_event(&mut self, instance: usize, category: &'static str, message: &str) {
        let i = &self.databases.instances[instance];
        let event = DbEvent {
            region: i.region,
            at: self.now,
            source: i.id.clone(),
            kind: "db-instance",
            arn: i.arn(),
            category,
            message: message.to_owned(),
        };
        self.databases.events.push(event);
    }

    /// Starts a failover to an instance, or by default to the reader of the lowest tier.
    pub(crate) fn failover_start(&mut self, cluster: usize, to: Option<usize>, repeat: bool) {
        let now = self.now;
        if repeat {
            self.schedule(now + REPEAT, Event::FailoverStart { cluster, repeat });
        }
        let c = &self.databases.clusters[cluster];
        let writer = c.writer();
        let readers = c.members.iter().copied().filter(|i| *i != writer);
        let to = to.or_else(|| readers.min_by_key(|i| self.databases.instances[*i].tier));
        let Some(to) = to.filter(|_| c.status == "available") else { return };
        let instances = &self.databases.instances;
        // RDS-EVENT-0072 across zones, RDS-EVENT-0073 within one.
        let how = if instances[to].zone == instances[writer].zone { "same AZ" } else { "cross AZ" };
        let message = format!("Started {how} failover to DB instance: {}", instances[to].id);
        let c = &mut self.databases.clusters[cluster];
        c.status = "failing-over";
        c.failovers.push(now);
        self.cluster_event(cluster, "failover", message);
        let wait = self.rng.range(5, 20) * SECOND;
        self.schedule(now + wait, Event::FailoverSwap { cluster, to });
    }

    /// Moves the writer role; both instances restart.
    pub(crate) fn failover_swap(&mut self, cluster: usize, to: usize) {
        let now = self.now;
        let c = &mut self.databases.clusters[cluster];
        let from = c.writer();
        c.writers.push((now, to));
        for instance in [to, from] {
            self.databases.instances[instance].restarted = now;
            self.instance_event(instance, "availability", "DB instance restarted");
        }
        let wait = self.rng.range(4, 9) * SECOND;
        self.schedule(now + wait, Event::FailoverEnd { cluster });
    }

    /// RDS-EVENT-0071: completes the failover.
    pub(crate) fn failover_end(&mut self, cluster: usize) {
        let c = &mut self.databases.clusters[cluster];
        c.status = "available";
        let writer = c.writer();
        let message = format!("Completed failover to DB instance: {}", self.databases.instances[writer].id);
        self.cluster_event(cluster, "failover", message);
    }
}
