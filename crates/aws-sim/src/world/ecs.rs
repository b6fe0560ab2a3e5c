//! The nouns of ECS: clusters, task definitions, services, deployments, tasks. How they change is
//! in `scheduler`, `tasks` and `rollout`; how they look in an answer is in `services::ecs`.

use super::World;
use super::kinds::{Controller, Life, RollbackOutcome, Stage, Strategy, TaskSet};
use super::load::Load;
use super::registry::Resolved;
use crate::account::ACCOUNT;
use crate::clock::Ms;
use crate::rng::Rng;
use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) use super::definition::{Container, HealthCheck, TaskDef};
pub(crate) use super::fate::Fate;

/// An ECS cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) region: &'static str,
    pub(crate) name: String,
    /// Container Insights `enabled` or `disabled`.
    pub(crate) insights: bool,
    pub(crate) tags: Vec<(&'static str, &'static str)>,
}

impl Cluster {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:ecs:{}:{ACCOUNT}:cluster/{}", self.region, self.name)
    }
}

/// `healthStatus` of a container and of its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It has no check, or none has ended yet.
    Unknown,
    Healthy,
    Unhealthy,
}

impl Health {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Health::Unknown => "UNKNOWN",
            Health::Healthy => "HEALTHY",
            Health::Unhealthy => "UNHEALTHY",
        }
    }
}

/// `rolloutState` of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rollout {
    InProgress,
    Completed,
    Failed,
}

/// A deployment as `DescribeServices` lists it.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// The number in `ecs-svc/NUMBER`.
    pub(crate) id: u64,
    pub(crate) def: Arc<TaskDef>,
    /// The digests that its images were resolved to.
    pub(crate) images: Arc<Resolved>,
    /// The service revision it deploys.
    pub(crate) revision: u64,
    pub(crate) created: Ms,
    pub(crate) updated: Ms,
    /// Consecutive failures; a task that runs sets it back to 0, as in ECS.
    pub(crate) failed: u32,
    /// Tasks in a row that ran and failed their health checks.
    pub(crate) sick: u32,
    pub(crate) failures: u32,
    pub(crate) rollout: Rollout,
    pub(crate) reason: String,
    /// The fields of a task set, where something else than ECS deploys.
    pub(crate) set: Option<TaskSet>,
}

impl Deployment {
    pub(crate) fn name(&self) -> String {
        format!("ecs-svc/{}", self.id)
    }
}

/// A revision of a service: what a deployment leads to.
#[derive(Debug)]
pub(crate) struct Revision {
    pub(crate) id: u64,
    pub(crate) def: Arc<TaskDef>,
    pub(crate) images: Arc<Resolved>,
    pub(crate) created: Ms,
}

/// A service deployment: the record of one rollout.
#[derive(Debug)]
pub(crate) struct Release {
    pub(crate) id: String,
    /// The deployment whose rollout this is.
    pub(crate) deployment: u64,
    pub(crate) created: Ms,
    pub(crate) started: Ms,
    pub(crate) finished: Option<Ms>,
    pub(crate) updated: Ms,
    pub(crate) status: &'static str,
    pub(crate) status_reason: Option<String>,
    pub(crate) target: u64,
    pub(crate) sources: Vec<u64>,
    /// Failures counted by the circuit breaker.
    pub(crate) failures: u32,
    pub(crate) triggered: bool,
    /// Alarms that were in alarm when it started: they are not listened to.
    pub(crate) deaf: Vec<String>,
    /// Alarms that ended it.
    pub(crate) alarmed: Vec<String>,
    /// Where a blue/green deployment stands.
    pub(crate) stage: Option<Stage>,
    /// When and to which revision it rolled back, and why.
    pub(crate) rollback: Option<(Ms, u64, String)>,
}

/// A line of a service's events.
#[derive(Debug)]
pub(crate) struct ServiceEvent {
    pub(crate) id: u128,
    pub(crate) at: Ms,
    pub(crate) message: String,
}

/// Alarms that end a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeployAlarms {
    pub(crate) names: Vec<String>,
    pub(crate) enable: bool,
    pub(crate) rollback: bool,
}

/// A service and its rules.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) cluster: usize,
    pub(crate) name: String,
    pub(crate) created: Ms,
    pub(crate) life: Life,
    /// The outcome of its rollbacks.
    pub(crate) way_back: RollbackOutcome,
    pub(crate) strategy: Strategy,
    pub(crate) controller: Controller,
    pub(crate) desired: u32,
    pub(crate) min_percent: u32,
    pub(crate) max_percent: u32,
    pub(crate) breaker: bool,
    /// Whether the breaker rolls back.
    pub(crate) breaker_rollback: bool,
    pub(crate) alarms: Option<DeployAlarms>,
    /// Whether ECS Exec is enabled.
    pub(crate) exec: bool,
    pub(crate) grace: u32,
    pub(crate) target_group: Option<usize>,
    /// FARGATE and `FARGATE_SPOT` instead of a launch type.
    pub(crate) spot: bool,
    pub(crate) zones: &'static [&'static str],
    pub(crate) public_ip: bool,
    /// Newest first; the first one is PRIMARY.
    pub(crate) deployments: Vec<Deployment>,
    /// Its service deployments, the newest first.
    pub(crate) releases: Vec<Release>,
    pub(crate) revisions: Vec<Revision>,
    /// Newest first, at most 100.
    pub(crate) events: VecDeque<ServiceEvent>,
    /// Tasks that are not STOPPED.
    pub(crate) live: Vec<u128>,
    /// Stopped tasks that are still listed, oldest first.
    pub(crate) stopped: VecDeque<u128>,
    pub(crate) steady: bool,
    /// No task is started before.
    pub(crate) next_start: Ms,
    /// The next look of the scheduler that is already planned for a retry.
    pub(crate) retry: Option<Ms>,
    /// Whether Fargate has no room for its tasks.
    pub(crate) no_capacity: bool,
    /// Whether every image takes minutes to start.
    pub(crate) slow: bool,
    /// One task on each container instance, and no count of its own.
    pub(crate) daemon: bool,
    pub(crate) load: Load,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) rng: Rng,
}

/// `lastStatus` of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Provisioning,
    Pending,
    Activating,
    Running,
    Deactivating,
    Stopping,
    Deprovisioning,
    Stopped,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Provisioning => "PROVISIONING",
            Status::Pending => "PENDING",
            Status::Activating => "ACTIVATING",
            Status::Running => "RUNNING",
            Status::Deactivating => "DEACTIVATING",
            Status::Stopping => "STOPPING",
            Status::Deprovisioning => "DEPROVISIONING",
            Status::Stopped => "STOPPED",
        }
    }
}

/// A task's place behind a load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    None,
    Initial,
    Healthy,
    Unhealthy,
    Draining,
}

/// Why and how a task stopped.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) code: &'static str,
    pub(crate) reason: String,
    /// The exit code of the container that ended first, if it ran.
    pub(crate) exit: Option<i64>,
    /// The reason of that container.
    pub(crate) container: Option<String>,
}

/// An ECS task.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) service: usize,
    /// The deployment that started it.
    pub(crate) deployment: u64,
    pub(crate) def: Arc<TaskDef>,
    pub(crate) status: Status,
    /// Whether its desired status is STOPPED.
    pub(crate) stopping: bool,
    /// Counts state changes: a step that was meant for an earlier state is void.
    pub(crate) epoch: u32,
    pub(crate) fate: Fate,
    /// The digests that its images were resolved to.
    pub(crate) images: Arc<Resolved>,
    pub(crate) zone: &'static str,
    pub(crate) spot: bool,
    /// The last three bytes of its 10.x address.
    pub(crate) address: [u8; 3],
    pub(crate) created: Ms,
    pub(crate) pull_started: Option<Ms>,
    pub(crate) pull_stopped: Option<Ms>,
    pub(crate) started: Option<Ms>,
    pub(crate) stopping_at: Option<Ms>,
    pub(crate) execution_stopped: Option<Ms>,
    pub(crate) stopped: Option<Ms>,
    pub(crate) target: Target,
    /// The combined health of its essential containers.
    pub(crate) health: Health,
    /// Whether it counts as healthy for a rollout.
    pub(crate) healthy: bool,
    pub(crate) stop: Option<Box<Stop>>,
    /// ECS Exec, as its service had it when the task was started.
    pub(crate) exec: bool,
}

/// The agent of ECS Exec needs so long after the start of its task, in milliseconds.
const EXEC_AGENT: Ms = 5_000;

impl Task {
    /// Whether the agent of ECS Exec runs at a time.
    pub(crate) fn exec_ready(&self, now: Ms) -> bool {
        self.exec
            && !self.stopping
            && self.status == Status::Running
            && self.started.is_some_and(|at| at + EXEC_AGENT <= now)
    }

    pub(crate) fn ip(&self) -> String {
        let [a, b, c] = self.address;
        format!("10.{a}.{b}.{c}")
    }
}

impl World {
    pub(crate) fn service_arn(&self, service: usize) -> String {
        let s = &self.services[service];
        let c = &self.clusters[s.cluster];
        format!("arn:aws:ecs:{}:{ACCOUNT}:service/{}/{}", c.region, c.name, s.name)
    }

    pub(crate) fn task_arn(&self, (cluster, id): (usize, u128)) -> String {
        let c = &self.clusters[cluster];
        format!("arn:aws:ecs:{}:{ACCOUNT}:task/{}/{id:032x}", c.region, c.name)
    }

    /// The tasks of a service that are RUNNING.
    pub(crate) fn running(&self, service: usize) -> u32 {
        self.count(service, |t| t.status == Status::Running)
    }

    /// The tasks of a service that are on their way to RUNNING.
    pub(crate) fn pending(&self, service: usize) -> u32 {
        self.count(service, |t| t.status < Status::Running)
    }

    /// How many of a service's live tasks are so.
    pub(crate) fn count(&self, service: usize, is: impl Fn(&Task) -> bool) -> u32 {
        let s = &self.services[service];
        let n = s.live.iter().filter_map(|id| self.tasks.get(&(s.cluster, *id))).filter(|t| is(t)).count();
        n as u32
    }

    /// Adds an event to a service.
    pub(crate) fn note(&mut self, service: usize, text: &str) {
        let at = self.now;
        self.note_at(service, at, text);
    }

    /// Adds an event of a given time to a service; events are added in time order.
    pub(crate) fn note_at(&mut self, service: usize, at: Ms, text: &str) {
        let s = &mut self.services[service];
        let message = format!("(service {}) {text}", s.name);
        let id = s.rng.wide();
        s.events.push_front(ServiceEvent { id, at, message });
        s.events.truncate(100);
    }
}
