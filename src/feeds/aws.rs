//! The feed of AWS. One operation with all its pages is one question, and belongs to the environment it is asked for.

use super::lifetime::Lifetime;
use super::part;
use crate::model::Endpoints;
use crate::model::costs::Costs;
use crate::model::health_probe::declared::AcmCertificate;
use crate::model::logs::{
    InsightsQuery, InsightsResult, LiveUpdate, LogEvent, LogGroup, LogPage, LogStream, LogWindow,
};
use crate::model::machine::Ec2Instance;
use crate::model::parameters::{Parameter, ParameterWithValue, Secret, Version};
use crate::model::telemetry::{MetricIdentity, Statistic};
use crate::model::timeline::facts::{AlarmChange, RdsEvent, TrailEvent};
use crate::model::timer::Timer;
use crate::model::users::PoolStatistics;
use crate::model::{
    Alarm, Cluster, DatabaseSnapshot, DbCluster, DbInstance, Failure, Identity, MetricKey, Mute, Point, ScalableTarget,
    ScalingActivity, ScalingPolicy, ScheduledAction, Service, ServiceDeployment, Source, Target, Task, TaskDefinition,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// A part of an answer from AWS.
pub type Part = part::Part<Fact>;

/// One operation with all its pages.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// STS `GetCallerIdentity`, with the end of the credentials.
    Identity,
    /// ECS `DescribeClusters`.
    Cluster { cluster: String },
    /// ECS `ListServices`.
    ServiceNames { cluster: String },
    /// ECS `DescribeServices`.
    Services {
        cluster: String,
        /// At most 10 names.
        names: Vec<String>,
    },
    /// ECS `ListTasks`.
    TaskIds {
        cluster: String,
        /// Stopped tasks, instead of those that run or should run.
        stopped: bool,
    },
    /// ECS `DescribeTasks`.
    Tasks {
        cluster: String,
        /// At most 100 ids.
        ids: Vec<String>,
    },
    /// ECS `DescribeTaskDefinition`.
    TaskDefinition {
        /// `family:revision`.
        name: String,
    },
    /// ECS `ListServiceDeployments`, then `DescribeServiceDeployments` of the newest.
    Rollouts {
        cluster: String,
        service: String,
        /// Whether the first answer must already name each deployment's target, at the cost of one more request.
        with_details: bool,
    },
    /// Application Auto Scaling `DescribeScalableTargets` in the namespace `ecs`.
    ScalableTargets {
        /// Only targets of this cluster are returned.
        cluster: String,
    },
    /// Application Auto Scaling `DescribeScalingPolicies`.
    ScalingPolicies {
        /// Only policies of this cluster are returned.
        cluster: String,
    },
    /// Application Auto Scaling `DescribeScheduledActions`.
    ScheduledActions {
        /// Only actions of this cluster are returned.
        cluster: String,
    },
    /// Application Auto Scaling `DescribeScalingActivities`, including not-scaled activities; the newest 200.
    ScalingActivities {
        /// Only activities of this cluster are returned.
        cluster: String,
    },
    /// `EventBridge` Scheduler `ListSchedules` by prefix, and `GetSchedule` of each.
    Schedules {
        /// The prefix of their names.
        prefix: String,
    },
    /// ELBv2 `DescribeTargetHealth`.
    Targets {
        /// The target group's ARN.
        group: String,
    },
    /// ELBv2 `DescribeTargetGroups`, all of them.
    TargetGroups,
    /// RDS `DescribeDBClusters`, all of them.
    DbClusters,
    /// RDS `DescribeDBInstances`, all of them.
    DbInstances,
    /// RDS `DescribeDBClusterSnapshots` and `DescribeDBSnapshots`, all of them.
    DbSnapshots,
    /// CloudWatch `DescribeAlarms` by prefix, with separate pages for each prefix.
    Alarms {
        /// Prefixes of alarm names.
        prefixes: Vec<String>,
    },
    /// CloudWatch `ListAlarmMuteRules`, and `GetAlarmMuteRule` for each: the rules that mute something now or will soon.
    AlarmMutes,
    /// CloudWatch `DescribeAlarmHistory` for all alarms, filtered by the prefixes.
    AlarmHistory {
        /// Prefixes of alarm names.
        prefixes: Vec<String>,
        since: Timestamp,
        until: Timestamp,
    },
    /// Cost Explorer `GetCostAndUsage` by day and service, then `GetCostForecast`. AWS charges for each request.
    Costs(Box<CostQuery>),
    /// CloudWatch `ListMetrics` for some namespaces.
    MetricNames { namespaces: Vec<String> },
    /// CloudWatch `GetMetricData` for named metrics.
    Curves {
        /// At most 500 statistics.
        statistics: Vec<Statistic>,
        /// The period in seconds.
        period: i32,
        since: Timestamp,
        until: Timestamp,
    },
    /// RDS `DescribeEvents` for all databases.
    RdsEvents { since: Timestamp, until: Timestamp },
    /// The certificates of the load balancers of these target groups.
    Certificates { groups: Vec<String> },
    /// `CloudTrail` `LookupEvents`, write events only.
    Trail { since: Timestamp, until: Timestamp },
    /// CloudWatch `GetMetricData`, one-minute periods.
    Metrics {
        /// The cluster of the services in the keys.
        cluster: String,
        /// At most 500 keys.
        keys: Vec<MetricKey>,
        since: Timestamp,
        until: Timestamp,
    },
    /// Logs `DescribeLogGroups` by the literal prefixes of patterns, with separate pages for each.
    ConfiguredGroups {
        /// Names and patterns of log groups.
        patterns: Vec<String>,
    },
    /// Lambda `GetFunctionConfiguration`: whether a function exists.
    Function { name: String },
    /// Logs `GetLogEvents`: the last lines of one stream.
    TaskLog {
        /// The name of the log group.
        group: String,
        /// The region of the group; `None` for the environment's region.
        region: Option<String>,
        /// `prefix/container/task-id`.
        stream: String,
        /// Number of lines, at most 10,000.
        limit: u16,
    },
    /// Logs `FilterLogEvents`: one page.
    LogPage(Box<LogWindow>),
    /// Logs `GetLogEvents`: one page of the only stream that the window names.
    StreamPage(Box<LogWindow>),
    /// Logs `DescribeLogStreams`, all pages; empty if there are more streams than a request may name.
    LogStreams {
        /// The name of the log group.
        group: String,
        /// The region of the group; `None` for the environment's region.
        region: Option<String>,
    },
    /// Logs `DescribeLogGroups`.
    LogGroups {
        /// The prefix of their names.
        prefix: String,
    },
    /// SSM `DescribeParameters` by prefixes of names, with separate pages for each.
    Parameters {
        /// Paths that end with a slash, or whole names.
        prefixes: Vec<String>,
    },
    /// SSM `GetParameter` with decryption, for a parameter that the user named.
    ParameterValue { name: String },
    /// SSM `GetParameterHistory`, without values.
    ParameterHistory { name: String },
    /// Secrets Manager `ListSecrets`.
    Secrets,
    /// Cognito: the user pool of an environment, with the number of its users.
    UserPool {
        /// Ids or name patterns; if empty, the pool is found by name prefix.
        named: Vec<String>,
        prefixes: Vec<String>,
    },
    /// EC2 `DescribeInstances` and `DescribeInstanceStatus`, SSM `DescribeInstanceInformation`, and CloudWatch metrics.
    Machines {
        /// Ids or name patterns; if empty, instances are found by tags.
        named: Vec<String>,
        /// The value of the tag `Project`.
        project: String,
        /// The value of the tag `Environment`.
        environment: String,
        now: Timestamp,
    },
    /// Logs `StartLiveTail`, until it ends: one answer per second.
    LiveTail {
        /// ARNs of log groups without `:*`, at most 10.
        groups: Vec<String>,
    },
    /// Logs `StartQuery`, then `GetQueryResults` until it ends; `StopQuery` if it is left earlier.
    Insights(Box<InsightsQuery>),
}

impl Query {
    /// Returns the lifetime. Answers about an environment are useless in another one.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime::Environment
    }

    /// Returns whether the question continues, and costs, until it is left: a live tail, a query of Insights.
    pub fn goes_on(&self) -> bool {
        matches!(self, Self::LiveTail { .. } | Self::Insights(_))
    }

    /// Returns the source that the question belongs to.
    pub fn source(&self) -> Source {
        match self {
            Self::Identity => Source::Identity,
            Self::Cluster { .. } => Source::Cluster,
            Self::ServiceNames { .. } | Self::Services { .. } => Source::Services,
            Self::TaskIds { .. } | Self::Tasks { .. } => Source::Tasks,
            Self::TaskDefinition { .. } => Source::TaskDefinitions,
            Self::Rollouts { .. } => Source::Rollouts,
            Self::ScalableTargets { .. } => Source::ScalableTargets,
            Self::ScalingPolicies { .. } => Source::ScalingPolicies,
            Self::ScheduledActions { .. } => Source::ScheduledActions,
            Self::Schedules { .. } => Source::Schedules,
            Self::ScalingActivities { .. } => Source::ScalingActivities,
            Self::Targets { .. } | Self::TargetGroups => Source::Targets,
            Self::DbClusters => Source::DbClusters,
            Self::DbInstances => Source::DbInstances,
            Self::DbSnapshots => Source::DbSnapshots,
            Self::Alarms { .. } => Source::Alarms,
            Self::AlarmMutes => Source::AlarmMutes,
            Self::AlarmHistory { .. } => Source::AlarmHistory,
            Self::RdsEvents { .. } => Source::RdsEvents,
            Self::Costs(_) => Source::Costs,
            Self::Certificates { .. } => Source::Certificates,
            Self::Trail { .. } => Source::Trail,
            Self::Metrics { .. } | Self::MetricNames { .. } | Self::Curves { .. } => Source::Metrics,
            Self::ConfiguredGroups { .. } => Source::LogGroups,
            Self::Function { .. } => Source::Function,
            Self::Machines { .. } => Source::Instances,
            Self::UserPool { .. } => Source::UserPool,
            Self::Parameters { .. } | Self::ParameterValue { .. } | Self::ParameterHistory { .. } | Self::Secrets => {
                Source::Parameters
            }
            Self::TaskLog { .. } => Source::Agents,
            Self::LogPage(_)
            | Self::StreamPage(_)
            | Self::LogStreams { .. }
            | Self::LogGroups { .. }
            | Self::LiveTail { .. }
            | Self::Insights(_) => Source::Logs,
        }
    }
}

/// A question to Cost Explorer.
#[derive(Debug, Clone, PartialEq)]
pub struct CostQuery {
    /// The current time.
    pub now: Timestamp,
    /// The first day.
    pub from: Date,
    /// The end of the period, exclusive.
    pub to: Date,
    /// The days of the forecast, with the last one excluded.
    pub forecast: Option<(Date, Date)>,
    /// The key and value of a tag to filter by.
    pub tag: Option<(String, String)>,
    /// The tag to group by, instead of by service.
    pub group_by_tag: Option<String>,
    /// The account, whose budgets are read too.
    pub account: String,
}

/// An answer to a question, before it enters the estate.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The endpoints of STS and of the other services, reported before any answer arrives.
    Endpoints(Endpoints),
    /// The identity of the credentials, from STS.
    Identity(Identity),
    /// The cluster; `None` if there is none with that name.
    Cluster(Option<Cluster>),
    /// Names that exist instead, if nothing was found.
    ExistingNames(Vec<String>),
    /// Names of the services in the cluster.
    ServiceNames(Vec<String>),
    /// Services, and the requested names that do not exist.
    Services(Vec<Service>, Vec<String>),
    TaskIds(Vec<String>),
    /// Tasks, without those that no longer exist.
    Tasks(Vec<Task>),
    TaskDefinition(Box<TaskDefinition>),
    /// A service's latest deployments, newest first.
    Rollouts(Vec<ServiceDeployment>),
    ScalableTargets(Vec<ScalableTarget>),
    ScalingPolicies(Vec<ScalingPolicy>),
    ScheduledActions(Vec<ScheduledAction>),
    /// Schedules that stop and start the environment.
    Schedules(Vec<Timer>),
    /// Scaling activities, newest first.
    ScalingActivities(Vec<ScalingActivity>),
    /// Targets of one target group.
    Targets(Vec<Target>),
    /// ARNs of target groups.
    TargetGroups(Vec<String>),
    /// Aurora clusters.
    DbClusters(Vec<DbCluster>),
    /// Database instances.
    DbInstances(Vec<DbInstance>),
    /// Snapshots of databases.
    DbSnapshots(Vec<DatabaseSnapshot>),
    Alarms(Vec<Alarm>),
    /// Rules that currently keep alarms from notifying.
    AlarmMutes(Vec<Mute>),
    /// Certificates of load balancers.
    Certificates(Vec<AcmCertificate>),
    /// The costs of the account.
    Costs(Box<Costs>),
    /// Existing metrics.
    MetricNames(Vec<MetricIdentity>),
    /// Data points of metrics, with the index of each metric in the question.
    Curves(Vec<(usize, Vec<Point>)>),
    /// State changes of alarms, newest first.
    AlarmHistory(Vec<AlarmChange>),
    /// RDS events, oldest first.
    RdsEvents(Vec<RdsEvent>),
    /// Write events recorded by `CloudTrail`, newest first.
    Trail(Vec<TrailEvent>),
    /// Why events recorded in another region are missing.
    TrailIncomplete(Failure),
    /// Whether the function exists.
    Function(bool),
    Metrics(Vec<(MetricKey, Vec<Point>)>),
    /// The last lines of one log stream, oldest first.
    TaskLog(Vec<LogEvent>),
    /// One page of log lines.
    LogPage(LogPage),
    /// Streams of a log group.
    LogStreams(Vec<LogStream>),
    LogGroups(Vec<LogGroup>),
    /// A page of parameters.
    Parameters(Vec<Parameter>),
    /// A parameter with its value; `None` if it does not exist.
    Parameter(Option<Box<ParameterWithValue>>),
    /// Versions of a parameter, newest first.
    ParameterVersions(Vec<Version>),
    /// A page of secrets.
    Secrets(Vec<Secret>),
    /// A user pool; `None` if none is known for the environment.
    UserPool(Option<Box<PoolStatistics>>),
    /// Instances, and the parts of them that could not be read.
    Machines(Vec<Ec2Instance>, Vec<Failure>),
    /// One second of a live tail.
    LiveTail(LiveUpdate),
    /// The result of an Insights query.
    Insights(Box<InsightsResult>),
}
