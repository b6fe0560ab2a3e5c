//! A query to AWS that is in flight.

use super::job::Job;
use crate::app::effect::Priority;
use crate::feeds::aws::{Fact, Query};

/// A fetch that has been sent and not yet completely answered.
#[derive(Debug, Clone)]
pub(crate) struct InFlight {
    pub(crate) query: Query,
    pub(crate) job: Option<Job>,
    pub(crate) priority: Priority,
    /// Earlier pages, for values that are replaced as a whole.
    pub(crate) pages: Vec<Fact>,
}

impl InFlight {
    /// Whether pages are kept until the last one, because the list is replaced as a whole.
    pub(super) fn collects_pages(&self) -> bool {
        matches!(
            self.query,
            Query::ScalableTargets { .. }
                | Query::ScalingPolicies { .. }
                | Query::ScheduledActions { .. }
                | Query::Schedules { .. }
                | Query::ScalingActivities { .. }
                | Query::TargetGroups
                | Query::DbClusters
                | Query::DbInstances
                | Query::DbSnapshots
                | Query::Alarms { .. }
                | Query::AlarmMutes
                | Query::AlarmHistory { .. }
                | Query::RdsEvents { .. }
                | Query::Trail { .. }
                | Query::ConfiguredGroups { .. }
        )
    }
}
