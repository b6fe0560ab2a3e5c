//! Queries of CloudWatch Logs Insights: started, asked for until they end, stopped when nobody waits.

use super::budget::Class;
use super::pages::Outlet;
use super::session::{Action, Caller};
use crate::app::event::Fact;
use crate::model::logs::{InsightsQuery, InsightsResult};
use crate::model::{Failure, FailureKind};
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::QueryStatus;
use std::time::Duration;

pub(super) const START_QUERY: Action = Action { name: "logs:StartQuery", class: Class::LogsInsights };
pub(super) const GET_QUERY_RESULTS: Action = Action { name: "logs:GetQueryResults", class: Class::LogsInsights };
pub(super) const STOP_QUERY: Action = Action { name: "logs:StopQuery", class: Class::LogsInsights };
/// Between two looks at a query that runs.
const LOOK: Duration = Duration::from_millis(500);

/// Runs a query: a page for each look, the last when it has ended.
pub(super) async fn query(caller: &Caller<'_>, outlet: &Outlet<'_>, query: &InsightsQuery) -> Result<(), Failure> {
    let started = caller
        .call(START_QUERY, |clients| {
            clients
                .logs()
                .start_query()
                .set_log_group_names(Some(query.groups.clone()))
                .query_string(&query.text)
                .start_time(query.from.div_euclid(1_000))
                .end_time(query.to.div_euclid(1_000))
                .limit(query.limit.clamp(1, 10_000))
                .send()
        })
        .await?;
    let id = started.query_id.unwrap_or_default();
    loop {
        let looked =
            caller.call(GET_QUERY_RESULTS, |clients| clients.logs().get_query_results().query_id(&id).send()).await?;
        let status = looked.status.clone();
        let result = InsightsResult { id: id.clone(), ..from_results(looked) };
        match status {
            Some(QueryStatus::Complete) => {
                outlet.last(Fact::Insights(Box::new(InsightsResult { complete: true, ..result }))).await;
                return Ok(());
            }
            Some(QueryStatus::Scheduled | QueryStatus::Running) => {
                outlet.page(Fact::Insights(Box::new(result))).await;
                tokio::time::sleep(LOOK).await;
            }
            other => {
                let word = other.map_or_else(|| "unknown".to_owned(), |status| status.as_str().to_lowercase());
                outlet.page(Fact::Insights(Box::new(result))).await;
                let message = format!("{}: the query ended as {word}", GET_QUERY_RESULTS.name);
                return Err(Failure::new(FailureKind::Service, message));
            }
        }
    }
}

/// Stops a query that nobody waits for: what it has not scanned yet costs nothing.
pub(super) async fn stop(caller: &Caller<'_>, outlet: &Outlet<'_>, id: &str) -> Result<(), Failure> {
    caller.call(STOP_QUERY, |clients| clients.logs().stop_query().query_id(id).send()).await?;
    outlet.last(Fact::Insights(Box::default())).await;
    Ok(())
}

fn from_results(looked: GetQueryResultsOutput) -> InsightsResult {
    let mut columns: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for row in looked.results.unwrap_or_default() {
        let mut values: Vec<Option<String>> = vec![None; columns.len()];
        for field in row {
            let name = field.field.unwrap_or_default();
            // A pointer to the event: of no use to a reader.
            if name == "@ptr" {
                continue;
            }
            let place = columns.iter().position(|known| *known == name).unwrap_or_else(|| {
                columns.push(name);
                columns.len() - 1
            });
            values.resize(values.len().max(place + 1), None);
            values[place] = field.value;
        }
        rows.push(values);
    }
    for row in &mut rows {
        row.resize(columns.len(), None);
    }
    let statistics = looked.statistics;
    InsightsResult {
        id: String::new(),
        complete: false,
        status: looked.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        columns,
        rows,
        matched: statistics.as_ref().map_or(0.0, |s| s.records_matched),
        scanned: statistics.as_ref().map_or(0.0, |s| s.records_scanned),
        bytes: statistics.as_ref().map_or(0.0, |s| s.bytes_scanned),
    }
}
