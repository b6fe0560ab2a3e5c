//! `CloudWatch` metrics by name: listing them, and their points in any period.

use super::budget::Class;
use super::convert::{to_sdk_time, to_timestamp};
use super::metrics::{GET_METRIC_DATA, MAX_QUERIES, query_index, query_of};
use super::pages::{AnswerSender, PageGuard};
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::telemetry::{MetricIdentity, Statistic};
use crate::model::{Failure, Point};
use aws_sdk_cloudwatch::types as sdk;
use jiff::Timestamp;

pub(super) const LIST_METRICS: Action = Action { name: "cloudwatch:ListMetrics", class: Class::MetricList };

/// Sends the metrics of some namespaces that had points within the last hours.
pub(super) async fn recent_metrics(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    namespaces: &[String],
) -> Result<(), Failure> {
    let mut found = Vec::new();
    for namespace in namespaces {
        let mut guard = PageGuard::default();
        let mut token: Option<String> = None;
        loop {
            let page = caller
                .call(LIST_METRICS, |clients| {
                    let request = clients.cloudwatch().list_metrics().namespace(namespace);
                    request.set_next_token(token.clone()).send()
                })
                .await?;
            found.extend(page.metrics.unwrap_or_default().into_iter().map(metric));
            token = guard.next_token(LIST_METRICS.name, page.next_token)?;
            if token.is_none() {
                break;
            }
        }
    }
    answers.last(Fact::MetricNames(found)).await;
    Ok(())
}

fn metric(metric: sdk::Metric) -> MetricIdentity {
    let dimensions = metric.dimensions.unwrap_or_default().into_iter();
    MetricIdentity {
        namespace: metric.namespace.unwrap_or_default(),
        metric: metric.metric_name.unwrap_or_default(),
        dimensions: dimensions.map(|one| (one.name.unwrap_or_default(), one.value.unwrap_or_default())).collect(),
    }
}

/// Sends the points of at most [`MAX_QUERIES`] statistics, oldest first, each with its index in the query: all of
/// a screen in one request.
pub(super) async fn points(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    statistics: &[Statistic],
    period: i32,
    (since, until): (Timestamp, Timestamp),
) -> Result<(), Failure> {
    let statistics = &statistics[..statistics.len().min(MAX_QUERIES)];
    if statistics.is_empty() {
        answers.last(Fact::Curves(Vec::new())).await;
        return Ok(());
    }
    let queries: Vec<sdk::MetricDataQuery> =
        statistics.iter().enumerate().map(|(place, one)| query(place, one, period)).collect();
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
                (Fact::Curves(results.filter_map(curve).collect()), page.next_token)
            },
        )
        .await
}

fn query(place: usize, wanted: &Statistic, period: i32) -> sdk::MetricDataQuery {
    let dimension = |(name, value): &(String, String)| sdk::Dimension::builder().name(name).value(value).build();
    let metric = sdk::Metric::builder()
        .namespace(&wanted.metric.namespace)
        .metric_name(&wanted.metric.metric)
        .set_dimensions(Some(wanted.metric.dimensions.iter().map(dimension).collect()))
        .build();
    query_of(place, metric, period, wanted.stat.as_ref())
}

fn curve(result: sdk::MetricDataResult) -> Option<(usize, Vec<Point>)> {
    let place = query_index(&result)?;
    let points = result.timestamps.unwrap_or_default().into_iter().zip(result.values.unwrap_or_default());
    let points = points.filter(|(_, value)| value.is_finite());
    Some((place, points.filter_map(|(at, value)| Some(Point { at: to_timestamp(Some(at))?, value })).collect()))
}
