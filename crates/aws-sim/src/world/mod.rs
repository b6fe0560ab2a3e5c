//! The simulated account: its resources and how they change over time. Events wait in one queue and happen in time
//! order, each at its own time, so that one jump of an hour leads to the same world as 3,600 steps of a second.
//! Reading the world never changes it.
//!
//! Requests, protocols and faults are handled elsewhere.

pub(crate) mod alarms;
pub(crate) mod balancing;
pub(crate) mod billing;
pub(crate) mod bluegreen;
mod build;
pub(crate) mod cdn;
pub(crate) mod cloudtrail;
pub(crate) mod composite;
pub(crate) mod databases;
mod definition;
#[cfg(test)]
mod deploy_tests;
pub(crate) mod ecs;
pub(crate) mod fate;
pub(crate) mod firewalls;
#[cfg(test)]
mod history_tests;
pub(crate) mod instances;
mod kinds;
pub(crate) mod lifecycle;
pub(crate) mod load;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod mutes;
pub(crate) mod newer;
pub(crate) mod nightly_stop;
#[cfg(test)]
mod nightly_stop_tests;
pub(crate) mod parameters;
mod people;
mod poke;
pub(crate) mod pools;
pub(crate) mod power;
pub(crate) mod registry;
pub(crate) mod releases;
pub(crate) mod roles;
pub(crate) mod rollout;
pub(crate) mod rotation;
pub(crate) mod scaling;
pub(crate) mod schedule;
mod scheduler;
pub(crate) mod sites;
pub(crate) mod snapshots;
mod stop_reasons;
mod tasks;
pub(crate) mod tasksets;
#[cfg(test)]
mod tests;
pub(crate) mod uploads;

use crate::clock::Ms;
use crate::rng::Rng;
use crate::scenario::Scenario;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

/// One second in world time.
pub(crate) const SECOND: Ms = 1_000;
/// One minute in world time.
pub(crate) const MINUTE: Ms = 60 * SECOND;
/// One hour in world time.
pub(crate) const HOUR: Ms = 60 * MINUTE;
/// One day in world time.
pub(crate) const DAY: Ms = 24 * HOUR;

/// The key of a task: cluster and id.
pub(crate) type TaskKey = (usize, u128);

/// A scheduled event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    /// A service compares its counts and starts or stops tasks.
    Reconcile(usize),
    /// A task moves to its next state, if it is still in the same epoch.
    Step { key: TaskKey, epoch: u32 },
    /// A task's target or health check becomes healthy.
    Healthy { key: TaskKey, epoch: u32 },
    /// The first health check of a task's target fails.
    Sick { key: TaskKey, epoch: u32 },
    /// The health check of a container has failed too often.
    CheckFails { key: TaskKey, epoch: u32 },
    /// A blue/green deployment reaches its next stage.
    Stage { service: usize, deployment: u64 },
    /// The service replaces a task whose target stayed unhealthy.
    GiveUp { key: TaskKey, epoch: u32 },
    /// The requested stop of a service deployment is carried out.
    Stop { service: usize, deployment: u64 },
    /// The rollback of a deployment fails.
    RollbackFails { service: usize, deployment: u64 },
    /// Another person deletes a service.
    Delete(usize),
    /// A stopped task is removed from the lists.
    Forget { key: TaskKey },
    /// A minute has ended: alarms and scaling are evaluated.
    Minute,
    /// The time of a scheduled action.
    Scheduled { target: usize, number: u64 },
    /// The time of a schedule.
    Night { number: u64 },
    /// A database has been stopped or started.
    Switched { database: power::Database, on: bool },
    /// A snapshot is complete.
    SnapshotDone { number: usize },
    /// An instance has restarted.
    Rebooted { instance: usize, failover: bool },
    /// Another person deploys to a service.
    OtherDeploy(usize),
    /// A scheduled stop, independent of the schedule's time.
    StopBySchedule,
    /// A failover of a database cluster starts.
    FailoverStart { cluster: usize, repeat: bool },
    /// The writer role of a cluster moves.
    FailoverSwap { cluster: usize, to: usize },
    /// The cluster is available again.
    FailoverEnd { cluster: usize },
}

#[derive(Debug)]
struct Entry {
    at: Ms,
    number: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    // Reversed, so that the heap returns the earliest entry first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// The simulated account.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    /// The start of the simulation; everything before it is history.
    pub(crate) start: Ms,
    /// The time up to which all events have happened.
    pub(crate) now: Ms,
    pub(crate) scenario: Scenario,
    pub(crate) clusters: Vec<ecs::Cluster>,
    pub(crate) services: Vec<ecs::Service>,
    /// Maps cluster and name to the index in `services`, in listing order.
    pub(crate) service_index: BTreeMap<(usize, String), usize>,
    /// The same for deleted services.
    pub(crate) deleted_services: BTreeMap<(usize, String), usize>,
    pub(crate) tasks: BTreeMap<TaskKey, ecs::Task>,
    /// The EC2 instances.
    pub(crate) instances: Vec<instances::Instance>,
    /// Distributions of `CloudFront`.
    pub(crate) distributions: Vec<cdn::Distribution>,
    pub(crate) pools: Vec<pools::Pool>,
    /// Maps region and family to its revisions, oldest first.
    pub(crate) families: BTreeMap<(&'static str, String), Vec<Arc<ecs::TaskDef>>>,
    pub(crate) registry: registry::Registry,
    /// The fate of everything deployed from now on, overriding that of the images.
    pub(crate) forced_fate: Option<fate::Fate>,
    /// The service that a client has just changed, until this is processed.
    pub(crate) updated: Option<usize>,
    /// Whether a client has changed a service before.
    pub(crate) begun: bool,
    pub(crate) functions: Vec<nightly_stop::Function>,
    pub(crate) schedules: Vec<nightly_stop::Schedule>,
    /// Services whose ECS Exec agents run but do not reach Session Manager.
    pub(crate) unreached: BTreeSet<usize>,
    pub(crate) scaling: Vec<scaling::ScalableTarget>,
    pub(crate) alarms: Vec<alarms::Alarm>,
    pub(crate) composites: Vec<composite::Composite>,
    pub(crate) mutes: Vec<mutes::MuteRule>,
    pub(crate) databases: databases::Databases,
    pub(crate) parameters: parameters::Parameters,
    /// Databases whose secrets are no longer rotated, with the time since when.
    pub(crate) failing_rotations: BTreeMap<String, Ms>,
    pub(crate) balancers: Vec<balancing::Balancer>,
    pub(crate) firewalls: firewalls::Firewalls,
    /// Security group rules that were added.
    pub(crate) ingress_rules: Vec<sites::IngressRule>,
    /// Security group rules that were revoked.
    pub(crate) revoked_rules: Vec<sites::IngressRule>,
    pub(crate) target_groups: Vec<balancing::TargetGroup>,
    /// Assumed roles: maps the access key to the session.
    pub(crate) sessions: BTreeMap<String, roles::RoleSession>,
    /// Restrictions on who may assume which role.
    pub(crate) trust: roles::Trust,
    /// Actions denied to roles.
    pub(crate) grants: roles::Grants,
    pub(crate) cost_explorer: billing::CostExplorer,
    pub(crate) sign_in: roles::SignIn,
    /// Additional fields in answers, as of a newer API version.
    pub(crate) newer: newer::Newer,
    /// The write events of `CloudTrail`.
    pub(crate) trail: cloudtrail::Trail,
    pub(crate) rng: Rng,
    pub(crate) logs: logs::Logs,
    queue: BinaryHeap<Entry>,
    number: u64,
}

impl World {
    /// Creates the world of a scenario at its start.
    pub(crate) fn new(scenario: Scenario, seed: u64, start: Ms) -> World {
        let mut world = World {
            seed,
            start,
            now: start,
            scenario,
            clusters: Vec::new(),
            services: Vec::new(),
            service_index: BTreeMap::new(),
            deleted_services: BTreeMap::new(),
            tasks: BTreeMap::new(),
            instances: instances::Instance::all(scenario),
            distributions: cdn::Distribution::all(scenario),
            pools: pools::Pool::all(scenario),
            families: BTreeMap::new(),
            registry: registry::Registry::default(),
            forced_fate: None,
            updated: None,
            begun: false,
            functions: Vec::new(),
            schedules: Vec::new(),
            unreached: BTreeSet::new(),
            scaling: Vec::new(),
            alarms: Vec::new(),
            composites: Vec::new(),
            mutes: Vec::new(),
            databases: databases::Databases::default(),
            parameters: parameters::Parameters::default(),
            failing_rotations: BTreeMap::new(),
            balancers: Vec::new(),
            firewalls: firewalls::Firewalls::default(),
            ingress_rules: Vec::new(),
            revoked_rules: Vec::new(),
            target_groups: Vec::new(),
            sessions: BTreeMap::new(),
            trust: roles::Trust::default(),
            grants: roles::Grants::default(),
            cost_explorer: billing::CostExplorer::default(),
            sign_in: roles::SignIn::default(),
            newer: newer::Newer::default(),
            trail: cloudtrail::Trail::default(),
            rng: Rng::new(seed, "world"),
            logs: logs::Logs::default(),
            queue: BinaryHeap::new(),
            number: 0,
        };
        build::build(&mut world);
        world
    }

    /// Processes all events that are due up to a time.
    pub(crate) fn run_until(&mut self, until: Ms) {
        while self.queue.peek().is_some_and(|e| e.at <= until) {
            let Some(entry) = self.queue.pop() else { break };
            self.now = self.now.max(entry.at);
            self.apply(entry.event);
        }
        self.now = self.now.max(until);
    }

    /// Returns a number that is used only once.
    pub(crate) fn serial(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Schedules an event, never before the current time.
    pub(crate) fn schedule(&mut self, at: Ms, event: Event) {
        self.number += 1;
        let entry = Entry { at: at.max(self.now), number: self.number, event };
        self.queue.push(entry);
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Reconcile(service) => self.reconcile(service),
            Event::Step { key, epoch } => self.step_task(key, epoch),
            Event::Healthy { key, epoch } => self.task_healthy(key, epoch),
            Event::Sick { key, epoch } => self.target_sick(key, epoch),
            Event::Stop { service, deployment } => self.stop_release(service, deployment),
            Event::CheckFails { key, epoch } => self.check_fails(key, epoch),
            Event::Stage { service, deployment } => self.next_stage(service, deployment),
            Event::GiveUp { key, epoch } => self.give_up(key, epoch),
            Event::RollbackFails { service, deployment } => self.rollback_fails(service, deployment),
            Event::Delete(service) => self.delete_service(service),
            Event::Forget { key } => self.forget_task(key),
            Event::Minute => {
                self.evaluate_alarms();
                self.evaluate_composites();
                self.watch_rollouts();
                self.evaluate_scaling();
                self.schedule(self.now + MINUTE, Event::Minute);
            }
            Event::Scheduled { target, number } => self.scheduled_action(target, number),
            Event::Night { number } => self.schedule_fires(number),
            Event::Switched { database, on } => self.switched(database, on),
            Event::SnapshotDone { number } => self.snapshot_done(number),
            Event::Rebooted { instance, failover } => self.rebooted(instance, failover),
            Event::OtherDeploy(service) => self.other_deploy(service),
            Event::StopBySchedule => {
                self.stop_by_schedule();
            }
            Event::FailoverStart { cluster, repeat } => self.failover_start(cluster, None, repeat),
            Event::FailoverSwap { cluster, to } => self.failover_swap(cluster, to),
            Event::FailoverEnd { cluster } => self.failover_end(cluster),
        }
    }

    /// Finds a cluster of a region by name or ARN.
    pub(crate) fn find_cluster(&self, region: &str, name: &str) -> Option<usize> {
        let name = name.rsplit('/').next().unwrap_or(name);
        self.clusters.iter().position(|c| c.region == region && c.name == name)
    }

    /// Finds a service of a cluster by name or ARN, including deleted ones.
    pub(crate) fn find_service(&self, cluster: usize, name: &str) -> Option<usize> {
        let name = if name.starts_with("arn:") { name.rsplit('/').next()? } else { name };
        let key = (cluster, name.to_owned());
        self.service_index.get(&key).or_else(|| self.deleted_services.get(&key)).copied()
    }
}
