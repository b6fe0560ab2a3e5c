//! Deployments that somebody has ended, and not ECS: `CloudTrail` knows who, and so does what this machine has done.
//! Whose fault it was, and AWS's own words about it, do not matter here.

use super::event::{About, Kind, TimelineEvent};
use crate::{Estate, RolloutStatus, Service, ServiceDeployment};

/// The actor that has ended a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hand<'a> {
    pub(super) who: Option<String>,
    /// `by hand`.
    pub(super) how: &'static str,
    /// The request for it, where it is known.
    pub(super) request: Option<&'a str>,
}

/// The actor that has ended it, where that is known; `changes` are those of this machine.
pub(super) fn of<'a>(
    estate: &'a Estate,
    changes: &[TimelineEvent],
    service: &Service,
    rollout: &ServiceDeployment,
) -> Option<Hand<'a>> {
    // A success may have been asked to stop too late.
    if !rollout.status.terminal() || rollout.status == RolloutStatus::Successful {
        return None;
    }
    recorded(estate, changes, rollout).or_else(|| done_here(changes, service, rollout))
}

/// The actor by `CloudTrail`. Where a stop was asked for twice, the first request counts.
fn recorded<'a>(estate: &'a Estate, changes: &[TimelineEvent], rollout: &ServiceDeployment) -> Option<Hand<'a>> {
    let stops = estate.trail.value()?.iter().filter(|event| {
        event.name == "StopServiceDeployment" && event.error.is_none() && event.names.contains(&rollout.id)
    });
    let stop = stops.min_by_key(|event| event.at)?;
    let request = stop.request.as_deref();
    let ours = changes.iter().find(|change| change.requests.iter().any(|one| Some(one.as_str()) == request));
    // It takes back by itself what cannot come up.
    let deploys = ours.is_some_and(|change| change.what.starts_with("cockpit deploy "));
    Some(Hand { who: stop.by(), how: if deploys { "by cockpit deploy" } else { "by hand" }, request })
}

/// A way back that was begun here while it went on; `CloudTrail` tells of it up to a quarter of an hour later.
fn done_here(changes: &[TimelineEvent], service: &Service, rollout: &ServiceDeployment) -> Option<Hand<'static>> {
    let (began, ended) = (rollout.created_at.or(rollout.started_at)?, rollout.finished_at?);
    // The circuit breaker may have been faster.
    let by_ecs = rollout.breaker.is_some_and(|(failed, most)| most > 0 && failed >= most);
    let back = changes.iter().find(|change| {
        change.kind == Kind::Change
            && change.key.ends_with("/began")
            && change.what.starts_with("cockpit rollback ")
            && change.about == About::Service(service.name.clone())
            && (began..=ended).contains(&change.at)
    })?;
    (!by_ecs).then(|| Hand { who: back.who.clone(), how: "by hand", request: None })
}
