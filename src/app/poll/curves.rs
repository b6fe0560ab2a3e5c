//! Which metrics are read, and how far back.

use super::round::Round;
use super::{Job, Poller};
use crate::app::effect::{Effect, Priority};
use crate::config::EnvironmentConfig;
use crate::feeds::aws::Query;
use crate::model::{Estate, MetricKey, Series};
use jiff::{SignedDuration, Timestamp};

/// Maximum number of metrics per `GetMetricData` call. Source: its API reference.
pub(super) const METRICS_PER_CALL: usize = 500;

/// Number of services above which metrics are read only for those on the screen: each metric costs money.
pub(super) const METRICS_FOR_ALL: usize = 100;

/// The length of a series that is read first.
pub(super) const FIRST_CURVE: SignedDuration = SignedDuration::from_hours(3);

/// The length of a series that later reads cover: late points replace earlier ones.
pub(super) const LATER_CURVE: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn service_metric_keys(
    estate: &Estate,
    environment: &EnvironmentConfig,
    visible: &[String],
) -> Option<Vec<MetricKey>> {
    // The first batches of a sweep are not all services: most series would have to wait for the next read.
    let complete = estate.services.value().filter(|_| estate.services.at().is_some());
    let names: Vec<String> = match (complete, environment.exact_services()) {
        (Some(services), _) if services.len() <= METRICS_FOR_ALL => services.keys().cloned().collect(),
        (Some(services), _) => visible.iter().filter(|name| services.contains_key(*name)).cloned().collect(),
        (None, Some(names)) => names.iter().take(METRICS_FOR_ALL).cloned().collect(),
        // Not known yet, or unreadable.
        (None, None) => return estate.services.failure().map(|_| Vec::new()),
    };
    Some(
        names
            .into_iter()
            .flat_map(|name| [MetricKey::ServiceCpu(name.clone()), MetricKey::ServiceMemory(name)])
            .collect(),
    )
}

pub(super) fn db_metric_keys(estate: &Estate) -> Option<Vec<MetricKey>> {
    let Some(instances) = estate.db_instances.value() else {
        return estate.db_instances.failure().map(|_| Vec::new());
    };
    let mut keys = Vec::new();
    for instance in instances {
        let (id, aurora) = (instance.id.clone(), instance.cluster.is_some());
        keys.extend([
            MetricKey::DbCpu(id.clone()),
            MetricKey::DbConnections(id.clone()),
            MetricKey::DbMemory(id.clone()),
            MetricKey::DbStorage { id: id.clone(), aurora },
            MetricKey::DbLoad(id.clone()),
        ]);
        if aurora {
            keys.push(MetricKey::DbLag(id.clone()));
        }
        if instance.class == "db.serverless" {
            keys.push(MetricKey::DbAcu(id));
        }
    }
    Some(keys)
}

impl Poller {
    pub(super) fn start_metrics(&mut self, job: Job, priority: Priority, round: Round<'_>) -> Vec<Effect> {
        let Round { estate, environment, visible, now, .. } = round;
        // Points are dated by AWS's clock.
        let service_now = now + self.ahead;
        let mut effects = Vec::new();
        let keys = match job {
            Job::ServiceMetrics => service_metric_keys(estate, environment, visible),
            _ => db_metric_keys(estate),
        };
        let Some(keys) = keys else { return effects };
        let many = estate.services.value().is_some_and(|services| services.len() > METRICS_FOR_ALL);
        if job == Job::ServiceMetrics && keys.is_empty() && many && !self.wants.once {
            // With many services, nothing is requested until some are on the screen.
            return effects;
        }
        if keys.is_empty() {
            self.finish(job, Ok(()), environment, now);
            return effects;
        }
        self.metrics.insert(job, keys.len());
        // New series are read in full, known ones only at their end.
        let (known, new): (Vec<MetricKey>, Vec<MetricKey>) = keys.into_iter().partition(|key| {
            // After a pause or a failure, the gap is longer than the end that is usually read.
            estate
                .series
                .get(key)
                .and_then(Series::last)
                .is_some_and(|point| service_now.duration_since(point.at) < LATER_CURVE)
        });
        // Rounded down to the minute, as CloudWatch aligns its periods.
        let until = Timestamp::from_second(service_now.as_second() / 60 * 60).unwrap_or(service_now)
            + SignedDuration::from_secs(60);
        for (keys, span) in [(new, FIRST_CURVE), (known, LATER_CURVE)] {
            for chunk in keys.chunks(METRICS_PER_CALL) {
                let query = Query::Metrics {
                    cluster: environment.cluster.clone().unwrap_or_default(),
                    keys: chunk.to_vec(),
                    since: until - span,
                    until,
                };
                effects.push(self.fetch(query, Some(job), priority));
            }
        }
        effects
    }
}
