//! A question that is under way.

use super::Job;
use crate::app::effect::Lane;
use crate::feeds::aws::{Fact, Query};

/// A fetch under way.
#[derive(Debug, Clone)]
pub(in crate::app) struct InFlight {
    pub(in crate::app) query: Query,
    pub(in crate::app) job: Option<Job>,
    pub(in crate::app) lane: Lane,
    /// Pages that came before the last, for values that are replaced whole.
    pub(in crate::app) pages: Vec<Fact>,
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
                | Query::Alarms { .. }
                | Query::ConfiguredGroups { .. }
        )
    }
}
