//! A question to AWS that is under way.

use super::job::Job;
use crate::app::effect::Priority;
use crate::feeds::aws::{Fact, Query};

/// A fetch that has been sent and not answered whole.
#[derive(Debug, Clone)]
pub(crate) struct InFlight {
    pub(crate) query: Query,
    pub(crate) job: Option<Job>,
    pub(crate) lane: Priority,
    /// Pages that came before the last, for values that are replaced whole.
    pub(crate) pages: Vec<Fact>,
}

impl InFlight {
    /// Whether its pages wait for the last one: a list that is replaced whole.
    pub(super) fn gathers(&self) -> bool {
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
