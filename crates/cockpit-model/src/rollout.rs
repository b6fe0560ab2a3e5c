//! Service deployments: the history that distinguishes a success from a rollback. A service is "stable" after a
//! rollback too; only the status here shows the difference.

use super::service::Deployment;
use super::time::moment;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// One entry of `ListServiceDeployments`, with details from `DescribeServiceDeployments`.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ServiceDeployment {
    /// The last part of its ARN.
    pub id: String,
    pub arn: String,
    pub status: RolloutStatus,
    /// The `lifecycleStage` of a staged deployment, such as blue/green: `BAKE_TIME`; empty for others.
    pub stage: String,
    /// The reason for this status.
    pub reason: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The target `family:revision`, if the revision was read.
    pub target: Option<String>,
    /// The id of the target service revision (the last part of its ARN).
    pub target_revision: String,
    /// The ids of the source service revisions.
    pub source_revisions: Vec<String>,
    /// Failures counted by the circuit breaker, and its threshold.
    pub breaker: Option<(u32, u32)>,
    /// The reason for the rollback.
    pub rollback_reason: Option<String>,
    /// The lifecycle hook that pauses it until someone continues it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
}

/// A lifecycle hook of type PAUSE that is waiting.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pause {
    /// Its id.
    pub hook: String,
    /// When the wait times out.
    pub until: Option<Timestamp>,
    /// The action of ECS after the timeout: `CONTINUE` or `ROLLBACK`.
    pub then: String,
}

/// The `status` of a service deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub enum RolloutStatus {
    /// It is queued.
    #[default]
    Pending,
    /// It is in progress.
    InProgress,
    /// The new revision is serving.
    Successful,
    /// Stopped manually, without a rollback.
    Stopped,
    /// It is being stopped.
    StopRequested,
    /// It is being rolled back.
    RollbackInProgress,
    /// The old revision is serving again.
    RollbackSuccessful,
    /// The rollback failed; possibly neither revision is serving.
    RollbackFailed,
    /// A status unknown to this version.
    Other(String),
}

/// Maximum time between the creation of a service deployment and that of the deployment in the service.
const MAX_CREATION_GAP: SignedDuration = SignedDuration::from_mins(2);

impl ServiceDeployment {
    /// Returns the stage in words while a staged deployment is in progress; stages unknown to this version appear under
    /// their AWS names.
    pub fn stage_label(&self) -> Option<String> {
        if self.stage.is_empty() || self.status.has_ended() {
            return None;
        }
        let words = match self.stage.as_str() {
            "RECONCILE_SERVICE" => "comparing the service with what is to run",
            "PRE_SCALE_UP" => "before the new tasks start",
            "SCALE_UP" => "starting the new tasks beside the old",
            "POST_SCALE_UP" => "the new tasks run",
            "TEST_TRAFFIC_SHIFT" => "shifting test traffic",
            "POST_TEST_TRAFFIC_SHIFT" => "test traffic reaches the new tasks",
            "PRE_PRODUCTION_TRAFFIC_SHIFT" => "before traffic shifts to the new tasks",
            "PRODUCTION_TRAFFIC_SHIFT" => "shifting traffic to the new tasks",
            "POST_PRODUCTION_TRAFFIC_SHIFT" => "traffic reaches the new tasks",
            "BAKE_TIME" => "bake time: the old tasks stay until it is over",
            "CLEAN_UP" => "stopping the old tasks",
            other => return Some(other.to_lowercase().replace('_', " ")),
        };
        Some(words.to_owned())
    }

    /// Returns that a hook holds the deployment and how to continue it; `None` if no hook does.
    pub fn hold_note(&self) -> Option<String> {
        let pause = self.pause.as_ref().filter(|_| !self.status.has_ended())?;
        Some(format!(
            "a hook holds the deployment until `aws ecs continue-service-deployment --service-deployment-arn {} \
             --hook-id {}`",
            self.arn, pause.hook
        ))
    }

    /// Returns the same, with ECS's action after the timeout.
    pub fn hold_note_until(&self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        let (held, pause) = self.hold_note().zip(self.pause.as_ref())?;
        Some(match (pause.until, pause.then.as_str()) {
            (Some(at), "ROLLBACK") => format!("{held}; at {} ECS rolls it back by itself", moment(at, now, zone)),
            (Some(at), _) => format!("{held}; at {} ECS continues by itself", moment(at, now, zone)),
            (None, _) => held,
        })
    }

    /// Returns the deployment in the service that belongs to this service deployment, among those that still have
    /// tasks. AWS links them by no id, so they are matched by revision and creation time.
    pub fn matching_deployment<'a>(&self, deployments: &'a [Deployment]) -> Option<&'a Deployment> {
        let same = |deployment: &&Deployment| {
            let revision = self.target.as_ref().is_none_or(|target| *target == deployment.task_definition);
            let together = match (self.created_at, deployment.created_at) {
                (Some(a), Some(b)) => a.duration_since(b).abs() <= MAX_CREATION_GAP,
                (None, _) | (_, None) => false,
            };
            // Only one is in progress at a time.
            revision && (together || !self.status.has_ended())
        };
        // If the same revision is deployed again, the newer deployment is the one in progress.
        deployments.iter().filter(same).max_by_key(|deployment| deployment.created_at)
    }
}

impl RolloutStatus {
    /// Parses the API's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "PENDING" => Self::Pending,
            "IN_PROGRESS" => Self::InProgress,
            "SUCCESSFUL" => Self::Successful,
            "STOPPED" => Self::Stopped,
            "STOP_REQUESTED" => Self::StopRequested,
            "ROLLBACK_REQUESTED" | "ROLLBACK_IN_PROGRESS" => Self::RollbackInProgress,
            "ROLLBACK_SUCCESSFUL" => Self::RollbackSuccessful,
            "ROLLBACK_FAILED" => Self::RollbackFailed,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The status in words.
    pub fn label(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in progress",
            Self::Successful => "successful",
            Self::Stopped => "stopped",
            Self::StopRequested => "stopping",
            Self::RollbackInProgress => "rolling back",
            Self::RollbackSuccessful => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Other(word) => word,
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paused_hook_is_reported_with_the_command_to_continue() {
        let now: Timestamp = "2026-11-20T11:00:00Z".parse().unwrap();
        let pause = Pause { hook: "h-1".into(), until: None, then: String::new() };
        let held =
            ServiceDeployment { arn: "arn:1".into(), pause: Some(pause.clone()), ..ServiceDeployment::default() };
        let held_until = |held: &ServiceDeployment| held.hold_note_until(now, &TimeZone::UTC).unwrap_or_default();
        let command = "`aws ecs continue-service-deployment --service-deployment-arn arn:1 --hook-id h-1`";
        assert!(held_until(&held).ends_with(command), "{}", held_until(&held));
        let until = Some(now + SignedDuration::from_hours(1));
        let limited = |then: &str| {
            let pause = Pause { until, then: then.into(), ..pause.clone() };
            held_until(&ServiceDeployment { pause: Some(pause), ..held.clone() })
        };
        assert!(limited("ROLLBACK").ends_with("ECS rolls it back by itself"), "{}", limited("ROLLBACK"));
        assert!(limited("CONTINUE").ends_with("ECS continues by itself"), "{}", limited("CONTINUE"));
        assert_eq!(held_until(&ServiceDeployment { status: RolloutStatus::Stopped, ..held.clone() }), "");
    }
}
