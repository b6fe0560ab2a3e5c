//! `CloudWatch` metrics: the metric for each [`MetricKey`], and their points.

use super::budget::Class;
use super::convert::{to_sdk_time, to_timestamp};
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::metric::RECENT;
use crate::model::{Failure, MetricKey, Point};
use aws_sdk_cloudwatch::types as sdk;
use jiff::Timestamp;

pub(super) const GET_METRIC_DATA: Action = Action { name: "cloudwatch:GetMetricData", class: Class::MetricData };
/// Maximum number of queries in one request.
pub const MAX_QUERIES: usize = 500;
/// Seconds that one point of a curve covers.
const PERIOD: i32 = 60;

/// A `CloudWatch` metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricName {
    /// The namespace, such as `AWS/ECS` or `AWS/RDS`.
    pub namespace: &'static str,
    /// The metric's name.
    pub metric: &'static str,
    /// Dimensions, name and value.
    pub dimensions: Vec<(&'static str, String)>,
    /// The statistic, such as `Average` or `Maximum`.
    pub stat: &'static str,
}

/// Returns the metric of a key; services belong to this cluster.
pub fn metric_name(key: &MetricKey, cluster: &str) -> MetricName {
    let service = |metric, name: &str| MetricName {
        namespace: "AWS/ECS",
        metric,
        dimensions: vec![("ClusterName", cluster.to_owned()), ("ServiceName", name.to_owned())],
        stat: "Average",
    };
    let instance = |metric, id: &str, stat| MetricName {
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
        // Already in milliseconds. A short lag between two long ones must not hide them: the maximum counts.
        MetricKey::DbLag(id) => instance("AuroraReplicaLag", id, "Maximum"),
        MetricKey::DbMemory(id) => instance("FreeableMemory", id, "Average"),
        MetricKey::DbStorage { id, aurora: true } => instance("FreeLocalStorage", id, "Average"),
        MetricKey::DbStorage { id, aurora: false } => instance("FreeStorageSpace", id, "Average"),
        MetricKey::DbLoad(id) => instance("DBLoad", id, "Average"),
    }
}

/// Sends the points of at most [`MAX_QUERIES`] metrics, oldest first.
pub(super) async fn points(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    cluster: &str,
    keys: &[MetricKey],
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Failure> {
    let keys = &keys[..keys.len().min(MAX_QUERIES)];
    if keys.is_empty() {
        answers.last(Fact::Metrics(Vec::new())).await;
        return Ok(());
    }
    let queries: Vec<sdk::MetricDataQuery> =
        keys.iter().enumerate().map(|(place, key)| query(place, &metric_name(key, cluster))).collect();
    caller
        .pages(
            answers,
            GET_METRIC_DATA,
            |clients, token| {
                clients
                    .cloudwatch()
                    .get_metric_data()
                    .set_metric_data_queries(Some(queries.clone()))
                    .start_time(to_sdk_time(since))
                    .end_time(to_sdk_time(until))
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

/// Sends the newest point of each metric that has a recent one.
pub(super) async fn newest_points(
    caller: &Caller<'_>,
    keys: &[MetricKey],
    now: Timestamp,
) -> Result<Vec<(MetricKey, f64)>, Failure> {
    let keys = &keys[..keys.len().min(MAX_QUERIES)];
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let queries: Vec<sdk::MetricDataQuery> =
        keys.iter().enumerate().map(|(place, key)| query(place, &metric_name(key, ""))).collect();
    let found = caller.all_pages(
        GET_METRIC_DATA,
        MAX_QUERIES,
        |clients, token| {
            let ask = clients.cloudwatch().get_metric_data().set_metric_data_queries(Some(queries.clone()));
            let ask = ask.start_time(to_sdk_time(now - RECENT)).end_time(to_sdk_time(now));
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
pub(super) fn query(place: usize, named: &MetricName) -> sdk::MetricDataQuery {
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

/// The query of a metric in periods of this many seconds. Ids must begin with a lowercase letter; the number is the
/// index among the requested metrics: [`place_of`].
pub(super) fn query_of(place: usize, metric: sdk::Metric, period: i32, stat: &str) -> sdk::MetricDataQuery {
    let stat = sdk::MetricStat::builder().metric(metric).period(period).stat(stat).build();
    sdk::MetricDataQuery::builder().id(format!("m{place}")).metric_stat(stat).return_data(true).build()
}

/// The index of the query that a result belongs to.
pub(super) fn query_index(result: &sdk::MetricDataResult) -> Option<usize> {
    result.id()?.strip_prefix('m')?.parse().ok()
}

fn from_result(result: sdk::MetricDataResult, keys: &[MetricKey]) -> Option<(MetricKey, Vec<Point>)> {
    let key = keys.get(query_index(&result)?)?.clone();
    let times = result.timestamps.unwrap_or_default();
    let values = result.values.unwrap_or_default();
    let points = times
        .into_iter()
        .zip(values)
        .filter(|(_, value)| value.is_finite())
        .filter_map(|(at, value)| Some(Point { at: to_timestamp(Some(at))?, value }))
        .collect();
    Some((key, points))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_keys_map_to_metrics() {
        let cpu = metric_name(&MetricKey::ServiceCpu("web".into()), "main");
        assert_eq!((cpu.namespace, cpu.metric), ("AWS/ECS", "CPUUtilization"));
        assert_eq!(cpu.dimensions, [("ClusterName", "main".to_owned()), ("ServiceName", "web".to_owned())]);
        let acu = metric_name(&MetricKey::DbAcu("db-1".into()), "main");
        assert_eq!((acu.namespace, acu.metric), ("AWS/RDS", "ServerlessDatabaseCapacity"));
        let local = metric_name(&MetricKey::DbStorage { id: "db-1".into(), aurora: true }, "main");
        assert_eq!(local.metric, "FreeLocalStorage");
    }

    #[test]
    fn unrequested_results_are_skipped() {
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
