//! Deployments that were ended by someone rather than by ECS, as recorded by `CloudTrail` or done on this machine. The
//! party at fault and AWS's own status reason are irrelevant here.

use super::event::{About, Kind, TimelineEvent};
use crate::{Estate, RolloutStatus, Service, ServiceDeployment};

/// The actor that ended a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EndedBy<'a> {
    pub(super) who: Option<String>,
    /// `by hand`.
    pub(super) how: &'static str,
    /// The request id, if known.
    pub(super) request: Option<&'a str>,
}

/// Returns who ended a deployment, if known; `changes` are those of this machine.
pub(super) fn of<'a>(
    estate: &'a Estate,
    changes: &[TimelineEvent],
    service: &Service,
    rollout: &ServiceDeployment,
) -> Option<EndedBy<'a>> {
    // A stop request for a successful deployment came too late.
    if !rollout.status.has_ended() || rollout.status == RolloutStatus::Successful {
        return None;
    }
    recorded(estate, changes, rollout).or_else(|| done_here(changes, service, rollout))
}

/// Returns the actor according to `CloudTrail`. If a stop was requested twice, the first request counts.
fn recorded<'a>(estate: &'a Estate, changes: &[TimelineEvent], rollout: &ServiceDeployment) -> Option<EndedBy<'a>> {
    let stops = estate.trail.value()?.iter().filter(|event| {
        event.name == "StopServiceDeployment" && event.error.is_none() && event.names.contains(&rollout.id)
    });
    let stop = stops.min_by_key(|event| event.at)?;
    let request = stop.request.as_deref();
    let own_change = changes.iter().find(|change| change.requests.iter().any(|one| Some(one.as_str()) == request));
    // `cockpit deploy` itself rolls back a version that does not start.
    let deploys = own_change.is_some_and(|change| change.what.starts_with("cockpit deploy "));
    Some(EndedBy { who: stop.by(), how: if deploys { "by cockpit deploy" } else { "by hand" }, request })
}

/// Returns a rollback that was started on this machine while the deployment was in progress; `CloudTrail` records it up
/// to 15 minutes later.
fn done_here(changes: &[TimelineEvent], service: &Service, rollout: &ServiceDeployment) -> Option<EndedBy<'static>> {
    let (began, ended) = (rollout.created_at.or(rollout.started_at)?, rollout.finished_at?);
    // The circuit breaker may have been faster.
    let by_ecs = rollout.breaker.is_some_and(|(failed, threshold)| threshold > 0 && failed >= threshold);
    let back = changes.iter().find(|change| {
        change.kind == Kind::Change
            && change.key.ends_with("/began")
            && change.what.starts_with("cockpit rollback ")
            && change.about == About::Service(service.name.clone())
            && (began..=ended).contains(&change.at)
    })?;
    (!by_ecs).then(|| EndedBy { who: back.who.clone(), how: "by hand", request: None })
}
