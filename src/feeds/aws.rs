//! The feed of AWS: one operation with all its pages is one question. It belongs to the environment it is asked of.

use super::lifetime::Lifetime;
use super::part;
use crate::model::Endpoints;
use crate::model::costs::Costs;
use crate::model::health_probe::declared::Issued;
use crate::model::logs::{
    InsightsQuery, InsightsResult, LiveUpdate, LogEvent, LogGroup, LogPage, LogStream, LogWindow,
};
use crate::model::machine::Machine;
use crate::model::parameters::{Held, Parameter, Secret, Version};
use crate::model::telemetry::{Listed, Statistic};
use crate::model::timeline::facts::{AlarmChange, RdsEvent, TrailEvent};
use crate::model::timer::Timer;
use crate::model::users::Seen;
use crate::model::{
    Alarm, Cluster, DatabaseSnapshot, DbCluster, DbInstance, Failure, Identity, MetricKey, Mute, Point, ScalableTarget,
    ScalingActivity, ScalingPolicy, ScheduledAction, Service, ServiceDeployment, Source, Target, Task, TaskDefinition,
};
use jiff::Timestamp;
use jiff::civil::Date;

/// A piece of an answer of AWS.
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
        /// At most 10.
        names: Vec<String>,
    },
    /// ECS `ListTasks`.
    TaskIds {
        cluster: String,
        /// Stopped ones, or those that run or should.
        stopped: bool,
    },
    /// ECS `DescribeTasks`.
    Tasks {
        cluster: String,
        /// At most 100.
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
        /// Whether what each went to is wanted with the first answer, for one request more.
        named: bool,
    },
    /// Application Auto Scaling `DescribeScalableTargets` in the namespace `ecs`.
    ScalableTargets {
        /// Only those of this cluster are kept.
        cluster: String,
    },
    /// Application Auto Scaling `DescribeScalingPolicies`.
    ScalingPolicies {
        /// Only those of this cluster are kept.
        cluster: String,
    },
    /// Application Auto Scaling `DescribeScheduledActions`.
    ScheduledActions {
        /// Only those of this cluster are kept.
        cluster: String,
    },
    /// Application Auto Scaling `DescribeScalingActivities`, not-scaled ones too; the newest 200.
    ScalingActivities {
        /// Only those of this cluster are kept.
        cluster: String,
    },
    /// `EventBridge` Scheduler `ListSchedules` by prefix, and `GetSchedule` of each.
    Schedules {
        /// Beginning of their names.
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
    /// CloudWatch `DescribeAlarms` by prefix, each prefix its own pages.
    Alarms {
        /// Prefixes of names.
        prefixes: Vec<String>,
    },
    /// CloudWatch `ListAlarmMuteRules`, and `GetAlarmMuteRule` of each: those that mute something now, or will soon.
    AlarmMutes,
    /// CloudWatch `DescribeAlarmHistory` of all alarms; those whose names begin with one of the prefixes.
    AlarmHistory {
        /// Prefixes of names.
        prefixes: Vec<String>,
        since: Timestamp,
        until: Timestamp,
    },
    /// Cost Explorer `GetCostAndUsage` by day and service, then `GetCostForecast`: each request costs.
    Costs(Box<CostsOf>),
    /// CloudWatch `ListMetrics` of some namespaces.
    Listed { namespaces: Vec<String> },
    /// CloudWatch `GetMetricData` of metrics by their names.
    Curves {
        /// At most 500.
        statistics: Vec<Statistic>,
        /// Seconds of a period.
        period: i32,
        since: Timestamp,
        until: Timestamp,
    },
    /// RDS `DescribeEvents` of all databases.
    RdsEvents { since: Timestamp, until: Timestamp },
    /// Certificates of the load balancers of these target groups.
    Certificates { groups: Vec<String> },
    /// `CloudTrail` `LookupEvents`, writes alone.
    Trail { since: Timestamp, until: Timestamp },
    /// CloudWatch `GetMetricData`, one-minute periods.
    Metrics {
        /// The cluster of the services among the keys.
        cluster: String,
        /// At most 500.
        keys: Vec<MetricKey>,
        since: Timestamp,
        until: Timestamp,
    },
    /// Logs `DescribeLogGroups` by the beginnings of patterns, each its own pages.
    ConfiguredGroups {
        /// Names and patterns of groups.
        patterns: Vec<String>,
    },
    /// Lambda `GetFunctionConfiguration`: whether a function is there.
    Function { name: String },
    /// Logs `GetLogEvents`: the last lines of one stream.
    TaskLog {
        /// The group's name.
        group: String,
        /// The region of the group; none for the environment's.
        region: Option<String>,
        /// `prefix/container/task-id`.
        stream: String,
        /// How many lines, at most 10,000.
        limit: u16,
    },
    /// Logs `FilterLogEvents`: one page.
    LogPage(Box<LogWindow>),
    /// Logs `GetLogEvents`: one page of the one stream that the window names.
    StreamPage(Box<LogWindow>),
    /// Logs `DescribeLogStreams`, all pages; none where there are more than can be named.
    LogStreams {
        /// The group's name.
        group: String,
        /// Its region; none for the environment's.
        region: Option<String>,
    },
    /// Logs `DescribeLogGroups`.
    LogGroups {
        /// How their names begin.
        prefix: String,
    },
    /// SSM `DescribeParameters` by the beginnings of names, each its own pages.
    Parameters {
        /// Paths with a slash at their end, or whole names.
        prefixes: Vec<String>,
    },
    /// SSM `GetParameter` with decryption, of one that somebody named.
    ParameterValue { name: String },
    /// SSM `GetParameterHistory`, without values.
    ParameterHistory { name: String },
    /// Secrets Manager `ListSecrets`.
    Secrets,
    /// Cognito: the user pool of an environment, its users counted.
    UserPool {
        /// Ids, or patterns of names; empty: by the beginnings of names.
        named: Vec<String>,
        prefixes: Vec<String>,
    },
    /// EC2 `DescribeInstances` and `DescribeInstanceStatus`, SSM `DescribeInstanceInformation`, and figures of CloudWatch.
    Machines {
        /// Ids, or patterns of names; empty: those with the tags.
        named: Vec<String>,
        /// The tag `Project`.
        project: String,
        /// The tag `Environment`.
        environment: String,
        now: Timestamp,
    },
    /// Logs `StartLiveTail`, until it ends: an answer a second.
    LiveTail {
        /// ARNs of groups without `:*`, at most 10.
        groups: Vec<String>,
    },
    /// Logs `StartQuery`, then `GetQueryResults` until it ends; left before, `StopQuery`.
    Insights(Box<InsightsQuery>),
}

impl Query {
    /// Answers about an environment are of no use in another.
    pub fn lifetime(&self) -> Lifetime {
        Lifetime::Environment
    }

    /// Whether it goes on, and costs, until somebody leaves it: a live tail, a query of Insights.
    pub fn goes_on(&self) -> bool {
        matches!(self, Self::LiveTail { .. } | Self::Insights(_))
    }

    /// The source it belongs to.
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
            Self::Metrics { .. } | Self::Listed { .. } | Self::Curves { .. } => Source::Metrics,
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
pub struct CostsOf {
    /// The time at which it is asked.
    pub now: Timestamp,
    /// The first day that is asked about.
    pub from: Date,
    /// Up to this day, which is not included.
    pub to: Date,
    /// The days of the forecast, the last not included.
    pub ahead: Option<(Date, Date)>,
    /// Only what has this tag: its key and value.
    pub tag: Option<(String, String)>,
    /// The tag by whose values costs are grouped, instead of by service.
    pub by: Option<String>,
    /// The account, whose budgets are read too.
    pub account: String,
}

/// One answer to one question, before it is put into the estate.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Where it is asked who we are, and all else: said before anybody answers.
    Endpoints(Endpoints),
    /// The identity of the credentials, as STS tells it.
    Identity(Identity),
    /// The cluster; `None` if there is none of that name.
    Cluster(Option<Cluster>),
    /// Names that are there beside what was asked for, where nothing was found.
    Others(Vec<String>),
    /// Names of services in the cluster.
    ServiceNames(Vec<String>),
    /// Services, and the names that AWS does not know.
    Services(Vec<Service>, Vec<String>),
    TaskIds(Vec<String>),
    /// Tasks (those that are gone are left out).
    Tasks(Vec<Task>),
    TaskDefinition(Box<TaskDefinition>),
    /// A service's newest deployments, newest first.
    Rollouts(Vec<ServiceDeployment>),
    ScalableTargets(Vec<ScalableTarget>),
    ScalingPolicies(Vec<ScalingPolicy>),
    ScheduledActions(Vec<ScheduledAction>),
    /// Schedules that stop and start the environment.
    Schedules(Vec<Timer>),
    /// Scaling activities, newest first.
    ScalingActivities(Vec<ScalingActivity>),
    /// Targets of one group.
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
    /// Rules by which alarms notify nobody now.
    AlarmMutes(Vec<Mute>),
    /// Certificates of load balancers.
    Certificates(Vec<Issued>),
    /// The costs of the account.
    Costs(Box<Costs>),
    /// Metrics that there are.
    Listed(Vec<Listed>),
    /// Points of metrics, by their places in the question.
    Curves(Vec<(usize, Vec<Point>)>),
    /// Changes of alarms, newest first.
    AlarmHistory(Vec<AlarmChange>),
    /// Events of RDS, oldest first.
    RdsEvents(Vec<RdsEvent>),
    /// Writes that `CloudTrail` has recorded, newest first.
    Trail(Vec<TrailEvent>),
    /// Why it has none of what is recorded in another region.
    TrailWithout(Failure),
    /// Whether the function that was asked for is there.
    Function(bool),
    Metrics(Vec<(MetricKey, Vec<Point>)>),
    /// The last lines of one stream, oldest first.
    TaskLog(Vec<LogEvent>),
    /// One page of log lines.
    LogPage(LogPage),
    /// Streams of a group.
    LogStreams(Vec<LogStream>),
    LogGroups(Vec<LogGroup>),
    /// A page of parameters.
    Parameters(Vec<Parameter>),
    /// A parameter with its value; none where it is not there.
    Parameter(Option<Box<Held>>),
    /// Versions of a parameter, newest first.
    ParameterVersions(Vec<Version>),
    /// A page of secrets.
    Secrets(Vec<Secret>),
    /// A user pool; none where the environment has none that is known.
    UserPool(Option<Box<Seen>>),
    /// Instances, and what of them could not be read.
    Machines(Vec<Machine>, Vec<Failure>),
    /// A second of a live tail.
    LiveTail(LiveUpdate),
    /// The result of a query of Insights.
    Insights(Box<InsightsResult>),
}
