//! The data of ECS: clusters, task definitions, services, deployments, tasks. Their changes are in `scheduler`,
//! `tasks` and `rollout`; their form in answers is in `services::ecs`.

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
    /// Whether Container Insights is enabled.
    pub(crate) insights: bool,
    pub(crate) tags: Vec<(&'static str, &'static str)>,
}

impl Cluster {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:ecs:{}:{ACCOUNT}:cluster/{}", self.region, self.name)
    }
}

/// The `healthStatus` of a container and of its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// There is no health check, or none has finished yet.
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

/// The `rolloutState` of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rollout {
    InProgress,
    Completed,
    Failed,
}

/// A deployment as listed by `DescribeServices`.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// The number in `ecs-svc/NUMBER`.
    pub(crate) id: u64,
    pub(crate) def: Arc<TaskDef>,
    /// The digests of its images.
    pub(crate) images: Arc<Resolved>,
    /// The service revision that it deploys.
    pub(crate) revision: u64,
    pub(crate) created: Ms,
    pub(crate) updated: Ms,
    /// Consecutive failures; as in ECS, a task that reaches RUNNING resets this to 0.
    pub(crate) failed: u32,
    /// Consecutive tasks that ran and failed their health checks.
    pub(crate) health_failures: u32,
    pub(crate) failures: u32,
    pub(crate) rollout: Rollout,
    pub(crate) reason: String,
    /// The fields of a task set, if the service is not deployed by ECS.
    pub(crate) set: Option<TaskSet>,
}

impl Deployment {
    pub(crate) fn name(&self) -> String {
        format!("ecs-svc/{}", self.id)
    }
}

/// A revision of a service: the target of a deployment.
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
    /// Alarms that were already in alarm at its start; they are ignored.
    pub(crate) ignored_alarms: Vec<String>,
    /// The alarms that ended it.
    pub(crate) alarmed: Vec<String>,
    /// The current stage of a blue/green deployment.
    pub(crate) stage: Option<Stage>,
    /// The time, target revision and reason of its rollback.
    pub(crate) rollback: Option<(Ms, u64, String)>,
}

/// An entry of a service's events.
#[derive(Debug)]
pub(crate) struct ServiceEvent {
    pub(crate) id: u128,
    pub(crate) at: Ms,
    pub(crate) message: String,
}

/// The alarms that end a rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeployAlarms {
    pub(crate) names: Vec<String>,
    pub(crate) enable: bool,
    pub(crate) rollback: bool,
}

/// A service with its settings.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) cluster: usize,
    pub(crate) name: String,
    pub(crate) created: Ms,
    pub(crate) life: Life,
    /// The outcome of rollbacks of this service.
    pub(crate) rollback_outcome: RollbackOutcome,
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
    /// Whether it uses FARGATE and `FARGATE_SPOT` capacity providers instead of a launch type.
    pub(crate) spot: bool,
    pub(crate) zones: &'static [&'static str],
    pub(crate) public_ip: bool,
    /// Newest first; the first one is PRIMARY.
    pub(crate) deployments: Vec<Deployment>,
    /// The service deployments, newest first.
    pub(crate) releases: Vec<Release>,
    pub(crate) revisions: Vec<Revision>,
    /// Newest first, at most 100.
    pub(crate) events: VecDeque<ServiceEvent>,
    /// Tasks that are not STOPPED.
    pub(crate) live: Vec<u128>,
    /// Stopped tasks that are still listed, oldest first.
    pub(crate) stopped: VecDeque<u128>,
    pub(crate) steady: bool,
    /// No task is started before this time.
    pub(crate) next_start: Ms,
    /// The time of the next reconciliation that is already planned for a retry.
    pub(crate) retry: Option<Ms>,
    /// Whether Fargate has no capacity for its tasks.
    pub(crate) no_capacity: bool,
    /// Whether every image takes minutes to start.
    pub(crate) slow: bool,
    /// Whether it runs one task on each container instance, without a desired count.
    pub(crate) daemon: bool,
    pub(crate) load: Load,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) rng: Rng,
}

/// The `lastStatus` of a task.
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

/// The state of a task's target in the load balancer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    None,
    Initial,
    Healthy,
    Unhealthy,
    Draining,
}

/// The reason and circumstances of a task's end.
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
    /// The deployment that started the task.
    pub(crate) deployment: u64,
    pub(crate) def: Arc<TaskDef>,
    pub(crate) status: Status,
    /// Whether its desired status is STOPPED.
    pub(crate) stopping: bool,
    /// Counts state changes: a step scheduled for an earlier epoch is ignored.
    pub(crate) epoch: u32,
    pub(crate) fate: Fate,
    /// The digests of its images.
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
    /// Whether it counts as healthy for the rollout.
    pub(crate) healthy: bool,
    pub(crate) stop: Option<Box<Stop>>,
    /// Whether ECS Exec was enabled when the task was started.
    pub(crate) exec: bool,
}

/// The start time of the ECS Exec agent after that of its task, in milliseconds.
const EXEC_AGENT: Ms = 5_000;

impl Task {
    /// Whether the ECS Exec agent runs at a time.
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

    /// The number of RUNNING tasks of a service.
    pub(crate) fn running(&self, service: usize) -> u32 {
        self.count(service, |t| t.status == Status::Running)
    }

    /// The number of tasks of a service that have not reached RUNNING yet.
    pub(crate) fn pending(&self, service: usize) -> u32 {
        self.count(service, |t| t.status < Status::Running)
    }

    /// The number of a service's live tasks that match a condition.
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

    /// Adds an event with a given time to a service; events must be added in time order.
    pub(crate) fn note_at(&mut self, service: usize, at: Ms, text: &str) {
        let s = &mut self.services[service];
        let message = format!("(service {}) {text}", s.name);
        let id = s.rng.wide();
        s.events.push_front(ServiceEvent { id, at, message });
        s.events.truncate(100);
    }
}
