//! The Application Auto Scaling calls that change policies and scheduled actions, and their replies.

use crate::model::scaling::{ScalingPolicy, ScheduledAction};
use serde_json::{Value, json};

/// Targets within this difference are equal: AWS stores them as floating-point numbers.
const CLOSE: f64 = 1e-6;

/// A read about one service.
#[derive(Debug, Clone, PartialEq)]
pub enum ScalingRead {
    /// `DescribeScalingPolicies` → [`ScalingReply::Policies`].
    Policies {
        /// `service/CLUSTER/NAME`.
        resource: String,
    },
    /// `DescribeScheduledActions` → [`ScalingReply::Actions`].
    Actions {
        /// The scalable target: `service/CLUSTER/NAME`.
        resource: String,
    },
}

/// A change of a policy or of a scheduled action.
#[derive(Debug, Clone, PartialEq)]
pub enum ScalingWrite {
    /// `PutScalingPolicy` with the current values and another target.
    Target {
        /// `service/CLUSTER/NAME`.
        resource: String,
        policy: String,
        target: f64,
    },
    /// `PutScheduledAction`.
    Put(ScheduledAction),
    /// `DeleteScheduledAction`.
    Remove { resource: String, name: String },
}

/// The answer to such a read or change.
#[derive(Debug, Clone, PartialEq)]
pub enum ScalingReply {
    Policies(Vec<ScalingPolicy>),
    Actions(Vec<ScheduledAction>),
}

/// Whether two targets are equal.
pub fn same_target(one: Option<f64>, other: f64) -> bool {
    one.is_some_and(|one| (one - other).abs() < CLOSE)
}

/// Whether the schedule does not depend on a time zone.
fn has_no_zone(action: &ScheduledAction) -> bool {
    action.schedule.starts_with("rate(")
}

/// The time zone of a scheduled action, as sent. An omitted zone would keep that of the action it replaces.
pub fn zone(action: &ScheduledAction) -> Option<&str> {
    action.timezone.as_deref().or((!has_no_zone(action)).then_some("UTC"))
}

impl ScalingWrite {
    /// The action as IAM names it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Target { .. } => "application-autoscaling:PutScalingPolicy",
            Self::Put(_) => "application-autoscaling:PutScheduledAction",
            Self::Remove { .. } => "application-autoscaling:DeleteScheduledAction",
        }
    }

    /// The parameters of the call, for the plan.
    pub fn parameters(&self) -> Value {
        match self {
            Self::Target { resource, policy, target } => {
                json!({"resourceId": resource, "policyName": policy, "targetValue": target})
            }
            Self::Put(action) => json!({
                "resourceId": action.resource, "scheduledActionName": action.name, "schedule": action.schedule,
                "timezone": zone(action), "minCapacity": action.min, "maxCapacity": action.max,
            }),
            Self::Remove { resource, name } => json!({"resourceId": resource, "scheduledActionName": name}),
        }
    }

    /// The read that shows whether the change was made.
    pub fn proof(&self) -> ScalingRead {
        match self {
            Self::Target { resource, .. } => ScalingRead::Policies { resource: resource.clone() },
            Self::Put(ScheduledAction { resource, .. }) | Self::Remove { resource, .. } => {
                ScalingRead::Actions { resource: resource.clone() }
            }
        }
    }

    /// Whether a proof shows that the change was made.
    pub fn is_proven_by(&self, proof: &ScalingReply) -> bool {
        match (self, proof) {
            (Self::Target { policy, target, .. }, ScalingReply::Policies(found)) => {
                found.iter().any(|other| other.name == *policy && same_target(other.target, *target))
            }
            (Self::Put(action), ScalingReply::Actions(found)) => found.iter().any(|other| {
                let limits = (other.min, other.max) == (action.min, action.max);
                let zones = has_no_zone(action) || zone(other) == zone(action);
                other.name == action.name && other.schedule == action.schedule && limits && zones
            }),
            (Self::Remove { name, .. }, ScalingReply::Actions(found)) => found.iter().all(|other| other.name != *name),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_with_another_time_zone_does_not_prove_the_change() {
        let action = |timezone: Option<&str>| ScheduledAction {
            name: "night".into(),
            schedule: "cron(0 22 * * ? *)".into(),
            timezone: timezone.map(str::to_owned),
            ..ScheduledAction::default()
        };
        let shown = |wanted: Option<&str>, found: Option<&str>| {
            ScalingWrite::Put(action(wanted)).is_proven_by(&ScalingReply::Actions(vec![action(found)]))
        };
        assert!(shown(None, None) && shown(None, Some("UTC")) && shown(Some("Asia/Tokyo"), Some("Asia/Tokyo")));
        assert!(!shown(None, Some("Asia/Tokyo")) && !shown(Some("Asia/Tokyo"), None));
        assert_eq!(ScalingWrite::Put(action(None)).parameters()["timezone"], "UTC", "it is sent");
        let rate = |timezone| ScheduledAction { schedule: "rate(1 day)".into(), ..action(timezone) };
        let found = ScalingReply::Actions(vec![rate(Some("Asia/Tokyo"))]);
        assert!(ScalingWrite::Put(rate(None)).is_proven_by(&found), "no zone counts for a rate");
    }
}
