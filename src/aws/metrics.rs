//! `CloudWatch` metrics: which metric each [`MetricKey`] is, and their points.

use super::budget::Class;
use super::convert::{moment, time};
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::metric::RECENT;
use crate::model::{Failure, MetricKey, Point};
use aws_sdk_cloudwatch::types as sdk;
use jiff::Timestamp;

pub(super) const GET_METRIC_DATA: Action = Action { name: "cloudwatch:GetMetricData", class: Class::MetricData };
/// Queries that one request may have.
pub const MOST_QUERIES: usize = 500;
/// Seconds that one point of a curve covers.
const PERIOD: i32 = 60;

/// A metric as `CloudWatch` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// `AWS/ECS`, `AWS/RDS`.
    pub namespace: &'static str,
    /// The metric's name.
    pub metric: &'static str,
    /// Dimensions, name and value.
    pub dimensions: Vec<(&'static str, String)>,
    /// `Average`, `Maximum`.
    pub stat: &'static str,
}

/// The metric of a key; services are those of this cluster.
pub fn named(key: &MetricKey, cluster: &str) -> Named {
    let service = |metric, name: &str| Named {
        namespace: "AWS/ECS",
        metric,
        dimensions: vec![("ClusterName", cluster.to_owned()), ("ServiceName", name.to_owned())],
        stat: "Average",
    };
    let instance = |metric, id: &str, stat| Named {
        namespace: "AWS/RDS",
        metric,
        dimensions: vec![("DBInstanceIdentifier", id.to_owned())],
        stat,
    };
    match key {
        MetricKey::ServiceCpu(name) => service("CPUUtilization", name),
        MetricKey::ServiceMemory(name) => service("MemoryUtilization", name),
        MetricKey::DbCpu(id) => instance("CPUUtilization", id, "Average"),
        MetricKey::DbConnections(id) => instance("DatabaseConnections", id, "Average"),
        MetricKey::DbAcu(id) => instance("ServerlessDatabaseCapacity", id, "Average"),
        // In milliseconds already. A short lag between two long ones is no comfort: the longest counts.
        MetricKey::DbLag(id) => instance("AuroraReplicaLag", id, "Maximum"),
        MetricKey::DbMemory(id) => instance("FreeableMemory", id, "Average"),
        MetricKey::DbStorage { id, aurora: true } => instance("FreeLocalStorage", id, "Average"),
        MetricKey::DbStorage { id, aurora: false } => instance("FreeStorageSpace", id, "Average"),
        MetricKey::DbLoad(id) => instance("DBLoad", id, "Average"),
    }
}

/// Points of at most [`MOST_QUERIES`] metrics, oldest first.
pub(super) async fn points(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    cluster: &str,
    keys: &[MetricKey],
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Failure> {
    let keys = &keys[..keys.len().min(MOST_QUERIES)];
    if keys.is_empty() {
        answers.last(Fact::Metrics(Vec::new())).await;
        return Ok(());
    }
    let queries: Vec<sdk::MetricDataQuery> =
        keys.iter().enumerate().map(|(place, key)| query(place, &named(key, cluster))).collect();
    caller
        .pages(
            answers,
            GET_METRIC_DATA,
            |clients, token| {
                clients
                    .cloudwatch()
                    .get_metric_data()
                    .set_metric_data_queries(Some(queries.clone()))
                    .start_time(moment(since))
                    .end_time(moment(until))
                    .scan_by(sdk::ScanBy::TimestampAscending)
                    .set_next_token(token)
                    .send()
            },
            |page| {
                let results = page.metric_data_results.unwrap_or_default().into_iter();
                (Fact::Metrics(results.filter_map(|result| from_result(result, keys)).collect()), page.next_token)
            },
        )
        .await
}

/// The newest point of each metric, as far as it has a recent one.
pub(super) async fn newest(
    caller: &Caller<'_>,
    keys: &[MetricKey],
    now: Timestamp,
) -> Result<Vec<(MetricKey, f64)>, Failure> {
    let keys = &keys[..keys.len().min(MOST_QUERIES)];
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let queries: Vec<sdk::MetricDataQuery> =
        keys.iter().enumerate().map(|(place, key)| query(place, &named(key, ""))).collect();
    let found = caller.all(
        GET_METRIC_DATA,
        MOST_QUERIES,
        |clients, token| {
            let ask = clients.cloudwatch().get_metric_data().set_metric_data_queries(Some(queries.clone()));
            let ask = ask.start_time(moment(now - RECENT)).end_time(moment(now));
            ask.scan_by(sdk::ScanBy::TimestampAscending).set_next_token(token).send()
        },
        |page| {
            let results = page.metric_data_results.unwrap_or_default().into_iter();
            (results.filter_map(|result| from_result(result, keys)).collect(), page.next_token)
        },
    );
    let found: Vec<(MetricKey, Vec<Point>)> = Box::pin(found).await?;
    Ok(found.into_iter().filter_map(|(key, points)| Some((key, points.last()?.value))).collect())
}

/// The query of a key's metric.
pub(super) fn query(place: usize, named: &Named) -> sdk::MetricDataQuery {
    let dimensions = named
        .dimensions
        .iter()
        .map(|(name, value)| sdk::Dimension::builder().name(*name).value(value).build())
        .collect();
    let metric = sdk::Metric::builder()
        .namespace(named.namespace)
        .metric_name(named.metric)
        .set_dimensions(Some(dimensions))
        .build();
    query_of(place, metric, PERIOD, named.stat)
}

/// The query of a metric in periods of so many seconds. Ids must begin with a small letter; the number leads back to its
/// place among those that were asked for: [`place_of`].
pub(super) fn query_of(place: usize, metric: sdk::Metric, period: i32, stat: &str) -> sdk::MetricDataQuery {
    let stat = sdk::MetricStat::builder().metric(metric).period(period).stat(stat).build();
    sdk::MetricDataQuery::builder().id(format!("m{place}")).metric_stat(stat).return_data(true).build()
}

/// The place of the query that a result is of.
pub(super) fn place_of(result: &sdk::MetricDataResult) -> Option<usize> {
    result.id()?.strip_prefix('m')?.parse().ok()
}

fn from_result(result: sdk::MetricDataResult, keys: &[MetricKey]) -> Option<(MetricKey, Vec<Point>)> {
    let key = keys.get(place_of(&result)?)?.clone();
    let times = result.timestamps.unwrap_or_default();
    let values = result.values.unwrap_or_default();
    let points = times
        .into_iter()
        .zip(values)
        .filter(|(_, value)| value.is_finite())
        .filter_map(|(at, value)| Some(Point { at: time(Some(at))?, value }))
        .collect();
    Some((key, points))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_metrics() {
        let cpu = named(&MetricKey::ServiceCpu("web".into()), "main");
        assert_eq!((cpu.namespace, cpu.metric), ("AWS/ECS", "CPUUtilization"));
        assert_eq!(cpu.dimensions, [("ClusterName", "main".to_owned()), ("ServiceName", "web".to_owned())]);
        let acu = named(&MetricKey::DbAcu("db-1".into()), "main");
        assert_eq!((acu.namespace, acu.metric), ("AWS/RDS", "ServerlessDatabaseCapacity"));
        let local = named(&MetricKey::DbStorage { id: "db-1".into(), aurora: true }, "main");
        assert_eq!(local.metric, "FreeLocalStorage");
    }

    #[test]
    fn results_that_nobody_asked_for_are_left_out() {
        let keys = [MetricKey::DbCpu("a".into())];
        let of = |id: &str| {
            let at = aws_smithy_types::DateTime::from_secs(60);
            let result = sdk::MetricDataResult::builder().id(id).timestamps(at).timestamps(at).values(1.0).build();
            from_result(result, &keys)
        };
        assert_eq!(of("m0").map(|(key, points)| (key, points.len())), Some((keys[0].clone(), 1)));
        assert_eq!(of("m1"), None);
        assert_eq!(of("x"), None);
    }
}
