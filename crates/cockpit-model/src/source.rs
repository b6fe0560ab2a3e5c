//! The sources of facts: their kinds, their names in a snapshot, and their read intervals.

use jiff::SignedDuration;

/// A kind of data that is read from AWS. Each source fails, ages and slows down independently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// The caller's identity.
    Identity,
    Cluster,
    /// Services with their deployments and events.
    Services,
    Tasks,
    TaskDefinitions,
    /// The deployment history of each service.
    Rollouts,
    ScalableTargets,
    ScalingPolicies,
    ScheduledActions,
    ScalingActivities,
    /// Schedules that stop and start the environment.
    Schedules,
    /// Health of load balancer targets.
    Targets,
    /// Aurora clusters.
    DbClusters,
    /// Database instances.
    DbInstances,
    /// Database snapshots: read on demand, never with a snapshot of the environment.
    DbSnapshots,
    Alarms,
    /// Mute rules of alarms: read separately, so that alarms do not wait for them.
    AlarmMutes,
    Metrics,
    /// Log groups that the configuration names in addition to those of the services.
    LogGroups,
    /// The function that stops and starts the environment.
    Function,
    /// State changes of alarms, for the timeline.
    AlarmHistory,
    /// RDS events, for the timeline.
    RdsEvents,
    /// Write events of `CloudTrail`, for the timeline.
    Trail,
    /// Load balancer certificates: read for the screen a few times a day.
    Certificates,
    /// The costs of the account: read on demand, and once a day at most.
    Costs,
    /// The last log lines of agents beside the services' containers: read with a list of tasks, and for the screen.
    Agents,
    /// Logs: read on demand or by a deployment, never with a snapshot.
    Logs,
    /// EC2 instances: read on demand, never with a snapshot.
    Instances,
    /// The user pool: read on demand, never with a snapshot.
    UserPool,
    /// Parameters and secrets: read on demand, never with a snapshot.
    Parameters,
}

impl Source {
    /// All sources that are polled for an environment, in the order of a snapshot.
    pub const ALL: [Self; 19] = [
        Self::Identity,
        Self::Cluster,
        Self::Services,
        Self::Tasks,
        Self::TaskDefinitions,
        Self::Rollouts,
        Self::ScalableTargets,
        Self::ScalingPolicies,
        Self::ScheduledActions,
        Self::ScalingActivities,
        Self::Schedules,
        Self::Targets,
        Self::DbClusters,
        Self::DbInstances,
        Self::Alarms,
        Self::AlarmMutes,
        Self::Metrics,
        Self::LogGroups,
        Self::Function,
    ];

    /// The sources that only the timeline needs.
    pub const TIMELINE_ONLY: [Self; 3] = [Self::AlarmHistory, Self::RdsEvents, Self::Trail];

    /// All sources of the timeline; the identity comes first.
    pub const TIMELINE: [Self; 11] = [
        Self::Identity,
        Self::Services,
        Self::Tasks,
        Self::Rollouts,
        Self::ScalingActivities,
        Self::Schedules,
        Self::DbClusters,
        Self::DbInstances,
        Self::AlarmHistory,
        Self::RdsEvents,
        Self::Trail,
    ];

    /// Returns the name in the `sources` of a snapshot.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "sts.identity",
            Self::Cluster => "ecs.cluster",
            Self::Services => "ecs.services",
            Self::Tasks => "ecs.tasks",
            Self::TaskDefinitions => "ecs.task_definitions",
            Self::Rollouts => "ecs.service_deployments",
            Self::ScalableTargets => "autoscaling.targets",
            Self::ScalingPolicies => "autoscaling.policies",
            Self::ScheduledActions => "autoscaling.scheduled_actions",
            Self::ScalingActivities => "autoscaling.activities",
            Self::Schedules => "scheduler.schedules",
            Self::Targets => "elbv2.target_health",
            Self::DbClusters => "rds.clusters",
            Self::DbInstances => "rds.instances",
            Self::DbSnapshots => "rds.snapshots",
            Self::Alarms => "cloudwatch.alarms",
            Self::AlarmMutes => "cloudwatch.alarm_mutes",
            Self::Metrics => "cloudwatch.metrics",
            Self::LogGroups => "logs.groups",
            Self::Function => "lambda.function",
            Self::AlarmHistory => "cloudwatch.alarm_history",
            Self::RdsEvents => "rds.events",
            Self::Trail => "cloudtrail.events",
            Self::Certificates => "acm.certificates",
            Self::Costs => "ce.costs",
            Self::Agents => "logs.agents",
            Self::Logs => "logs.events",
            Self::Instances => "ec2.instances",
            Self::UserPool => "cognito.user_pool",
            Self::Parameters => "ssm.parameters",
        }
    }

    /// Returns the sentence that a part of it is missing.
    pub fn incomplete(self, missing: &str) -> String {
        format!("{} are incomplete: {missing}", self.label())
    }

    /// Returns the words for messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Identity => "the identity",
            Self::Cluster => "the cluster",
            Self::Services => "services",
            Self::Tasks => "tasks",
            Self::TaskDefinitions => "task definitions",
            Self::Rollouts => "service deployments",
            Self::ScalableTargets => "scalable targets",
            Self::ScalingPolicies => "scaling policies",
            Self::ScheduledActions => "scheduled actions",
            Self::ScalingActivities => "scaling activities",
            Self::Schedules => "schedules",
            Self::Targets => "target health",
            Self::DbClusters => "database clusters",
            Self::DbInstances => "database instances",
            Self::DbSnapshots => "database snapshots",
            Self::Alarms => "alarms",
            Self::AlarmMutes => "mute rules of alarms",
            Self::Metrics => "metrics",
            Self::LogGroups => "log groups",
            Self::Function => "the scheduler function",
            Self::AlarmHistory => "the history of alarms",
            Self::RdsEvents => "events of databases",
            Self::Trail => "what CloudTrail has recorded",
            Self::Certificates => "certificates",
            Self::Costs => "costs",
            Self::Agents => "what agents write",
            Self::Logs => "logs",
            Self::Instances => "instances",
            Self::UserPool => "the user pool",
            Self::Parameters => "parameters",
        }
    }
}

/// The read interval of each source while the terminal has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intervals {
    pub services: SignedDuration,
    pub tasks: SignedDuration,
    pub databases: SignedDuration,
    pub alarms: SignedDuration,
    /// Metrics; each read costs money.
    pub metrics: SignedDuration,
    /// Autoscaling targets, policies, actions and activities.
    pub scaling: SignedDuration,
    /// Health of load balancer targets.
    pub targets: SignedDuration,
    pub identity: SignedDuration,
    /// A deployment that is being watched.
    pub watch: SignedDuration,
}

impl Default for Intervals {
    fn default() -> Self {
        let seconds = SignedDuration::from_secs;
        Self {
            services: seconds(10),
            tasks: seconds(10),
            databases: seconds(30),
            alarms: seconds(30),
            metrics: seconds(60),
            scaling: seconds(60),
            targets: seconds(20),
            identity: seconds(300),
            watch: seconds(3),
        }
    }
}

impl Intervals {
    /// Returns the interval of a source.
    pub fn of(&self, source: Source) -> SignedDuration {
        match source {
            Source::Identity => self.identity,
            Source::Cluster | Source::Services | Source::Rollouts => self.services,
            Source::Tasks => self.tasks,
            // Immutable: read once, so that only failures are retried.
            Source::TaskDefinitions => SignedDuration::from_hours(24 * 365),
            Source::ScalableTargets
            | Source::ScalingPolicies
            | Source::ScheduledActions
            | Source::ScalingActivities
            | Source::AlarmHistory
            | Source::RdsEvents
            | Source::Schedules => self.scaling,
            Source::Targets => self.targets,
            Source::DbClusters | Source::DbInstances => self.databases,
            Source::Alarms | Source::AlarmMutes => self.alarms,
            Source::Metrics => self.metrics,
            // Only their existence is read, to detect mistyped names.
            Source::LogGroups | Source::Function => SignedDuration::from_mins(10),
            // `CloudTrail` records writes with a delay of minutes anyway.
            Source::Trail | Source::DbSnapshots => SignedDuration::from_mins(5),
            // One request per task, and the answers rarely change.
            Source::Agents => SignedDuration::from_mins(3),
            // They expire on a given day, and are renewed weeks before.
            Source::Certificates => SignedDuration::from_hours(6),
            Source::Costs => super::costs::AGE,
            // Read by `app::logs` at its own pace.
            Source::Logs => SignedDuration::from_secs(1),
            Source::Instances | Source::UserPool | Source::Parameters => SignedDuration::from_mins(1),
        }
    }
}
