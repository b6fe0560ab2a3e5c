//! The snapshot's shape: what scripts read. Fields are added at the end of their struct, never
//! renamed or removed, within one schema number. `None` is `null`: not known, and `sources` says why.

use super::kept::{CostDto, InfraDto};
use super::pool::PoolDto;
use super::schedule::ScheduleDto;
use super::shown::Shown;
use crate::model::Failure;
use schemars::JsonSchema;
use serde::Serialize;

/// Everything that is known of one environment at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Snapshot {
    /// `cockpit.snapshot/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The account of the credentials; `null` where STS could not be asked: `sources` says why.
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// When it was taken.
    pub taken_at: String,
    /// How long that took.
    pub duration_ms: u64,
    /// Whether no source failed and none is partial.
    pub complete: bool,
    /// How each source stands.
    pub sources: Vec<SourceDto>,
    /// Services; `null` if they could not be read.
    pub services: Option<Vec<ServiceDto>>,
    /// Databases; `null` if they could not be read.
    pub databases: Option<Vec<DatabaseDto>>,
    /// The declared infrastructure, and its latest run; `null` if none is configured.
    pub infra: Option<InfraDto>,
    /// Alarms; `null` if they could not be read.
    pub alarms: Option<Vec<AlarmDto>>,
    /// The next effects of the schedule; `null` if nothing is scheduled or it could not be read.
    pub schedule: Option<ScheduleDto>,
    /// The costs that `cockpit cost` said within a day; `null` if nobody asked it.
    pub cost: Option<CostDto>,
    /// The needs-attention list, the most urgent first.
    pub attention: Vec<AttentionDto>,
    /// The identity of the credentials.
    pub identity: Option<IdentityDto>,
    /// Targets of the configured target groups; those of the services stand with them. `null` if they
    /// could not be read.
    pub targets: Option<Vec<TargetDto>>,
    /// The project that the environment is one of.
    pub project: String,
    /// Whether every change needs its name.
    pub guarded: bool,
    /// The pool that `user_pools` names; `null` if none is named, or it could not be read.
    pub user_pool: Option<PoolDto>,
    /// The moment and the time zone of tables; not in the JSON.
    #[serde(skip)]
    pub shown: Shown,
}

/// How one source stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceDto {
    /// `ecs.services`, …
    pub name: String,
    /// `ok`, `partial`, `failed` or `skipped`.
    pub status: SourceState,
    /// Age of what is shown; `null` if nothing was ever read whole.
    pub age_ms: Option<u64>,
    /// Requests sent for it.
    pub requests: u32,
    /// The failure, or the missing part; of a source that is skipped the command that asks for it, where one does.
    pub error: Option<String>,
    /// `throttled`, `denied`, `credentials`, `unreachable`, `timeout`, `malformed`, `not_found`,
    /// `wrong_account`, `service`, `other`.
    pub kind: Option<String>,
    /// Names and patterns of the configuration that nothing in it has; empty also where it was not read whole.
    pub unmatched: Vec<UnmatchedDto>,
    /// Why it could not be read, by which sources of one cause are told together.
    #[serde(skip)]
    pub failure: Option<Failure>,
}

/// A name or pattern of the configuration that nothing has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnmatchedDto {
    /// The key that has it: `databases`.
    pub key: String,
    /// As it is written there.
    pub name: String,
    /// The existing name that is most like it.
    pub nearest: Option<String>,
}

/// Status of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    /// It was read whole.
    Ok,
    /// Some of it is missing.
    Partial,
    /// It could not be read; what is shown, if anything, is older.
    Failed,
    /// There was nothing to read.
    Skipped,
}

/// The identity of the credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IdentityDto {
    /// The ARN of the user or role.
    pub arn: String,
    /// When the credentials end; `null` for long-lived keys.
    pub expires: Option<String>,
}

/// One word for a service or a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthDto {
    /// It serves as it should.
    Healthy,
    /// Serves, but not as it should.
    Degraded,
    /// It does not serve.
    Down,
    /// Stopped on purpose.
    Stopped,
    /// Its state is not known.
    Unknown,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ServiceDto {
    /// Its name.
    pub name: String,
    /// Its cluster.
    pub cluster: String,
    /// `ACTIVE`, `DRAINING`, `INACTIVE`.
    pub status: String,
    /// The number of tasks that are to run.
    pub desired: u32,
    /// Tasks in RUNNING.
    pub running: u32,
    /// Tasks in PENDING.
    pub pending: u32,
    /// `family:revision`; `null` where it names none, as one of an external controller.
    pub task_definition: Option<String>,
    /// Deployments in the service, the primary one first as ECS lists them.
    pub deployments: Vec<DeploymentDto>,
    /// Autoscaling; `null` where there is none, or it could not be read (see `sources`).
    pub autoscaling: Option<AutoscalingDto>,
    /// Targets of its load balancers; `null` if they could not be read.
    pub targets: Option<Vec<TargetDto>>,
    /// The health in one word.
    pub health: HealthDto,
    /// Why, the worst first.
    pub reasons: Vec<String>,
    /// Its name without what all services of the environment share.
    pub short: String,
    /// `FARGATE`, `EC2` or capacity providers.
    pub launch: String,
    /// `REPLICA` or `DAEMON`; `null` where AWS does not say.
    pub scheduling: Option<String>,
    /// The deployment controller: `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub controller: Option<String>,
    /// The deployment strategy: `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`; `null` where AWS does not say.
    pub strategy: Option<String>,
    /// The image of its main container.
    pub image: Option<String>,
    /// The digest that runs.
    pub digest: Option<String>,
    /// `completed`, `in progress`, `rolled back` …
    pub rollout: String,
    /// Newest CPU, percent of what is reserved.
    pub cpu_percent: Option<f64>,
    /// Newest memory, percent.
    pub memory_percent: Option<f64>,
    /// Tasks of the primary deployment that failed within an hour.
    pub failed_tasks: Option<usize>,
}

/// A deployment of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeploymentDto {
    /// The deployment's id: `ecs-svc/…`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE`, `INACTIVE`.
    pub status: String,
    /// `IN_PROGRESS`, `COMPLETED`, `FAILED`; `null` where ECS does not control the deployment.
    pub rollout_state: Option<String>,
    /// The number of tasks that are to run.
    pub desired: u32,
    /// The number of tasks in RUNNING.
    pub running: u32,
    /// The number of tasks in PENDING.
    pub pending: u32,
    /// Tasks that failed to start.
    pub failed: u32,
    /// `family:revision`.
    pub task_definition: String,
    /// Image of the main container.
    pub image: Option<String>,
    /// Digest that runs.
    pub digest: Option<String>,
    /// When it was made.
    pub created_at: Option<String>,
    /// Why it is in its state.
    pub reason: Option<String>,
}

/// Autoscaling of a service.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AutoscalingDto {
    /// The least desired count that autoscaling sets.
    pub min: u32,
    /// The greatest desired count that autoscaling sets.
    pub max: u32,
    /// Whether any kind of scaling is suspended.
    pub suspended: bool,
    /// Policies; `null` if they could not be read.
    pub policies: Option<Vec<PolicyDto>>,
    /// Scheduled actions; `null` if they could not be read.
    pub scheduled: Option<Vec<ScheduledDto>>,
    /// The suspended kinds of scaling: `scale_in`, `scale_out`, `scheduled`.
    pub suspended_kinds: Vec<String>,
}

/// A scaling policy.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PolicyDto {
    /// Its name.
    pub name: String,
    /// `TargetTrackingScaling`, …
    pub kind: String,
    /// Its metric.
    pub metric: Option<String>,
    /// The value it aims at.
    pub target: Option<f64>,
    /// Seconds between scaling out twice.
    pub out_cooldown: Option<u32>,
    /// Seconds between scaling in twice.
    pub in_cooldown: Option<u32>,
    /// Whether it also scales in.
    pub scale_in: bool,
}

/// A scheduled action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScheduledDto {
    /// Its name.
    pub name: String,
    /// `cron(…)`, `rate(…)`, `at(…)`.
    pub schedule: String,
    /// Zone of the schedule.
    pub timezone: String,
    /// Minimum that it sets.
    pub min: Option<u32>,
    /// Maximum that it sets.
    pub max: Option<u32>,
    /// When it fires next; `null` if it is over, or its expression is not understood.
    pub next: Option<String>,
    /// `stop`, `start` or `resize`.
    pub effect: String,
}

/// A target of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TargetDto {
    /// Name of the target group.
    pub group: String,
    /// Address or instance.
    pub id: String,
    /// The port that the target listens at.
    pub port: Option<u16>,
    /// Availability zone.
    pub az: Option<String>,
    /// `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable`.
    pub state: String,
    /// The reason, as AWS gives it.
    pub reason: Option<String>,
    /// The state in a sentence.
    pub description: Option<String>,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DatabaseDto {
    /// Identifier of the cluster or of the instance.
    pub id: String,
    /// `aurora` or `rds`.
    pub kind: String,
    /// The engine: `aurora-postgresql`, `postgres` …
    pub engine: String,
    /// The version of the engine.
    pub version: String,
    /// `available`, `failing-over`, `stopped` …
    pub status: String,
    /// Endpoint for writes.
    pub endpoint: Option<String>,
    /// Writer first, then readers by promotion tier.
    pub members: Vec<MemberDto>,
    /// The automated backups.
    pub backup: BackupDto,
    /// The reasons for its health, the worst first.
    pub reasons: Vec<String>,
    /// The health in one word.
    pub health: HealthDto,
    /// Endpoint for reads.
    pub reader_endpoint: Option<String>,
    /// The port of the endpoints.
    pub port: Option<u16>,
    /// The range of Aurora Serverless capacity, in ACU.
    pub acu: Option<RangeDto>,
    /// Storage, RDS only.
    pub storage_gib: Option<u32>,
    /// Changes that wait for the maintenance window.
    pub pending: Vec<PendingDto>,
    /// Maintenance window, UTC.
    pub maintenance: Option<String>,
    /// Deletion protection.
    pub protected: bool,
}

/// An instance of a database.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MemberDto {
    /// The identifier of the instance.
    pub id: String,
    /// `writer`, `reader` or `instance`.
    pub role: String,
    /// The status as RDS names it: `available`, `rebooting` …
    pub status: Option<String>,
    /// The instance class: `db.t4g.medium`.
    pub class: Option<String>,
    /// Availability zone.
    pub az: Option<String>,
    /// Newest capacity in ACU.
    pub acu: Option<f64>,
    /// Newest replica lag.
    pub lag_ms: Option<f64>,
    /// Newest CPU percent.
    pub cpu_percent: Option<f64>,
    /// Newest count of connections.
    pub connections: Option<f64>,
    /// Free storage in bytes.
    pub free_storage_bytes: Option<f64>,
    /// Promotion tier: 0 is promoted first.
    pub tier: Option<u32>,
}

/// Automated backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BackupDto {
    /// Days kept; 0 is none.
    pub retention_days: Option<u32>,
    /// Daily window, UTC.
    pub window: Option<String>,
    /// Earliest moment to which it can be restored.
    pub earliest: Option<String>,
    /// Latest moment to which it can be restored.
    pub latest: Option<String>,
}

/// A range of capacity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct RangeDto {
    /// The least capacity, in ACU.
    pub min: f64,
    /// The greatest capacity, in ACU.
    pub max: f64,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PendingDto {
    /// The identifier of the member; `null` for the database itself.
    pub member: Option<String>,
    /// The name of the setting that changes.
    pub what: String,
    /// The new value.
    pub to: String,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AlarmDto {
    /// Its name.
    pub name: String,
    /// `OK`, `ALARM`, `INSUFFICIENT_DATA`.
    pub state: String,
    /// Why, as `CloudWatch` says it.
    pub reason: String,
    /// The time since which it has been in this state.
    pub since: Option<String>,
    /// The description of the alarm.
    pub description: Option<String>,
    /// `AWS/ECS`, …
    pub namespace: Option<String>,
    /// The metric's name.
    pub metric: Option<String>,
    /// The threshold of the metric.
    pub threshold: Option<f64>,
    /// Whether autoscaling owns it.
    pub autoscaling: bool,
    /// Whether it tells anybody.
    pub actions_enabled: bool,
    /// Until when a mute rule keeps it from telling anybody; `null` where none does, or that is not known.
    pub muted_until: Option<String>,
    /// Of a composite alarm: those that it is made of.
    pub children: Vec<String>,
    /// Why it notifies nobody though it is raised: another alarm keeps it from that.
    pub suppressed: Option<String>,
}

/// One thing that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttentionDto {
    /// `critical`, `warning` or `note`.
    pub severity: String,
    /// `service:web`, `services`, `database:ID`, `alarm:NAME`, `source:ecs.tasks`, `credentials`.
    #[serde(rename = "where")]
    pub place: String,
    /// The fault, in a sentence.
    pub what: String,
    /// The time since which it has been so.
    pub since: Option<String>,
    /// The hint, where there is one.
    pub hint: Option<String>,
    /// The whole name of what it is about.
    pub name: String,
}
