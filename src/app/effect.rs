//! What the runtime is to do, as data.

use super::operation::call::{Call, CallId};
use super::ticket::Ticket;
use crate::config::EnvironmentConfig;
use crate::model::logs::{InsightsQuery, LogWindow};
use crate::model::{MetricKey, Source};
use jiff::Timestamp;

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make clients for this environment and forget those of the one before, with all their fetches.
    Connect {
        environment: Box<EnvironmentConfig>,
        /// Its generation: tickets of others are stale.
        generation: u32,
    },
    /// Ask AWS.
    Fetch {
        /// Comes back with each piece of the answer.
        ticket: Ticket,
        /// Who waits for it.
        lane: Lane,
        /// What to ask.
        query: Query,
    },
    /// Do something for an operation: ask or change AWS, run a program, write into the audit file.
    Call {
        /// Comes back with the reply.
        id: CallId,
        /// The environment, which need not be the opened one.
        environment: Box<EnvironmentConfig>,
        call: Box<Call>,
    },
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Write a file that a person named.
    Save {
        /// Where.
        path: String,
        text: String,
    },
    /// Write lines that come into a file beside the screen.
    Tee(Tee),
    /// Keep a filter of logs for later sessions, or forget it.
    SaveFilter {
        name: String,
        /// What it stands for; none: it is forgotten.
        filter: Option<String>,
    },
    /// Nobody waits any more for what was asked under this ticket: a live tail, a query of Insights.
    Leave(Ticket),
    /// Open a link in a browser, where there is one.
    OpenUrl(String),
    /// Stop the process group as `Ctrl-Z` does, after the terminal was restored.
    Suspend,
    /// End.
    Quit,
}

/// What becomes of the file that lines are written into as they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tee {
    /// Begins, with a file that a person named; what is in it stays.
    Open(String),
    /// These lines go into it.
    Lines(String),
    /// Ends.
    Close,
}

/// Who waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// A person pressed a key: never waits behind polling.
    Operator,
    /// Polling: stays within half of each budget.
    Background,
}

/// One operation with all its pages.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// STS `GetCallerIdentity`, with the end of the credentials.
    Identity,
    /// ECS `DescribeClusters`.
    Cluster {
        /// Name.
        cluster: String,
    },
    /// ECS `ListServices`.
    ServiceNames {
        /// Name.
        cluster: String,
    },
    /// ECS `DescribeServices`.
    Services {
        /// Name.
        cluster: String,
        /// At most 10.
        names: Vec<String>,
    },
    /// ECS `ListTasks`.
    TaskIds {
        /// Name.
        cluster: String,
        /// Stopped ones, or those that run or should.
        stopped: bool,
    },
    /// ECS `DescribeTasks`.
    Tasks {
        /// Name.
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
        /// Name.
        cluster: String,
        /// Name.
        service: String,
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
    /// CloudWatch `DescribeAlarms` by prefix, each prefix its own pages.
    Alarms {
        /// Prefixes of names.
        prefixes: Vec<String>,
    },
    /// CloudWatch `GetMetricData`, one-minute periods.
    Metrics {
        /// The cluster of the services among the keys.
        cluster: String,
        /// At most 500.
        keys: Vec<MetricKey>,
        /// From.
        since: Timestamp,
        until: Timestamp,
    },
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
    /// Logs `StartLiveTail`, until it ends: an answer a second.
    LiveTail {
        /// ARNs of groups without `:*`, at most 10.
        groups: Vec<String>,
    },
    /// Logs `StartQuery`, then `GetQueryResults` until it ends; left before, `StopQuery`.
    Insights(Box<InsightsQuery>),
}

impl Query {
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
            Self::Alarms { .. } => Source::Alarms,
            Self::Metrics { .. } => Source::Metrics,
            Self::TaskLog { .. }
            | Self::LogPage(_)
            | Self::StreamPage(_)
            | Self::LogStreams { .. }
            | Self::LogGroups { .. }
            | Self::LiveTail { .. }
            | Self::Insights(_) => Source::Logs,
        }
    }
}
