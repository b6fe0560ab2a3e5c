//! The reads that the scheduler repeats, each with a timer.

use crate::model::Source;

/// The reads that the scheduler repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Job {
    Identity,
    Cluster,
    Services,
    Tasks,
    ScalableTargets,
    ScalingPolicies,
    ScheduledActions,
    ScalingActivities,
    Schedules,
    DbClusters,
    DbInstances,
    DbSnapshots,
    Alarms,
    AlarmMutes,
    TargetGroups,
    LogGroups,
    Function,
    ServiceMetrics,
    DbMetrics,
    AlarmHistory,
    RdsEvents,
    Trail,
}

impl Job {
    pub(super) const ALL: [Self; 22] = [
        Self::Identity,
        Self::Services,
        Self::Cluster,
        Self::Tasks,
        Self::DbClusters,
        Self::DbInstances,
        Self::DbSnapshots,
        Self::ScalableTargets,
        Self::ScheduledActions,
        Self::Schedules,
        Self::ScalingActivities,
        Self::ScalingPolicies,
        Self::Alarms,
        Self::AlarmMutes,
        Self::TargetGroups,
        Self::LogGroups,
        Self::Function,
        Self::ServiceMetrics,
        Self::DbMetrics,
        Self::AlarmHistory,
        Self::RdsEvents,
        Self::Trail,
    ];

    /// Whether it requests a time range on AWS's clock.
    pub(super) fn has_time_range(self) -> bool {
        matches!(self, Self::ServiceMetrics | Self::DbMetrics) || Source::TIMELINE_ONLY.contains(&self.source())
    }

    pub(crate) fn source(self) -> Source {
        match self {
            Self::Identity => Source::Identity,
            Self::Cluster => Source::Cluster,
            Self::Services => Source::Services,
            Self::Tasks => Source::Tasks,
            Self::ScalableTargets => Source::ScalableTargets,
            Self::ScalingPolicies => Source::ScalingPolicies,
            Self::ScheduledActions => Source::ScheduledActions,
            Self::Schedules => Source::Schedules,
            Self::ScalingActivities => Source::ScalingActivities,
            Self::DbClusters => Source::DbClusters,
            Self::DbInstances => Source::DbInstances,
            Self::DbSnapshots => Source::DbSnapshots,
            Self::Alarms => Source::Alarms,
            Self::AlarmMutes => Source::AlarmMutes,
            Self::TargetGroups => Source::Targets,
            Self::LogGroups => Source::LogGroups,
            Self::Function => Source::Function,
            Self::ServiceMetrics | Self::DbMetrics => Source::Metrics,
            Self::AlarmHistory => Source::AlarmHistory,
            Self::RdsEvents => Source::RdsEvents,
            Self::Trail => Source::Trail,
        }
    }
}
