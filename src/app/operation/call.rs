//! The calls of operations, as data: one call, one reply. Reads may be repeated; a write is sent once, and where its
//! answer was lost it is looked for ([`Write::proof`]).

use super::database::call::{RdsRead, RdsReply, RdsWrite};
pub use super::program::{Login, Program};
use super::single::address::call::{Ingress, ReachRead, ReachReply};
use super::single::invalidation::call::{Batch, CdnRead, CdnReply};
use super::single::scaling::call::{ScalingRead, ScalingReply, ScalingWrite};
use crate::model::audit::Record;
use crate::model::image::{Image, Registry, Scan};
use crate::model::machine::{Machine, Turn};
use crate::model::parameters::{Held, Kind, Value};
use crate::model::scaling::Suspended;
use crate::model::timer::{Power, Timer};
use crate::model::{
    Alarm, Failure, FailureKind, Identity, Mute, ScalableTarget, Service, ServiceDeployment, Target, Task,
    TaskDefinition,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

/// How a reply finds its call. Handed out by [`super::Operations`]; one that is not held there any more is
/// dropped, in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// One thing to do for an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// A read of AWS.
    Read(Read),
    /// Change something in AWS.
    Write {
        write: Write,
        /// The account it must be: it is asked for right before, with the same credentials. None: any.
        account: Option<String>,
    },
    Run(Program),
    /// Append to the audit file.
    Audit(Box<Record>),
}

/// One question to AWS, with all its pages, answered whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// STS `GetCallerIdentity` → [`Reply::Identity`].
    Identity,
    /// ECS `DescribeServices` with tags; at most 10 → [`Reply::Services`].
    Services {
        cluster: String,
        /// Whole names of the services.
        names: Vec<String>,
    },
    /// ECS `ListServiceDeployments`, their details and the task definitions of their revisions; the newest
    /// 20, newest first → [`Reply::Releases`].
    History {
        cluster: String,
        /// The whole name of the service.
        service: String,
    },
    /// ECS `DescribeServiceDeployments`; at most 20 → [`Reply::Releases`].
    Releases { arns: Vec<String> },
    /// ECS `ListTasks` of a service, running and stopped, and `DescribeTasks` → [`Reply::Tasks`].
    Tasks {
        cluster: String,
        /// The whole name of the service.
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
        /// The registry; the environment's account and region where none is named.
        registry: Option<Registry>,
        repository: String,
        /// A tag, or a digest of the image.
        reference: String,
    },
    /// ECR `DescribeImageScanFindings` of one image → [`Reply::Scan`]; none where it was not scanned.
    Scan {
        /// The registry; the environment's account and region where none is named.
        registry: Option<Registry>,
        repository: String,
        /// `sha256:…`.
        digest: String,
    },
    /// ECR `DescribeImages` of a repository: the newest 50 by push, newest first → [`Reply::Images`].
    Images {
        /// The registry; the environment's account and region where none is named.
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
        /// Its region; none for the environment's.
        region: Option<String>,
        /// The stream: `prefix/container/task-id`.
        stream: String,
        /// How many lines are read at most.
        limit: u32,
    },
    /// `EventBridge` Scheduler `ListSchedules` by prefix and `GetSchedule` of each → [`Reply::Timers`].
    Timers {
        /// Beginning of their names.
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
    /// Load balancers, and who may reach them → [`Reply::Reach`].
    Reach(ReachRead),
    /// Policies and scheduled actions of one service → [`Reply::Scaling`].
    Scaling(ScalingRead),
    /// SSM `DescribeParameters` of one name, and `GetParameter` with its value → [`Reply::Parameter`]; none where there
    /// is no such parameter. A value that may not be read is told in its place.
    Parameter { name: String },
    /// `CloudWatch` `DescribeAlarms` of one name, and the rules that mute it → [`Reply::Alarm`].
    Alarm { name: String },
    /// ECR `GetAuthorizationToken` → [`Reply::Login`].
    Login {
        /// The registry; the environment's region where none is named.
        registry: Option<Registry>,
    },
}

/// A change of AWS.
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
    /// ECS `UpdateService`; only what is some is sent → [`Reply::Services`] with one.
    Update {
        cluster: String,
        /// The whole name of the service.
        service: String,
        /// `family:revision`.
        task_definition: Option<String>,
        /// `forceNewDeployment`.
        force: bool,
        /// `desiredCount`.
        desired: Option<u32>,
        /// `enableExecuteCommand`: switched on.
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
        /// Shown as its stopped reason.
        reason: String,
    },
    /// ECS `TagResource`: remembers a service's count and what of its autoscaling is suspended; only what is some →
    /// [`Reply::Done`].
    Remember {
        /// The ARN of the service.
        arn: String,
        /// The desired count to remember.
        desired: Option<u32>,
        suspended: Option<Suspended>,
    },
    /// ECS `UntagResource`: nothing need be remembered any more → [`Reply::Done`].
    Forget {
        /// The ARN of the service.
        arn: String,
        /// The tags' keys: [`REMEMBERED`], [`REMEMBERED_SCALING`].
        keys: Vec<&'static str>,
    },
    /// Application Auto Scaling `RegisterScalableTarget`; only what is some is sent → [`Reply::Done`].
    Limits {
        /// `service/CLUSTER/NAME`.
        resource: String,
        /// The minimum to set.
        min: Option<u32>,
        /// The maximum to set.
        max: Option<u32>,
        suspended: Option<Suspended>,
    },
    /// Lambda `Invoke` of the scheduler, its log tail asked for → [`Reply::Invoked`].
    Invoke {
        function: String,
        /// The message for the function: `{"action":"stop"}`.
        power: Power,
    },
    /// `EventBridge` Scheduler `UpdateSchedule` of what `GetSchedule` gives, with another `StartDate`, or
    /// Application Auto Scaling `PutScheduledAction` with another `StartTime` → [`Reply::Done`].
    Skip {
        /// The schedule that is changed.
        timer: Box<Timer>,
        /// It does not fire before; none: it has no start any more.
        until: Option<Timestamp>,
    },
    /// SSM `PutParameter` → [`Reply::Written`].
    PutParameter(Box<Put>),
    /// SSM `DeleteParameter` → [`Reply::Done`].
    DeleteParameter { name: String },
    /// `CloudWatch` `PutAlarmMuteRule`: the cockpit's own rule for an alarm → [`Reply::Done`].
    MuteAlarm {
        alarm: String,
        /// When the mute begins: a whole minute.
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
        /// An Aurora cluster rather than an instance.
        cluster: bool,
        /// Whether it is stopped or started.
        power: Power,
    },
    /// Failover, restart and snapshot of a database → [`Reply::Done`].
    Rds(RdsWrite),
    /// EC2 `StartInstances`, `StopInstances`, `RebootInstances` of one instance → [`Reply::Done`].
    Instance { id: String, turn: Turn },
    /// `CloudFront` `CreateInvalidation` → [`Reply::Cdn`] with it.
    Invalidate(Batch),
    /// EC2 `AuthorizeSecurityGroupIngress`, `RevokeSecurityGroupIngress` → [`Reply::Done`].
    Ingress(Ingress),
    /// The target of a policy; a scheduled action is put or deleted → [`Reply::Done`].
    Scaling(ScalingWrite),
}

/// A parameter to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    pub name: String,
    pub value: Value,
    pub kind: Kind,
    /// The key that encrypts it; none: that of the account.
    pub key: Option<String>,
    pub description: Option<String>,
    /// Whether it takes the place of what is there; else it must be new.
    pub overwrite: bool,
    /// The advanced tier, which costs.
    pub advanced: bool,
}

/// The result of a call.
#[derive(Debug, Clone)]
pub enum Reply {
    /// It was done; there is nothing to tell.
    Done,
    /// The identity of the credentials.
    Identity(Identity),
    /// Services that were found; those that AWS does not know are not in it.
    Services(Vec<Service>),
    /// Service deployments, newest first.
    Releases(Vec<ServiceDeployment>),
    Tasks(Vec<Task>),
    TaskDefinition(Box<TaskDefinition>),
    /// The scalable target, if the service has one.
    Scalable(Option<ScalableTarget>),
    Image(Box<Image>),
    /// The findings of a scan; none where there was no scan.
    Scan(Option<Box<Scan>>),
    /// Images of a repository.
    Images(Vec<Image>),
    /// Target groups' ARNs with their targets.
    Targets(Vec<(String, Vec<Target>)>),
    /// Log lines, oldest first.
    Log(Vec<String>),
    /// Schedules.
    Timers(Vec<Timer>),
    Databases(Vec<DatabaseState>),
    /// The answer about a database.
    Rds(RdsReply),
    /// An instance; none where there is none of that id.
    Instance(Option<Box<Machine>>),
    /// The answer about a distribution.
    Cdn(CdnReply),
    /// The answer about load balancers, and who may reach them.
    Reach(ReachReply),
    /// The answer about what scales a service.
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
    /// The alarm, if there is one of that name, and the rules that mute it.
    Alarm(Option<Box<Alarm>>, Vec<Mute>),
    /// A parameter, if there is one of that name.
    Parameter(Option<Box<Held>>),
    /// The version that was written.
    Written(i64),
    /// The answer of a function.
    Invoked {
        /// The payload of the function's answer.
        answer: String,
        /// The end of its log.
        log: Vec<String>,
        /// It failed: `Handled`, `Unhandled`.
        failed: Option<String>,
    },
    /// A program has ended.
    Ended {
        /// Its exit code; none where a signal ended it.
        code: Option<i32>,
        /// All output of a quiet program; the last lines of any other.
        output: String,
        /// Lines that it printed before those.
        left_out: usize,
    },
}

/// A database that can be stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseState {
    /// Identifier of the cluster, or of an instance that belongs to none.
    pub id: String,
    /// Whether it is an Aurora cluster.
    pub cluster: bool,
    /// `available`, `stopping`, `stopped`, `starting` …
    pub status: String,
}

/// A reply with what the audit file wants of it.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The reply, or why there is none.
    pub outcome: Result<Reply, Failure>,
    /// AWS's request ids of writes.
    pub request_ids: Vec<String>,
    /// The account that was asked; none where nobody was asked, or that is not known. A change names none: it is
    /// sent to the account that it was planned for, or not at all.
    pub account: Option<String>,
}

impl Answered {
    /// The result of a call that has nothing else to report.
    pub fn new(outcome: Result<Reply, Failure>) -> Self {
        Self { outcome, request_ids: Vec::new(), account: None }
    }
}

/// Whether a failed write may have been carried out anyway. A request that was never sent was not.
pub fn may_have_landed(failure: &Failure) -> bool {
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

/// Whether asking again later can help. Credentials of another account are renewed once more by whoever did it.
pub fn may_pass(failure: &Failure) -> bool {
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

/// The tag of a service in which its count is kept while it is stopped; the scheduler Lambda uses the
/// same one.
pub const REMEMBERED: &str = "cockpit:desired-count";
/// The tag of a service in which is kept what of its autoscaling a person had suspended before it was stopped: the
/// scheduler Lambda leaves autoscaling as it is, and knows only the other.
pub const REMEMBERED_SCALING: &str = "cockpit:suspended-scaling";

/// The tags that remember it.
pub fn remembered(desired: Option<u32>, suspended: Option<Suspended>) -> Vec<(&'static str, String)> {
    let count = desired.map(|count| (REMEMBERED, count.to_string()));
    let scaling = suspended.map(|state| (REMEMBERED_SCALING, state.tag()));
    count.into_iter().chain(scaling).collect()
}
