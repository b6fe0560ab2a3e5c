//! The current autoscaling state of a service, assembled from the estate.

use super::App;
use crate::model::scaling_watch::Sample;
use crate::model::{AlarmState, MetricKey};

/// Returns which of our series holds the metric of a policy.
fn series_key(metric: &str, service: &str) -> Option<MetricKey> {
    match metric {
        "ECSServiceAverageCPUUtilization" => Some(MetricKey::ServiceCpu(service.to_owned())),
        "ECSServiceAverageMemoryUtilization" => Some(MetricKey::ServiceMemory(service.to_owned())),
        _ => None,
    }
}

/// Returns the current scaling state of a service; `None` if it is unknown or out of date: older data must not be
/// presented as current.
pub fn sample(app: &App, name: &str) -> Option<Sample> {
    let (estate, now) = (&app.estate, app.service_now());
    let service = estate.service(name).filter(|_| estate.services.failure().is_none())?;
    let resource = service.scaling_id();
    let target = estate.scalable.value().into_iter().flatten().find(|target| target.resource == resource);
    let value =
        |metric: Option<&str>| estate.series.get(&series_key(metric?, name)?)?.recent(now).map(|point| point.value);
    let policies = estate.policies.value().into_iter().flatten().filter(|policy| policy.resource == resource);
    let of_service = format!("TargetTracking-{resource}-");
    // Changes come newest first, so the first one of each alarm is its current state.
    let mut alarms: Vec<(String, AlarmState)> = Vec::new();
    for change in estate.alarm_changes.value().into_iter().flatten().filter(|one| one.alarm.starts_with(&of_service)) {
        if let Some((_, to)) = change.states
            && !alarms.iter().any(|(known, _)| *known == change.alarm)
        {
            alarms.push((change.alarm.clone(), to));
        }
    }
    let activities = estate.activities.value().into_iter().flatten().filter(|one| one.resource == resource);
    Some(Sample {
        at: now,
        desired: service.desired,
        running: service.running,
        policies: policies.map(|policy| (policy.clone(), value(policy.metric.as_deref()))).collect(),
        alarms,
        activities: activities.cloned().collect(),
        suspended: target.map(|target| target.suspended.describe()).unwrap_or_default(),
        limits: target.map(|target| (target.min, target.max)),
    })
}
