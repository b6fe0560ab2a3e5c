//! The calls of operations, as data: one call, one reply. Reads may be repeated; a write is sent once, and if its
//! answer is lost, a read looks for its effect ([`Write::proof`]).

use super::database::call::{RdsRead, RdsReply, RdsWrite};
pub use super::program::{Login, Program};
use super::single::address::call::{Ingress, ReachRead, ReachReply};
use super::single::invalidation::call::{Batch, CdnRead, CdnReply};
use super::single::scaling::call::{ScalingRead, ScalingReply, ScalingWrite};
use crate::model::audit::Record;
use crate::model::image::{Image, Registry, Scan};
use crate::model::machine::{Ec2Instance, PowerAction};
use crate::model::parameters::{Kind, ParameterWithValue, Value};
use crate::model::scaling::Suspended;
use crate::model::timer::{Power, Timer};
use crate::model::{
    Alarm, Failure, FailureKind, Identity, Mute, ScalableTarget, Service, ServiceDeployment, Target, Task,
    TaskDefinition,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

/// Matches a reply to its call. Issued by [`super::Operations`]; a reply whose id is no longer held there is dropped,
/// in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// An action of an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// A read of AWS.
    Read(Read),
    /// Change something in AWS.
    Write {
        write: Write,
        /// The account it must be sent to, verified right before with the same credentials. `None`: any.
        account: Option<String>,
    },
    Run(Program),
    /// Append to the audit file.
    Audit(Box<Record>),
}

/// A query of AWS with all its pages; it succeeds or fails as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// STS `GetCallerIdentity` → [`Reply::Identity`].
    Identity,
    /// ECS `DescribeServices` with tags; at most 10 → [`Reply::Services`].
    Services {
        cluster: String,
        /// Full names of the services.
        names: Vec<String>,
    },
    /// ECS `ListServiceDeployments`, their details and the task definitions of their revisions; the newest
    /// 20, newest first → [`Reply::Releases`].
    History {
        cluster: String,
        /// The full name of the service.
        service: String,
    },
    /// ECS `DescribeServiceDeployments`; at most 20 → [`Reply::Releases`].
    Releases { arns: Vec<String> },
    /// ECS `ListTasks` of a service, running and stopped, and `DescribeTasks` → [`Reply::Tasks`].
    Tasks {
        cluster: String,
        /// The full name of the service.
        service: String,
    },
    /// ECS `DescribeTasks` of one task → [`Reply::Tasks`].
    Task { cluster: String, id: String },
    /// ECS `DescribeTaskDefinition`; `name` is `family:revision`, or a family for its newest →
    /// [`Reply::TaskDefinition`].
    TaskDefinition { name: String },
    /// Application Auto Scaling `DescribeScalableTargets` of one service → [`Reply::Scalable`].
    Scalable {
        /// `service/CLUSTER/NAME`.
        resource: String,
    },
    /// ECR `DescribeImages` of one image with its scan, and `BatchGetImage` for its architectures →
    /// [`Reply::Image`]; a missing image fails with [`FailureKind::NotFound`].
    Image {
        /// The registry; the environment's account and region if none is named.
        registry: Option<Registry>,
        repository: String,
        /// A tag, or a digest of the image.
        reference: String,
    },
    /// ECR `DescribeImageScanFindings` of one image → [`Reply::Scan`]; `None` if it was not scanned.
    Scan {
        /// The registry; the environment's account and region if none is named.
        registry: Option<Registry>,
        repository: String,
        /// `sha256:…`.
        digest: String,
    },
    /// ECR `DescribeImages` of a repository: the newest 50 by push, newest first → [`Reply::Images`].
    Images {
        /// The registry; the environment's account and region if none is named.
        registry: Option<Registry>,
        repository: String,
    },
    /// ELBv2 `DescribeTargetHealth` of each group → [`Reply::Targets`].
    Targets {
        /// ARNs of the target groups.
        groups: Vec<String>,
    },
    /// Logs `GetLogEvents`, the newest lines of one stream, oldest first → [`Reply::Log`].
    TaskLog {
        /// The name of the log group.
        group: String,
        /// Its region; `None` for the environment's.
        region: Option<String>,
        /// The stream: `prefix/container/task-id`.
        stream: String,
        /// Maximum number of lines to read.
        limit: u32,
    },
    /// `EventBridge` Scheduler `ListSchedules` by prefix and `GetSchedule` of each → [`Reply::Timers`].
    Timers {
        /// The prefix of their names.
        prefix: String,
    },
    /// Application Auto Scaling `DescribeScheduledActions` of one cluster → [`Reply::Timers`].
    Actions { cluster: String },
    /// Lambda `GetFunctionConfiguration` → [`Reply::Done`]; a missing one fails with `NotFound`.
    Function { name: String },
    /// RDS `DescribeDBClusters` and `DescribeDBInstances` → [`Reply::Databases`].
    Databases {
        /// Patterns of identifiers.
        patterns: Vec<String>,
    },
    /// One database, its events, its snapshots, its figures → [`Reply::Rds`].
    Rds(RdsRead),
    /// EC2 `DescribeInstances` and `DescribeInstanceStatus` of one instance → [`Reply::Instance`].
    Instance { id: String },
    /// `CloudFront`: distributions and their invalidations → [`Reply::Cdn`].
    Cdn(CdnRead),
    /// Load balancers, and the rules of who may reach them → [`Reply::Reach`].
    Reach(ReachRead),
    /// Policies and scheduled actions of one service → [`Reply::Scaling`].
    Scaling(ScalingRead),
    /// SSM `DescribeParameters` of one name, and `GetParameter` with its value → [`Reply::Parameter`]; `None` if there
    /// is no such parameter. If the value must not be read, the reply says so in its place.
    Parameter { name: String },
    /// `CloudWatch` `DescribeAlarms` of one name, and the rules that mute it → [`Reply::Alarm`].
    Alarm { name: String },
    /// ECR `GetAuthorizationToken` → [`Reply::Login`].
    Login {
        /// The registry; the environment's region if none is named.
        registry: Option<Registry>,
    },
}

/// A change in AWS.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// ECS `RegisterTaskDefinition`: a copy of `base`, tags and everything else kept, with other images →
    /// [`Reply::Registered`].
    Register {
        /// `family:revision` that is copied.
        base: String,
        /// Pairs of container and image.
        images: Vec<(String, String)>,
    },
    /// ECS `UpdateService`; only fields that are `Some` are sent → [`Reply::Services`] with one.
    Update {
        cluster: String,
        /// The full name of the service.
        service: String,
        /// `family:revision`.
        task_definition: Option<String>,
        /// `forceNewDeployment`.
        force: bool,
        /// `desiredCount`.
        desired: Option<u32>,
        /// `enableExecuteCommand`: enables ECS Exec.
        exec: bool,
    },
    /// ECS `StopServiceDeployment` with `stopType` ROLLBACK → [`Reply::Done`].
    RollBack {
        /// The service deployment's ARN.
        arn: String,
    },
    /// ECS `StopTask` → [`Reply::Done`].
    StopTask {
        cluster: String,
        id: String,
        /// The stopped reason that ECS will show.
        reason: String,
    },
    /// ECS `TagResource`: stores a service's count and its suspended autoscaling; only fields that are `Some` →
    /// [`Reply::Done`].
    Remember {
        /// The ARN of the service.
        arn: String,
        /// The desired count to remember.
        desired: Option<u32>,
        suspended: Option<Suspended>,
    },
    /// ECS `UntagResource`: removes the stored values → [`Reply::Done`].
    Forget {
        /// The ARN of the service.
        arn: String,
        /// The tags' keys: [`DESIRED_COUNT_TAG`], [`SUSPENDED_SCALING_TAG`].
        keys: Vec<&'static str>,
    },
    /// Application Auto Scaling `RegisterScalableTarget`; only fields that are `Some` are sent → [`Reply::Done`].
    Limits {
        /// `service/CLUSTER/NAME`.
        resource: String,
        /// The minimum to set.
        min: Option<u32>,
        /// The maximum to set.
        max: Option<u32>,
        suspended: Option<Suspended>,
    },
    /// Lambda `Invoke` of the scheduler, including its log tail → [`Reply::Invoked`].
    Invoke {
        function: String,
        /// The message for the function: `{"action":"stop"}`.
        power: Power,
    },
    /// `EventBridge` Scheduler `UpdateSchedule` with the values of `GetSchedule` and another `StartDate`, or
    /// Application Auto Scaling `PutScheduledAction` with another `StartTime` → [`Reply::Done`].
    Skip {
        /// The schedule that is changed.
        timer: Box<Timer>,
        /// It does not fire before this time; `None` removes its start.
        until: Option<Timestamp>,
    },
    /// SSM `PutParameter` → [`Reply::Written`].
    PutParameter(Box<ParameterWrite>),
    /// SSM `DeleteParameter` → [`Reply::Done`].
    DeleteParameter { name: String },
    /// `CloudWatch` `PutAlarmMuteRule`: cockpit's own rule for an alarm → [`Reply::Done`].
    MuteAlarm {
        alarm: String,
        /// When the mute begins, in whole minutes.
        from: Timestamp,
        /// How long the mute lasts: whole minutes.
        length: SignedDuration,
    },
    /// `CloudWatch` `DeleteAlarmMuteRule` of that rule → [`Reply::Done`].
    UnmuteAlarm { alarm: String },
    /// RDS `StopDBCluster`, `StartDBCluster`, `StopDBInstance`, `StartDBInstance` → [`Reply::Done`].
    Database {
        /// The identifier of the database.
        id: String,
        /// Whether it is an Aurora cluster rather than an instance.
        cluster: bool,
        /// Whether it is stopped or started.
        power: Power,
    },
    /// Failover, restart and snapshot of a database → [`Reply::Done`].
    Rds(RdsWrite),
    /// EC2 `StartInstances`, `StopInstances`, `RebootInstances` of one instance → [`Reply::Done`].
    Instance { id: String, turn: PowerAction },
    /// `CloudFront` `CreateInvalidation` → [`Reply::Cdn`] with it.
    Invalidate(Batch),
    /// EC2 `AuthorizeSecurityGroupIngress`, `RevokeSecurityGroupIngress` → [`Reply::Done`].
    Ingress(Ingress),
    /// Sets the target of a policy; puts or deletes a scheduled action → [`Reply::Done`].
    Scaling(ScalingWrite),
}

/// A parameter to write.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterWrite {
    pub name: String,
    pub value: Value,
    pub kind: Kind,
    /// The key that encrypts it; `None`: the account's default key.
    pub key: Option<String>,
    pub description: Option<String>,
    /// Whether an existing parameter is overwritten; otherwise it must be new.
    pub overwrite: bool,
    /// Whether to use the advanced tier, which costs money.
    pub advanced: bool,
}

/// The result of a call.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The call succeeded and returned nothing else.
    Done,
    /// The identity of the credentials.
    Identity(Identity),
    /// The services found; those unknown to AWS are missing.
    Services(Vec<Service>),
    /// Service deployments, newest first.
    Releases(Vec<ServiceDeployment>),
    Tasks(Vec<Task>),
    TaskDefinition(Box<TaskDefinition>),
    /// The scalable target, if the service has one.
    Scalable(Option<ScalableTarget>),
    Image(Box<Image>),
    /// The findings of a scan; `None` if there was no scan.
    Scan(Option<Box<Scan>>),
    /// Images of a repository.
    Images(Vec<Image>),
    /// The ARNs of target groups with their targets.
    Targets(Vec<(String, Vec<Target>)>),
    /// Log lines, oldest first.
    Log(Vec<String>),
    /// Schedules.
    Timers(Vec<Timer>),
    Databases(Vec<DatabaseState>),
    /// The answer about a database.
    Rds(RdsReply),
    /// An instance; `None` if none has that id.
    Instance(Option<Box<Ec2Instance>>),
    /// The answer about a distribution.
    Cdn(CdnReply),
    /// The answer about load balancers and the rules of who may reach them.
    Reach(ReachReply),
    /// The answer about the autoscaling of a service.
    Scaling(ScalingReply),
    /// The login for `docker login`.
    Login {
        /// Host of the registry.
        registry: String,
        /// Always `AWS`.
        user: String,
        /// The token, valid for 12 hours.
        token: SecretString,
    },
    /// A new revision: `family:revision`.
    Registered(String),
    /// The alarm with that name, if any, and the rules that mute it.
    Alarm(Option<Box<Alarm>>, Vec<Mute>),
    /// The parameter with that name, if any.
    Parameter(Option<Box<ParameterWithValue>>),
    /// The version that was written.
    Written(i64),
    /// The answer of a function.
    Invoked {
        /// The payload of the function's answer.
        answer: String,
        /// The end of its log.
        log: Vec<String>,
        /// The error type if it failed: `Handled`, `Unhandled`.
        failed: Option<String>,
    },
    /// A program has ended.
    Ended {
        /// Its exit code; `None` if a signal ended it.
        code: Option<i32>,
        /// The whole output of a quiet program; the last lines of any other.
        output: String,
        /// Number of earlier lines that are left out.
        left_out: usize,
    },
}

/// A database that can be stopped and started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseState {
    /// Identifier of the cluster, or of an instance that belongs to none.
    pub id: String,
    /// Whether it is an Aurora cluster.
    pub cluster: bool,
    /// `available`, `stopping`, `stopped`, `starting` …
    pub status: String,
}

/// A reply with what its audit record needs.
#[derive(Debug, Clone)]
pub struct CallResult {
    /// The reply, or the failure.
    pub outcome: Result<Reply, Failure>,
    /// The request ids that AWS returned for writes.
    pub request_ids: Vec<String>,
    /// The account that answered; `None` if no account was involved or it is unknown. Replies to writes name none: a
    /// write is sent to the account it was planned for, or not at all.
    pub account: Option<String>,
}

impl CallResult {
    /// The result of a call that has nothing else to report.
    pub fn new(outcome: Result<Reply, Failure>) -> Self {
        Self { outcome, request_ids: Vec::new(), account: None }
    }
}

/// Whether a failed write may have been carried out. A request that was never sent was not.
pub fn may_have_been_made(failure: &Failure) -> bool {
    if failure.unsent {
        return false;
    }
    match failure.kind {
        FailureKind::Timeout | FailureKind::Unreachable | FailureKind::Malformed | FailureKind::Service => true,
        FailureKind::Throttled
        | FailureKind::Denied
        | FailureKind::Credentials
        | FailureKind::NotFound
        | FailureKind::Invalid
        | FailureKind::WrongAccount
        | FailureKind::Other => false,
    }
}

/// Whether a later retry can help. Credentials of another account may be renewed once more.
pub fn may_succeed_later(failure: &Failure) -> bool {
    match failure.kind {
        FailureKind::Throttled
        | FailureKind::Credentials
        | FailureKind::Timeout
        | FailureKind::Unreachable
        | FailureKind::Malformed
        | FailureKind::WrongAccount
        | FailureKind::Service => true,
        FailureKind::Denied | FailureKind::NotFound | FailureKind::Invalid | FailureKind::Other => false,
    }
}

/// The tag that stores a service's desired count while it is stopped; the scheduler Lambda uses the same tag.
pub const DESIRED_COUNT_TAG: &str = "cockpit:desired-count";
/// The tag that stores which autoscaling a person had suspended before the service was stopped. The scheduler Lambda
/// does not change autoscaling and knows only the other tag.
pub const SUSPENDED_SCALING_TAG: &str = "cockpit:suspended-scaling";

/// The tags that store these values.
pub fn stored_tags(desired: Option<u32>, suspended: Option<Suspended>) -> Vec<(&'static str, String)> {
    let count = desired.map(|count| (DESIRED_COUNT_TAG, count.to_string()));
    let scaling = suspended.map(|state| (SUSPENDED_SCALING_TAG, state.tag()));
    count.into_iter().chain(scaling).collect()
}
