//! The state of a rollout as a phrase and as a health; the data is in `rollout`.

use super::health::Health;
use super::rollout::{RolloutStatus, ServiceDeployment};
use super::service::{RolloutState, Service};

/// Returns the health of a service deployment, for its sign and colour. A successful, finished one is
/// [`Health::Stopped`].
pub fn of_status(status: &RolloutStatus) -> Health {
    match status {
        RolloutStatus::Pending
        | RolloutStatus::InProgress
        | RolloutStatus::StopRequested
        | RolloutStatus::RollbackInProgress
        | RolloutStatus::Other(_) => Health::Changing,
        RolloutStatus::Successful => Health::Stopped,
        RolloutStatus::Stopped => Health::Degraded,
        RolloutStatus::RollbackSuccessful | RolloutStatus::RollbackFailed => Health::Down,
    }
}

/// Returns a phrase and a health for a service's rollout. The history has precedence, because after a rollback the
/// (old) primary deployment is COMPLETED too.
pub(super) fn of(service: &Service, rollouts: &[ServiceDeployment]) -> (String, Health) {
    let (words, health) = state(service, rollouts);
    match service.controller.as_str() {
        "" | "ECS" if service.is_daemon() => (format!("{words} (DAEMON)"), health),
        "" | "ECS" => (words, health),
        // Its deployments are managed externally and shown elsewhere.
        other => (format!("by {other}"), health),
    }
}

fn state(service: &Service, rollouts: &[ServiceDeployment]) -> (String, Health) {
    if let Some(newest) = rollouts.first()
        && matches!(
            newest.status,
            RolloutStatus::RollbackSuccessful
                | RolloutStatus::RollbackFailed
                | RolloutStatus::RollbackInProgress
                | RolloutStatus::Stopped
        )
    {
        return (newest.status.label().to_owned(), of_status(&newest.status));
    }
    let failed = service.deployments.iter().any(|deployment| deployment.rollout == Some(RolloutState::Failed));
    let (words, health) = match service.primary().and_then(|primary| primary.rollout) {
        _ if failed => ("failed", Health::Down),
        Some(RolloutState::InProgress) => ("in progress", Health::Changing),
        Some(RolloutState::Completed) => ("completed", Health::Healthy),
        Some(RolloutState::Failed) => ("failed", Health::Down),
        None => ("–", Health::Healthy),
    };
    (words.to_owned(), health)
}
