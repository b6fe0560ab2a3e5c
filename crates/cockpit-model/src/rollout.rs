//! Service deployments: the history that tells a success from a rollback. "Stable" is also true
//! after a rollback; only the status here tells.

use super::service::Deployment;
use super::time::moment;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// One entry of `ListServiceDeployments`, with what `DescribeServiceDeployments` adds.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ServiceDeployment {
    /// The last part of its ARN.
    pub id: String,
    pub arn: String,
    pub status: RolloutStatus,
    /// `lifecycleStage` of one that goes on by stages, such as a blue/green one: `BAKE_TIME`; empty for others.
    pub stage: String,
    /// Why it has this status.
    pub reason: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// `family:revision` it goes to, where the revision was read.
    pub target: Option<String>,
    /// The service revision's id it goes to (the last part of its ARN).
    pub target_revision: String,
    /// Service revisions' ids it comes from.
    pub source_revisions: Vec<String>,
    /// Failures counted by the circuit breaker, and its threshold.
    pub breaker: Option<(u32, u32)>,
    /// Why it was rolled back.
    pub rollback_reason: Option<String>,
    /// The hook at which it stands still until a person lets it go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
}

/// A hook of kind PAUSE that waits for somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pause {
    /// Its id.
    pub hook: String,
    /// When it stops waiting by itself.
    pub until: Option<Timestamp>,
    /// What ECS does then: `CONTINUE` or `ROLLBACK`.
    pub then: String,
}

/// `status` of a service deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub enum RolloutStatus {
    /// It waits for its turn.
    #[default]
    Pending,
    /// It is under way.
    InProgress,
    /// The new revision serves.
    Successful,
    /// Stopped by a person, nothing rolled back.
    Stopped,
    /// It is being stopped.
    StopRequested,
    /// It is being rolled back.
    RollbackInProgress,
    /// The old revision serves again.
    RollbackSuccessful,
    /// Neither serves for certain.
    RollbackFailed,
    /// A word that this version does not know.
    Other(String),
}

/// A service deployment and the deployment of the service that it made are created within this time.
const TOGETHER: SignedDuration = SignedDuration::from_mins(2);

impl ServiceDeployment {
    /// The stage in words, while a deployment goes on by stages; stages that AWS has added since are in its own words.
    pub fn stage_words(&self) -> Option<String> {
        if self.stage.is_empty() || self.status.terminal() {
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

    /// That a hook holds it, and what lets it go on; none while none does.
    pub fn held(&self) -> Option<String> {
        let pause = self.pause.as_ref().filter(|_| !self.status.terminal())?;
        Some(format!(
            "a hook holds the deployment until `aws ecs continue-service-deployment --service-deployment-arn {} \
             --hook-id {}`",
            self.arn, pause.hook
        ))
    }

    /// The same, with what ECS does where nobody lets it go on.
    pub fn held_until(&self, now: Timestamp, zone: &TimeZone) -> Option<String> {
        let (held, pause) = self.held().zip(self.pause.as_ref())?;
        Some(match (pause.until, pause.then.as_str()) {
            (Some(at), "ROLLBACK") => format!("{held}; at {} ECS rolls it back by itself", moment(at, now, zone)),
            (Some(at), _) => format!("{held}; at {} ECS goes on by itself", moment(at, now, zone)),
            (None, _) => held,
        })
    }

    /// Which of a service's deployments it made, of those that still have tasks. AWS tells neither the id of the
    /// one in the other, so they are told by the revision and by when they were made.
    pub fn among<'a>(&self, deployments: &'a [Deployment]) -> Option<&'a Deployment> {
        let same = |deployment: &&Deployment| {
            let revision = self.target.as_ref().is_none_or(|target| *target == deployment.task_definition);
            let together = match (self.created_at, deployment.created_at) {
                (Some(a), Some(b)) => a.duration_since(b).abs() <= TOGETHER,
                (None, _) | (_, None) => false,
            };
            // Only one is under way at a time.
            revision && (together || !self.status.terminal())
        };
        // Where one revision is deployed again, the newer deployment is the one under way.
        deployments.iter().filter(same).max_by_key(|deployment| deployment.created_at)
    }
}

impl RolloutStatus {
    /// Reads the word of the API.
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
    pub fn words(&self) -> &str {
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

    /// Whether nothing more will happen.
    pub fn terminal(&self) -> bool {
        matches!(self, Self::Successful | Self::Stopped | Self::RollbackSuccessful | Self::RollbackFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_waits_for_a_person_is_told_with_how_it_goes_on() {
        let now: Timestamp = "2026-11-20T11:00:00Z".parse().unwrap();
        let pause = Pause { hook: "h-1".into(), until: None, then: String::new() };
        let held =
            ServiceDeployment { arn: "arn:1".into(), pause: Some(pause.clone()), ..ServiceDeployment::default() };
        let told = |held: &ServiceDeployment| held.held_until(now, &TimeZone::UTC).unwrap_or_default();
        let command = "`aws ecs continue-service-deployment --service-deployment-arn arn:1 --hook-id h-1`";
        assert!(told(&held).ends_with(command), "{}", told(&held));
        let until = Some(now + SignedDuration::from_hours(1));
        let limited = |then: &str| {
            let pause = Pause { until, then: then.into(), ..pause.clone() };
            told(&ServiceDeployment { pause: Some(pause), ..held.clone() })
        };
        assert!(limited("ROLLBACK").ends_with("ECS rolls it back by itself"), "{}", limited("ROLLBACK"));
        assert!(limited("CONTINUE").ends_with("ECS goes on by itself"), "{}", limited("CONTINUE"));
        assert_eq!(told(&ServiceDeployment { status: RolloutStatus::Stopped, ..held.clone() }), "");
    }
}
