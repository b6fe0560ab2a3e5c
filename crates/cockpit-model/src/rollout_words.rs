//! A rollout in a phrase and as a health; what happened to it is in `rollout`.

use super::health::Health;
use super::rollout::{RolloutStatus, ServiceDeployment};
use super::service::{RolloutState, Service};

/// How a service deployment stands, for its sign and its colour: one that is over and served is
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

/// One phrase for the state of a service's rollout, and how it stands. The history is asked first: a service whose
/// deployment was rolled back also calls its (old) primary completed.
pub(super) fn of(service: &Service, rollouts: &[ServiceDeployment]) -> (String, Health) {
    let (words, health) = state(service, rollouts);
    match service.controller.as_str() {
        "" | "ECS" if service.daemon() => (format!("{words} (DAEMON)"), health),
        "" | "ECS" => (words, health),
        // Its deployments are somebody else's, and told elsewhere.
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
        return (newest.status.words().to_owned(), of_status(&newest.status));
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
