//! ECS clusters, services, their deployments and events.

use jiff::Timestamp;

/// An ECS cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// `ACTIVE`, `INACTIVE`, …
    pub status: String,
    /// Active services in it.
    pub services: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks in PENDING.
    pub pending: u32,
}

/// An ECS service as `DescribeServices` gives it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Service {
    /// Its name, unique in the cluster.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The cluster's name.
    pub cluster: String,
    /// `ACTIVE`, `DRAINING` or `INACTIVE`.
    pub status: String,
    /// Desired count.
    pub desired: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks in PENDING.
    pub pending: u32,
    /// `family:revision`.
    pub task_definition: String,
    /// `FARGATE`, `EC2`, or capacity providers joined by `+`.
    pub launch: String,
    /// `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub controller: String,
    /// Minimum healthy percent.
    pub min_percent: Option<u32>,
    /// Maximum percent.
    pub max_percent: Option<u32>,
    /// Whether the circuit breaker is on, and whether it rolls back.
    pub breaker: Option<Breaker>,
    /// Health check grace period in seconds.
    pub grace_seconds: Option<u32>,
    /// Whether ECS Exec is on.
    pub exec: bool,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Newest first; the first with status `PRIMARY` is what should run.
    pub deployments: Vec<Deployment>,
    /// Newest first, at most 100.
    pub events: Vec<ServiceEvent>,
    /// ARNs of the target groups behind it.
    pub target_groups: Vec<String>,
    /// Alarms that end a deployment, where they are switched on.
    pub deployment_alarms: Vec<String>,
    /// The count that is remembered in its tag while it is stopped; only where tags were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<u32>,
}

/// The deployment circuit breaker's settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Breaker {
    /// On at all.
    pub enabled: bool,
    /// Rolls back by itself.
    pub rollback: bool,
}

/// One deployment in a service's list.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Deployment {
    /// `ecs-svc/<19 digits>`; a task's `startedBy`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE` or `INACTIVE`.
    pub status: String,
    /// The rollout's state, where the controller is ECS.
    pub rollout: Option<RolloutState>,
    /// Why it is in that state.
    pub rollout_reason: String,
    /// Desired count of this deployment.
    pub desired: u32,
    /// Running.
    pub running: u32,
    /// Pending.
    pub pending: u32,
    /// Tasks that failed to start since one last reached RUNNING: ECS resets it, so a later crash
    /// loop does not show in it.
    pub failed: u32,
    /// `family:revision`.
    pub task_definition: String,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Last change.
    pub updated_at: Option<Timestamp>,
}

/// `rolloutState` of a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum RolloutState {
    /// Not steady yet.
    InProgress,
    /// Reached a steady state.
    Completed,
    /// Given up by the circuit breaker.
    Failed,
}

impl RolloutState {
    /// The API's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        }
    }
}

/// One line of a service's event list.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ServiceEvent {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Option<Timestamp>,
    /// What ECS says.
    pub message: String,
}

impl Service {
    /// The deployment that should run.
    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.status == "PRIMARY")
    }

    /// Whether a deployment is under way.
    pub fn rolling_out(&self) -> bool {
        self.primary().is_some_and(|primary| primary.rollout == Some(RolloutState::InProgress))
    }

    /// The id that autoscaling and its scheduled actions use: `service/CLUSTER/NAME`.
    pub fn scaling_id(&self) -> String {
        format!("service/{}/{}", self.cluster, self.name)
    }
}
