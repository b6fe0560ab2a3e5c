//! Collects the events of an environment from the facts: services, tasks, deployments, scaling, alarms, databases,
//! schedules, and the `CloudTrail` events on all of them.

use super::cloudtrail;
use super::event::{About, Kind, TimelineEvent};
use super::facts::{AlarmChange, RdsEvent};
use super::manual_ends::{self, EndedBy};
use super::owners::Owners;
use crate::service::EventKind;
use crate::timer::Power;
use crate::{AlarmState, Estate, Health, RolloutStatus, Service, ServiceDeployment};
use jiff::{SignedDuration, Timestamp};

/// A service's own event about a deployment comes within this time of the deployment's start or end.
const MAX_OFFSET: SignedDuration = SignedDuration::from_mins(2);
/// Maximum number of firings per schedule.
const MAX_FIRINGS: usize = 500;
/// Maximum length of a reason in characters; the full reason is shown with the resource.
const MAX_REASON_CHARS: usize = 240;

/// Returns all known events since a time, unsorted and possibly with duplicates: see [`super::merge`]. `changes` are
/// those of this machine, by the clock of AWS, which may show who ended a deployment. `owners`, if known, assigns the
/// account's writes to environments.
pub fn gather(
    estate: &Estate,
    changes: &[TimelineEvent],
    owners: Option<&Owners<'_>>,
    since: Timestamp,
    now: Timestamp,
) -> Vec<TimelineEvent> {
    let mut found = Vec::new();
    let services = || estate.services.value().into_iter().flat_map(|services| services.values());
    for service in services() {
        let rollouts = estate.rollouts.get(&service.name).and_then(|seen| seen.value()).map_or(&[][..], Vec::as_slice);
        service_events(service, rollouts, &mut found);
        for rollout in rollouts {
            deployment(service, rollout, manual_ends::of(estate, changes, service, rollout), &mut found);
        }
        unlisted(service, rollouts, &mut found);
    }
    tasks(estate, &mut found);
    scaling(estate, &mut found);
    found.extend(estate.alarm_changes.value().into_iter().flatten().map(alarm));
    let databases = databases(estate);
    found.extend(estate.rds_events.value().into_iter().flatten().map(database));
    schedules(estate, since, now, &mut found);
    let names: Vec<(String, String)> =
        estate.derived.services.iter().map(|row| (row.name.clone(), row.short.clone())).collect();
    // Assigning an owner compares all names of the environments, so skip events that are too old.
    let writes = estate.trail.value().into_iter().flatten().filter(|event| event.at >= since);
    found.extend(cloudtrail::trail_events(writes, &names, &databases, owners));
    found.retain(|event| event.at >= since);
    found
}

/// Returns the identifiers of clusters and instances.
pub fn databases(estate: &Estate) -> Vec<String> {
    let clusters = estate.db_clusters.value().into_iter().flatten().map(|one| one.id.clone());
    clusters.chain(estate.db_instances.value().into_iter().flatten().map(|one| one.id.clone())).collect()
}

fn of_service(service: &Service) -> About {
    About::Service(service.name.clone())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_REASON_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Adds the events of a service, except those that its deployments describe better.
fn service_events(service: &Service, rollouts: &[ServiceDeployment], found: &mut Vec<TimelineEvent>) {
    for event in &service.events {
        let Some(at) = event.at else { continue };
        let kind = event.kind();
        let (what, _) = event.describe(service);
        let near = |end: Timestamp| end.duration_since(at).abs() <= MAX_OFFSET;
        let ends = |rollout: &ServiceDeployment| {
            [rollout.finished_at, rollout.started_at, rollout.created_at].into_iter().flatten().any(near)
        };
        // When a deployment is rolled back manually, the service reports it as failed as soon as the rollback begins.
        let during = |rollout: &ServiceDeployment| {
            let span = rollout.created_at.or(rollout.started_at).zip(rollout.finished_at);
            span.is_some_and(|(began, ended)| (began..=ended).contains(&at))
        };
        let described_better = match event.deployment() {
            Some(_) => rollouts.iter().any(|rollout| ends(rollout) || during(rollout)),
            None => what.contains("rolling back to") && rollouts.iter().any(ends),
        };
        if described_better {
            continue;
        }
        let health = match kind {
            EventKind::Routine => Health::Healthy,
            EventKind::Notable => Health::Changing,
            EventKind::Unplaced | EventKind::CannotStart | EventKind::OtherFailure => Health::Degraded,
        };
        let key = format!("service/{}/{}", service.name, event.id);
        let new_event = TimelineEvent::new(at, Kind::Service, of_service(service), cut(&what), key);
        found.push(new_event.with_health(health).mark_routine(kind == EventKind::Routine));
    }
}

/// Returns the target revision of a deployment; empty if unknown, because the id of a service revision means nothing to
/// a reader.
fn revision_suffix(service: &Service, rollout: &ServiceDeployment) -> String {
    let in_service = || rollout.matching_deployment(&service.deployments).map(|deployment| &deployment.task_definition);
    rollout.target.as_ref().or_else(in_service).map(|to| format!(" of {to}")).unwrap_or_default()
}

/// Adds the start and the end of a deployment.
fn deployment(
    service: &Service,
    rollout: &ServiceDeployment,
    hand: Option<EndedBy<'_>>,
    found: &mut Vec<TimelineEvent>,
) {
    let to = revision_suffix(service, rollout);
    if let Some(at) = rollout.created_at.or(rollout.started_at) {
        let key = format!("rollout/{}/began", rollout.id);
        let what = format!("deployment{to} began");
        found.push(
            TimelineEvent::new(at, Kind::Deployment, of_service(service), what, key).with_health(Health::Changing),
        );
    }
    let Some(at) = rollout.finished_at.filter(|_| rollout.status.has_ended()) else { return };
    let (kind, health) = match rollout.status {
        RolloutStatus::Successful => (Kind::Deployment, Health::Healthy),
        RolloutStatus::Stopped => (Kind::Rollback, Health::Degraded),
        RolloutStatus::RollbackSuccessful if hand.is_some() => (Kind::Rollback, Health::Degraded),
        _ => (Kind::Rollback, Health::Down),
    };
    let reason = rollout.rollback_reason.as_deref().unwrap_or(&rollout.reason);
    let reason =
        if kind == Kind::Deployment || reason.is_empty() { String::new() } else { format!(": {}", cut(reason)) };
    let how = match (&hand, &rollout.status) {
        (None, _) | (_, RolloutStatus::Successful) => format!("{}{reason}", rollout.status.label()),
        // The way it was ended already explains it, except for what failed afterwards.
        (Some(hand), RolloutStatus::RollbackFailed) => {
            format!("was to be rolled back {}: {}{reason}", hand.how, rollout.status.label())
        }
        (Some(hand), _) => format!("{} {}", rollout.status.label(), hand.how),
    };
    let key = format!("rollout/{}/ended", rollout.id);
    let mut event =
        TimelineEvent::new(at, kind, of_service(service), format!("deployment{to} {how}"), key).with_health(health);
    if let Some(hand) = hand {
        event = event.with_actor(hand.who);
        event.requests.extend(hand.request.map(str::to_owned));
    }
    found.push(event);
}

/// Adds deployments of the service that have no history entry.
fn unlisted(service: &Service, rollouts: &[ServiceDeployment], found: &mut Vec<TimelineEvent>) {
    for deployment in &service.deployments {
        let listed = rollouts.iter().any(|rollout| {
            rollout.matching_deployment(&service.deployments).is_some_and(|same| same.id == deployment.id)
        });
        let Some(at) = deployment.created_at.filter(|_| !listed) else { continue };
        let what = format!("deployment of {} began", deployment.task_definition);
        let key = format!("deployment/{}", deployment.id);
        found.push(
            TimelineEvent::new(at, Kind::Deployment, of_service(service), what, key).with_health(Health::Changing),
        );
    }
}

fn tasks(estate: &Estate, found: &mut Vec<TimelineEvent>) {
    for task in estate.tasks.value().into_iter().flat_map(|all| all.values()) {
        let Some(at) = task.stopped_at.or(task.stopping_at).filter(|_| task.stopped()) else { continue };
        let failed = task.failed();
        let why = task.end_reason().map(|why| format!(": {}", cut(&why))).unwrap_or_default();
        let short: String = task.id.chars().take(8).collect();
        let about = task.service.clone().map_or(About::Environment, About::Service);
        let event = TimelineEvent::new(
            at,
            Kind::Task,
            about,
            format!("task {short} stopped{why}"),
            format!("task/{}", task.id),
        );
        found.push(event.with_health(if failed { Health::Degraded } else { Health::Stopped }).mark_routine(!failed));
    }
}

fn scaling(estate: &Estate, found: &mut Vec<TimelineEvent>) {
    for activity in estate.activities.value().into_iter().flatten() {
        let Some(at) = activity.at else { continue };
        let name = activity.resource.rsplit('/').next().unwrap_or(&activity.resource);
        let to = activity.new_desired_count().map(|to| format!("desired count to {to}"));
        let (what, health) = if activity.not_scaled.is_empty() {
            let failed = activity.status == "Failed";
            let what = to.unwrap_or_else(|| activity.description.trim_end_matches('.').to_owned());
            let why = if failed { activity.message.as_deref().unwrap_or("failed") } else { cause(&activity.cause) };
            let why = if why.is_empty() { String::new() } else { format!(": {}", cut(why)) };
            (format!("{what}{why}"), if failed { Health::Degraded } else { Health::Changing })
        } else {
            (format!("not scaled: {}", activity.not_scaled.join(", ")), Health::Degraded)
        };
        let key = format!("scaling/{}", activity.id);
        found.push(
            TimelineEvent::new(at, Kind::Scaling, About::Service(name.to_owned()), what, key).with_health(health),
        );
    }
}

/// Shortens `monitor alarm NAME in state ALARM triggered policy P` to the policy, because alarm names can be very long.
fn cause(text: &str) -> &str {
    match text.split_once(" triggered ") {
        Some((_, what)) => what.trim_end_matches('.'),
        None => text.trim_end_matches('.'),
    }
}

/// Converts a change of an alarm.
fn alarm(change: &AlarmChange) -> TimelineEvent {
    let (what, health) = match change.states {
        Some((from, to)) => {
            let reason = if to == AlarmState::Ok || change.reason.is_empty() {
                String::new()
            } else {
                format!(": {}", cut(&change.reason))
            };
            let health = match to {
                AlarmState::Ok => Health::Healthy,
                AlarmState::Alarm => Health::Down,
                AlarmState::InsufficientData => Health::Unknown,
            };
            (format!("{} → {}{reason}", from.name(), to.name()), health)
        }
        None => (change.summary.clone(), Health::Changing),
    };
    let key = format!("alarm/{}/{}/{}", change.alarm, change.at, change.summary);
    let of_autoscaling = change.alarm.starts_with("TargetTracking-");
    TimelineEvent::new(change.at, Kind::Alarm, About::Alarm(change.alarm.clone()), what, key)
        .with_health(health)
        .mark_routine(of_autoscaling)
}

/// Converts an RDS event.
fn database(event: &RdsEvent) -> TimelineEvent {
    let text = event.message.to_lowercase();
    let failover = event.categories.iter().any(|one| one == "failover") || text.contains("failover");
    let health = match (failover, text.contains("completed")) {
        (true, true) => Health::Healthy,
        (true, false) => Health::Degraded,
        (false, _) if text.contains("restarted") || text.contains("shutdown") => Health::Degraded,
        (false, _) => Health::Changing,
    };
    let routine = event.categories.iter().any(|one| one == "backup");
    let kind = if failover { Kind::Failover } else { Kind::Database };
    let key = format!("rds/{}/{}/{}", event.source, event.at, event.message);
    let what = cut(event.message.trim_end_matches('.'));
    TimelineEvent::new(event.at, kind, About::Database(event.source.clone()), what, key)
        .with_health(health)
        .mark_routine(routine)
}

/// Adds the firing times of schedules, computed from their expressions, because AWS does not record them.
fn schedules(estate: &Estate, since: Timestamp, now: Timestamp, found: &mut Vec<TimelineEvent>) {
    for timer in estate.schedules.value().into_iter().flatten().filter(|timer| timer.enabled) {
        // Before its last change it may have had another expression.
        let mut at = since.max(timer.modified.or(timer.created).unwrap_or(since));
        for _ in 0..MAX_FIRINGS {
            let Some(next) = timer.next(at).filter(|next| *next <= now) else { break };
            let (what, health) = match timer.power() {
                Some(Power::Stop) => ("the schedule stops the environment".to_owned(), Health::Stopped),
                Some(Power::Start) => ("the schedule starts the environment".to_owned(), Health::Changing),
                None => (format!("the schedule {} was due", timer.name), Health::Changing),
            };
            let key = format!("schedule/{}/{next}", timer.name);
            found.push(
                TimelineEvent::new(next, Kind::Schedule, About::Environment, what, key)
                    .with_health(health)
                    .with_actor(Some(timer.name.clone())),
            );
            at = next;
        }
    }
}
