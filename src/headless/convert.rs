//! Converts the model to the DTOs of the reports, one function each.

use super::dto::{
    AlarmDto, AttentionDto, AutoscalingDto, BackupDto, DatabaseDto, DeploymentDto, HealthDto, MemberDto, PendingDto,
    PolicyDto, RangeDto, ScheduledDto, ServiceDto, TargetDto,
};
use super::schedule::{NextDto, ScheduleDto};
use crate::model::AttentionSubject;
use crate::model::estate::{DatabaseRow, ServiceRow};
use crate::model::target::group_name;
use crate::model::timer::Power;
use crate::model::{
    Alarm, Attention, Estate, Health, Member, MetricKey, Mute, Observed, Role, ScalableTarget, ScalingPolicy,
    ScheduledAction, Service, schedule,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// Formats a time as RFC 3339.
pub fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

/// Returns the newest value of a series if it is finite: JSON cannot represent NaN or infinity.
fn figure(estate: &Estate, key: &MetricKey, now: Timestamp) -> Option<f64> {
    finite(estate.series.get(key).and_then(|series| series.recent(now)).map(|point| point.value))
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn health(health: Health, enough: bool) -> HealthDto {
    match health {
        Health::Healthy => HealthDto::Healthy,
        Health::Changing if enough => HealthDto::Healthy,
        Health::Changing | Health::Degraded => HealthDto::Degraded,
        Health::Down => HealthDto::Down,
        Health::Stopped => HealthDto::Stopped,
        Health::Unknown => HealthDto::Unknown,
    }
}

/// The image digest that runs for each service and task definition, collected in one pass over all tasks.
pub struct Digests<'a>(HashMap<(&'a str, &'a str), &'a str>);

impl<'a> Digests<'a> {
    /// Collects the digests of the main containers of all tasks.
    pub fn new(estate: &'a Estate) -> Self {
        let mut digests = HashMap::new();
        for task in estate.tasks.value().into_iter().flat_map(BTreeMap::values) {
            let Some(definition) = estate.task_definitions.get(&task.task_definition).and_then(Observed::value) else {
                continue;
            };
            let service = task.service.as_deref().and_then(|name| estate.service(name));
            let Some((service, main)) =
                service.and_then(|service| Some((service, definition.main_container(service)?)))
            else {
                continue;
            };
            let container = task.containers.iter().find(|one| one.name == main.name && one.digest.is_some());
            if let Some(digest) = container.and_then(|one| one.digest.as_deref()) {
                digests.entry((service.name.as_str(), task.task_definition.as_str())).or_insert(digest);
            }
        }
        Self(digests)
    }

    fn get(&self, service: &Service, task_definition: &str) -> Option<String> {
        self.0.get(&(service.name.as_str(), task_definition)).map(|digest| (*digest).to_owned())
    }
}

/// Returns the word, or `None` if it is empty.
fn non_empty(word: &str) -> Option<String> {
    Some(word.to_owned()).filter(|word| !word.is_empty())
}

/// Converts a service and its derived row.
pub fn service(
    estate: &Estate,
    digests: &Digests<'_>,
    service: &Service,
    row: &ServiceRow,
    now: Timestamp,
) -> ServiceDto {
    let deployments = service.deployments.iter().map(|deployment| DeploymentDto {
        id: deployment.id.clone(),
        status: deployment.status.clone(),
        rollout_state: deployment.rollout.map(|state| state.name().to_owned()),
        desired: deployment.desired,
        running: deployment.running,
        pending: deployment.pending,
        failed: deployment.failed,
        task_definition: deployment.task_definition.clone(),
        image: estate.image_of(service, &deployment.task_definition).map(str::to_owned),
        digest: digests.get(service, &deployment.task_definition),
        created_at: time(deployment.created_at),
        reason: Some(deployment.rollout_reason.clone()).filter(|reason| !reason.is_empty()),
    });
    ServiceDto {
        name: service.name.clone(),
        cluster: service.cluster.clone(),
        status: service.status.clone(),
        desired: service.desired,
        running: service.running,
        pending: service.pending,
        task_definition: Some(service.task_definition.clone()).filter(|name| !name.is_empty()),
        deployments: deployments.collect(),
        autoscaling: scalable(estate, &service.scaling_id()).map(|target| autoscaling(estate, target, now)),
        targets: targets(estate, &service.target_groups),
        health: health(row.assessment.health, service.running >= service.desired),
        reasons: row.assessment.reasons.iter().map(|reason| reason.text.clone()).collect(),
        short: row.short.clone(),
        launch: service.launch.clone(),
        scheduling: non_empty(&service.scheduling),
        controller: non_empty(&service.controller),
        strategy: non_empty(&service.strategy),
        image: estate.image_of(service, &service.task_definition).map(str::to_owned),
        digest: digests.get(service, &service.task_definition),
        rollout: row.rollout.clone(),
        cpu_percent: finite(row.cpu),
        memory_percent: finite(row.memory),
        failed_tasks: estate.tasks.value().map(|_| row.failed_tasks),
    }
}

/// Returns the scalable target of a resource.
pub fn scalable<'a>(estate: &'a Estate, resource: &str) -> Option<&'a ScalableTarget> {
    estate.scalable.value()?.iter().find(|target| target.resource == resource)
}

fn autoscaling(estate: &Estate, target: &ScalableTarget, now: Timestamp) -> AutoscalingDto {
    AutoscalingDto {
        min: target.min,
        max: target.max,
        suspended: target.suspended.any(),
        policies: policies(estate, &target.resource),
        scheduled: scheduled(estate, &target.resource, now),
        suspended_kinds: [
            (target.suspended.scale_in, "scale_in"),
            (target.suspended.scale_out, "scale_out"),
            (target.suspended.scheduled, "scheduled"),
        ]
        .into_iter()
        .filter(|(suspended, _)| *suspended)
        .map(|(_, word)| word.to_owned())
        .collect(),
    }
}

/// Returns the policies of a resource; `None` if they could not be read.
pub fn policies(estate: &Estate, resource: &str) -> Option<Vec<PolicyDto>> {
    let policies = estate.policies.value()?;
    Some(policies.iter().filter(|policy| policy.resource == resource).map(policy).collect())
}

fn policy(policy: &ScalingPolicy) -> PolicyDto {
    PolicyDto {
        name: policy.name.clone(),
        kind: policy.kind.clone(),
        metric: policy.metric.clone(),
        target: finite(policy.target),
        out_cooldown: policy.out_cooldown,
        in_cooldown: policy.in_cooldown,
        scale_in: !policy.no_scale_in,
    }
}

/// Returns the scheduled actions of a resource; `None` if they could not be read.
pub fn scheduled(estate: &Estate, resource: &str, now: Timestamp) -> Option<Vec<ScheduledDto>> {
    let actions = estate.scheduled.value()?;
    Some(actions.iter().filter(|action| action.resource == resource).map(|one| action(one, now)).collect())
}

fn action(action: &ScheduledAction, now: Timestamp) -> ScheduledDto {
    ScheduledDto {
        name: action.name.clone(),
        schedule: action.schedule.clone(),
        timezone: action.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
        min: action.min,
        max: action.max,
        next: time(schedule::next(action, now).map(|next| next.at)),
        effect: match schedule::effect(action) {
            schedule::ScheduleEffect::Stop => "stop",
            schedule::ScheduleEffect::Start => "start",
            schedule::ScheduleEffect::Resize => "resize",
        }
        .to_owned(),
    }
}

/// Returns the targets of these target groups (ARNs); `None` if none of them could be read.
pub fn targets(estate: &Estate, groups: &[String]) -> Option<Vec<TargetDto>> {
    let mut converted = Vec::new();
    let mut read = 0;
    for arn in groups {
        let Some(targets) = estate.targets.get(arn).and_then(|observed| observed.value()) else { continue };
        read += 1;
        converted.extend(targets.iter().map(|target| TargetDto {
            group: group_name(arn).to_owned(),
            id: target.id.clone(),
            port: target.port,
            az: target.az.clone(),
            state: target.state.clone(),
            reason: target.reason.clone(),
            description: target.description.clone(),
        }));
    }
    (read > 0 || groups.is_empty()).then_some(converted)
}

/// Converts a database and its health assessment.
pub fn database(estate: &Estate, row: &DatabaseRow, now: Timestamp) -> DatabaseDto {
    let database = &row.database;
    let aurora = database.kind == crate::model::DatabaseKind::Aurora;
    let pending = |member: Option<&str>, changes: &[(String, String)]| -> Vec<PendingDto> {
        let dto = |(what, to): &(String, String)| PendingDto {
            member: member.map(str::to_owned),
            what: what.clone(),
            to: to.clone(),
        };
        changes.iter().map(dto).collect()
    };
    let mut waiting = pending(None, &database.pending);
    if aurora {
        waiting.extend(database.members.iter().flat_map(|member| pending(Some(&member.id), &member.pending)));
    }
    DatabaseDto {
        id: database.id.clone(),
        kind: database.kind.name().to_owned(),
        engine: database.engine.clone(),
        version: database.version.clone(),
        status: database.status.clone(),
        endpoint: database.endpoint.clone(),
        members: database.members.iter().map(|one| member(estate, one, aurora, now)).collect(),
        backup: BackupDto {
            retention_days: database.backup.retention_days,
            window: database.backup.window.clone(),
            earliest: time(database.backup.earliest),
            latest: time(database.backup.latest),
        },
        reasons: row.assessment.reasons.iter().map(|reason| reason.text.clone()).collect(),
        health: health(row.assessment.health, false),
        reader_endpoint: database.reader_endpoint.clone(),
        port: database.port,
        acu: database.acu.map(|(min, max)| RangeDto { min, max }),
        storage_gib: database.storage_gib,
        pending: waiting,
        maintenance: database.maintenance.clone(),
        protected: database.protected,
    }
}

fn member(estate: &Estate, member: &Member, aurora: bool, now: Timestamp) -> MemberDto {
    let figure = |key: MetricKey| figure(estate, &key, now);
    MemberDto {
        id: member.id.clone(),
        role: member.role.word().to_owned(),
        status: member.status.clone(),
        class: member.class.clone(),
        az: member.az.clone(),
        acu: figure(MetricKey::DbAcu(member.id.clone())),
        // After a failover, the writer's series still ends with its lag as a reader.
        lag_ms: figure(MetricKey::DbLag(member.id.clone())).filter(|_| member.role == Role::Reader),
        cpu_percent: figure(MetricKey::DbCpu(member.id.clone())),
        connections: figure(MetricKey::DbConnections(member.id.clone())),
        free_storage_bytes: figure(MetricKey::DbStorage { id: member.id.clone(), aurora }),
        tier: member.tier,
    }
}

/// Converts an alarm, including the mute rules that apply now.
pub fn alarm(alarm: &Alarm, mutes: &[Mute], now: Timestamp) -> AlarmDto {
    AlarmDto {
        name: alarm.name.clone(),
        state: alarm.state.name().to_owned(),
        reason: alarm.reason.clone(),
        since: time(alarm.since),
        description: alarm.description.clone(),
        namespace: alarm.namespace.clone(),
        metric: alarm.metric.clone(),
        threshold: finite(alarm.threshold),
        autoscaling: alarm.is_for_autoscaling(),
        actions_enabled: alarm.actions_enabled,
        muted_until: time(mutes.iter().filter(|mute| mute.mutes(&alarm.name, now)).filter_map(|mute| mute.until).max()),
        children: alarm.children(),
        suppressed: alarm.suppressed.clone(),
    }
}

/// Converts an entry of the needs-attention list.
pub fn attention(entry: &Attention) -> AttentionDto {
    let (place, name) = match &entry.subject {
        AttentionSubject::Identity => ("credentials".to_owned(), "credentials"),
        AttentionSubject::Service(name) => (format!("service:{}", entry.name), name.as_str()),
        AttentionSubject::Services => ("services".to_owned(), entry.name.as_str()),
        AttentionSubject::Database(id) => (format!("database:{id}"), id.as_str()),
        AttentionSubject::Alarm(name) => (format!("alarm:{name}"), name.as_str()),
        AttentionSubject::TargetGroup(name) => (format!("target-group:{name}"), name.as_str()),
        AttentionSubject::Certificate(name) => (format!("certificate:{name}"), name.as_str()),
        AttentionSubject::Source(source) => (format!("source:{}", source.name()), source.name()),
    };
    AttentionDto {
        severity: entry.severity.word().to_owned(),
        name: name.to_owned(),
        place,
        what: entry.what.clone(),
        since: time(entry.since),
        hint: entry.hint.clone(),
    }
}

/// Returns the next start and stop over all services. `None` also if either source could not be read: the unread one
/// might come first.
pub fn next_effects(estate: &Estate, now: Timestamp) -> Option<ScheduleDto> {
    let unread = |failed: bool, known: bool| failed && !known;
    if unread(estate.scheduled.failure().is_some(), estate.scheduled.value().is_some())
        || unread(estate.schedules.failure().is_some(), estate.schedules.value().is_some())
    {
        return None;
    }
    let actions = estate.scheduled.value().map_or(&[][..], Vec::as_slice);
    let timers = estate.schedules.value().map_or(&[][..], Vec::as_slice);
    let next = |effect, power| {
        let action = schedule::soonest_with_effect(actions, effect, now);
        let next =
            [action, schedule::soonest_timer(timers, power, now)].into_iter().flatten().min_by_key(|next| next.at)?;
        Some(NextDto {
            at: next.at.to_string(),
            action: next.action.clone(),
            timezone: next.zone.iana_name().map(str::to_owned),
        })
    };
    let next_stop = next(schedule::ScheduleEffect::Stop, Power::Stop);
    let next_start = next(schedule::ScheduleEffect::Start, Power::Start);
    (next_stop.is_some() || next_start.is_some()).then_some(ScheduleDto { next_stop, next_start })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::timer::Timer;
    use crate::model::{Failure, FailureKind};

    #[test]
    fn partially_read_schedule_yields_no_next_action() {
        let now: Timestamp = "2026-11-20T05:00:00Z".parse().unwrap();
        let mut estate = Estate::default();
        let timer = Timer {
            name: "app-stop".into(),
            expression: "cron(0 22 ? * MON-FRI *)".into(),
            enabled: true,
            input: r#"{"action":"stop"}"#.into(),
            ..Timer::default()
        };
        estate.schedules.record(vec![timer], now);
        assert!(next_effects(&estate, now).is_some_and(|schedule| schedule.next_stop.is_some()));
        estate.scheduled.record_failure(Failure::new(FailureKind::Denied, "no"));
        assert_eq!(next_effects(&estate, now), None, "an earlier one may be among those");
    }
}
