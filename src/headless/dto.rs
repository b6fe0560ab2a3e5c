//! The snapshot's JSON, which scripts read. Within one schema number, fields are only added, at the end of their
//! struct, never renamed or removed. `None` becomes `null`: the value is not known, and `sources` gives the reason.

use super::local_facts::{CostDto, InfraDto};
use super::schedule::ScheduleDto;
use super::times::TimeDisplay;
use super::user_pool::PoolDto;
use crate::model::Failure;
use schemars::JsonSchema;
use serde::Serialize;

/// All facts about one environment at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Snapshot {
    /// `cockpit.snapshot/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The account of the credentials; `null` if STS could not be called (`sources` gives the reason).
    pub account: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// The time of the snapshot.
    pub taken_at: String,
    /// The time that taking it took, in milliseconds.
    pub duration_ms: u64,
    /// Whether no source failed and none is partial.
    pub complete: bool,
    /// The state of each source.
    pub sources: Vec<SourceDto>,
    /// Services; `null` if they could not be read.
    pub services: Option<Vec<ServiceDto>>,
    /// Databases; `null` if they could not be read.
    pub databases: Option<Vec<DatabaseDto>>,
    /// The declared infrastructure and its latest run; `null` if none is configured.
    pub infra: Option<InfraDto>,
    /// Alarms; `null` if they could not be read.
    pub alarms: Option<Vec<AlarmDto>>,
    /// The next effects of the schedule; `null` if nothing is scheduled or it could not be read.
    pub schedule: Option<ScheduleDto>,
    /// The costs that `cockpit cost` read within the last day; `null` if it did not run.
    pub cost: Option<CostDto>,
    /// The needs-attention list, the most urgent first.
    pub attention: Vec<AttentionDto>,
    /// The identity of the credentials.
    pub identity: Option<IdentityDto>,
    /// Targets of the configured target groups; targets of the services are listed with the services. `null` if they
    /// could not be read.
    pub targets: Option<Vec<TargetDto>>,
    /// The project that the environment belongs to.
    pub project: String,
    /// Whether every change must be confirmed with the environment's name.
    pub guarded: bool,
    /// The user pool named by `user_pools`; `null` if none is named, or it could not be read.
    pub user_pool: Option<PoolDto>,
    /// The reference time and time zone of the tables; not in the JSON.
    #[serde(skip)]
    pub shown: TimeDisplay,
}

/// The state of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceDto {
    /// `ecs.services`, …
    pub name: String,
    /// The outcome of reading it.
    pub status: SourceState,
    /// Age of the shown data in milliseconds; `null` if the source was never read completely.
    pub age_ms: Option<u64>,
    /// Number of requests sent for it.
    pub requests: u32,
    /// The failure or the missing part; for a skipped source the command that reads it, if there is one.
    pub error: Option<String>,
    /// The kind of failure: `throttled`, `denied`, `credentials`, `unreachable`, `timeout`, `malformed`, `not_found`,
    /// `wrong_account`, `service`, `other`.
    pub kind: Option<String>,
    /// Configured names and patterns that match nothing in this source; also empty if the source was not read
    /// completely.
    pub unmatched: Vec<UnmatchedDto>,
    /// The failure, by which sources with the same cause are reported together.
    #[serde(skip)]
    pub failure: Option<Failure>,
}

/// A configured name or pattern that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnmatchedDto {
    /// The configuration key that holds it: `databases`.
    pub key: String,
    /// The name as written in the configuration.
    pub name: String,
    /// The most similar existing name.
    pub nearest: Option<String>,
}

/// The outcome of reading a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    /// It was read completely.
    Ok,
    /// Some of it is missing.
    Partial,
    /// It could not be read; any data shown is from an earlier read.
    Failed,
    /// There was nothing to read.
    Skipped,
}

/// The identity of the credentials in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IdentityDto {
    /// The ARN of the user or role.
    pub arn: String,
    /// When the credentials expire; `null` for long-lived keys.
    pub expires: Option<String>,
}

/// The health of a service or a database in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthDto {
    /// It serves normally.
    Healthy,
    /// It serves, but impaired.
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
    /// The desired number of tasks.
    pub desired: u32,
    /// Number of tasks in RUNNING.
    pub running: u32,
    /// Number of tasks in PENDING.
    pub pending: u32,
    /// `family:revision`; `null` if the service names none, as with an external deployment controller.
    pub task_definition: Option<String>,
    /// Deployments of the service, the primary one first, as ECS lists them.
    pub deployments: Vec<DeploymentDto>,
    /// Autoscaling; `null` if the service has none, or it could not be read (see `sources`).
    pub autoscaling: Option<AutoscalingDto>,
    /// Targets of its load balancers; `null` if they could not be read.
    pub targets: Option<Vec<TargetDto>>,
    /// The health in one word.
    pub health: HealthDto,
    /// The reasons for its health, the worst first.
    pub reasons: Vec<String>,
    /// Its name without the prefix and suffix that all services of the environment share.
    pub short: String,
    /// `FARGATE`, `EC2` or capacity providers.
    pub launch: String,
    /// `REPLICA` or `DAEMON`; `null` if AWS does not report it.
    pub scheduling: Option<String>,
    /// The deployment controller: `ECS`, `CODE_DEPLOY` or `EXTERNAL`.
    pub controller: Option<String>,
    /// The deployment strategy: `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`; `null` if AWS does not report it.
    pub strategy: Option<String>,
    /// The image of its main container.
    pub image: Option<String>,
    /// The digest of the running image.
    pub digest: Option<String>,
    /// `completed`, `in progress`, `rolled back` …
    pub rollout: String,
    /// The newest CPU utilization, in percent of the reservation.
    pub cpu_percent: Option<f64>,
    /// The newest memory utilization, in percent of the reservation.
    pub memory_percent: Option<f64>,
    /// Number of tasks of the primary deployment that failed within the last hour.
    pub failed_tasks: Option<usize>,
}

/// A deployment of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeploymentDto {
    /// The deployment's id: `ecs-svc/…`.
    pub id: String,
    /// `PRIMARY`, `ACTIVE`, `INACTIVE`.
    pub status: String,
    /// `IN_PROGRESS`, `COMPLETED`, `FAILED`; `null` if ECS does not control the deployment.
    pub rollout_state: Option<String>,
    /// The desired number of tasks.
    pub desired: u32,
    /// Number of tasks in RUNNING.
    pub running: u32,
    /// Number of tasks in PENDING.
    pub pending: u32,
    /// Number of tasks that failed to start.
    pub failed: u32,
    /// `family:revision`.
    pub task_definition: String,
    /// The image of the main container.
    pub image: Option<String>,
    /// The digest of the running image.
    pub digest: Option<String>,
    /// When it was created.
    pub created_at: Option<String>,
    /// The reason for its rollout state.
    pub reason: Option<String>,
}

/// Autoscaling of a service.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AutoscalingDto {
    /// The lowest desired count that autoscaling sets.
    pub min: u32,
    /// The highest desired count that autoscaling sets.
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
    /// The metric that it tracks.
    pub metric: Option<String>,
    /// The target value of the metric.
    pub target: Option<f64>,
    /// The scale-out cooldown, in seconds.
    pub out_cooldown: Option<u32>,
    /// The scale-in cooldown, in seconds.
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
    /// The time zone of the schedule.
    pub timezone: String,
    /// The minimum that it sets.
    pub min: Option<u32>,
    /// The maximum that it sets.
    pub max: Option<u32>,
    /// The next time it fires; `null` if it never fires again, or its expression cannot be parsed.
    pub next: Option<String>,
    /// `stop`, `start` or `resize`.
    pub effect: String,
}

/// A target of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TargetDto {
    /// The name of the target group.
    pub group: String,
    /// The IP address or the instance id.
    pub id: String,
    /// The port on which the target receives traffic.
    pub port: Option<u16>,
    /// Availability zone.
    pub az: Option<String>,
    /// `healthy`, `unhealthy`, `initial`, `draining`, `unused`, `unavailable`.
    pub state: String,
    /// The reason code of AWS.
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
    /// Allocated storage in GiB; RDS only.
    pub storage_gib: Option<u32>,
    /// Changes that wait for the maintenance window.
    pub pending: Vec<PendingDto>,
    /// The weekly maintenance window, UTC.
    pub maintenance: Option<String>,
    /// Whether deletion protection is on.
    pub protected: bool,
}

/// An instance of a database.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MemberDto {
    /// The identifier of the instance.
    pub id: String,
    /// `writer`, `reader` or `instance`.
    pub role: String,
    /// The status in the words of RDS: `available`, `rebooting` …
    pub status: Option<String>,
    /// The instance class: `db.t4g.medium`.
    pub class: Option<String>,
    /// Availability zone.
    pub az: Option<String>,
    /// The newest capacity, in ACU.
    pub acu: Option<f64>,
    /// The newest replica lag, in milliseconds.
    pub lag_ms: Option<f64>,
    /// The newest CPU utilization, in percent.
    pub cpu_percent: Option<f64>,
    /// The newest number of connections.
    pub connections: Option<f64>,
    /// The newest free storage, in bytes.
    pub free_storage_bytes: Option<f64>,
    /// Promotion tier: 0 is promoted first.
    pub tier: Option<u32>,
}

/// Automated backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BackupDto {
    /// Retention in days; 0 means that backups are off.
    pub retention_days: Option<u32>,
    /// The daily backup window, UTC.
    pub window: Option<String>,
    /// The earliest time that can be restored.
    pub earliest: Option<String>,
    /// The latest time that can be restored.
    pub latest: Option<String>,
}

/// A range of capacity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct RangeDto {
    /// The lowest capacity, in ACU.
    pub min: f64,
    /// The highest capacity, in ACU.
    pub max: f64,
}

/// A pending change of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PendingDto {
    /// The identifier of the member; `null` for the database itself.
    pub member: Option<String>,
    /// The name of the changing setting.
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
    /// The reason that `CloudWatch` gives for the state.
    pub reason: String,
    /// When the alarm entered this state.
    pub since: Option<String>,
    /// The description of the alarm.
    pub description: Option<String>,
    /// `AWS/ECS`, …
    pub namespace: Option<String>,
    /// The name of the metric.
    pub metric: Option<String>,
    /// The threshold of the metric.
    pub threshold: Option<f64>,
    /// Whether autoscaling owns the alarm.
    pub autoscaling: bool,
    /// Whether the alarm runs its actions.
    pub actions_enabled: bool,
    /// The time until which a mute rule suppresses its notifications; `null` if none does, or that is not known.
    pub muted_until: Option<String>,
    /// For a composite alarm: the alarms that it consists of.
    pub children: Vec<String>,
    /// Why a raised alarm notifies nobody: the alarm that suppresses it.
    pub suppressed: Option<String>,
}

/// An entry of the needs-attention list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttentionDto {
    /// `critical`, `warning` or `note`.
    pub severity: String,
    /// `service:web`, `services`, `database:ID`, `alarm:NAME`, `source:ecs.tasks`, `credentials`.
    #[serde(rename = "where")]
    pub place: String,
    /// The problem in a sentence.
    pub what: String,
    /// The time since which the problem exists.
    pub since: Option<String>,
    /// A hint on what to do, if there is one.
    pub hint: Option<String>,
    /// The full name of the affected resource.
    pub name: String,
}
