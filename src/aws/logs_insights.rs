//! Queries of CloudWatch Logs Insights: started, asked for until they end, stopped when nobody waits: what
//! a query has not scanned yet costs nothing.

use super::budget::Class;
use super::pages::Outlet;
use super::session::{Action, Caller, Session};
use super::wire;
use crate::app::effect::Lane;
use crate::app::event::Fact;
use crate::model::logs::{InsightsQuery, InsightsResult};
use crate::model::{Failure, FailureKind};
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::QueryStatus;
use std::time::Duration;
use tokio::sync::mpsc;

pub(super) const START_QUERY: Action = Action { name: "logs:StartQuery", class: Class::LogsInsights };
pub(super) const GET_QUERY_RESULTS: Action = Action { name: "logs:GetQueryResults", class: Class::LogsInsights };
pub(super) const STOP_QUERY: Action = Action { name: "logs:StopQuery", class: Class::LogsInsights };
/// Between two looks at a query that runs.
const LOOK: Duration = Duration::from_millis(500);

/// What a look at a query brought, and the requests that it took.
struct Look {
    requests: u32,
    result: Option<InsightsResult>,
    end: Option<Result<(), Failure>>,
}

/// Runs a query: a page for each look, the last when it has ended. Dropping the future stops the query.
pub(super) async fn query(caller: &Caller<'_>, outlet: &Outlet<'_>, query: &InsightsQuery) -> Result<(), Failure> {
    let (out, mut looks) = mpsc::channel(1);
    // It goes on for a moment after nobody waits any more: to say so to the service.
    caller.session.apart(run(caller.session.clone(), caller.lane(), query.clone(), out));
    while let Some(Look { requests, result, end }) = looks.recv().await {
        wire::add(requests);
        match (end, result) {
            (Some(Ok(())), Some(result)) => {
                outlet.last(Fact::Insights(Box::new(result))).await;
                return Ok(());
            }
            (end, result) => {
                if let Some(result) = result {
                    outlet.page(Fact::Insights(Box::new(result))).await;
                }
                if let Some(Err(failure)) = end {
                    return Err(failure);
                }
            }
        }
    }
    Err(Failure::new(FailureKind::Other, "an internal fault: see the report in the log"))
}

/// Starts a query and looks at it until it ends, or until nobody listens.
async fn run(session: Session, lane: Lane, query: InsightsQuery, out: mpsc::Sender<Look>) {
    let caller = Caller::new(&session, lane);
    let start = Box::pin(caller.call(START_QUERY, |clients| {
        clients
            .logs()
            .start_query()
            .set_log_group_names(Some(query.groups.clone()))
            .query_string(&query.text)
            .start_time(query.from.div_euclid(1_000))
            .end_time(query.to.div_euclid(1_000))
            .limit(query.limit.clamp(1, 10_000))
            .send()
    }));
    // Never left half-way: a query that was started and has no id could not be stopped.
    let (started, mut requests) = wire::counted(async { (start.await, wire::sent()) }).await;
    let id = match started {
        Ok(started) => started.query_id.unwrap_or_default(),
        Err(failure) => {
            let _ = out.send(Look { requests, result: None, end: Some(Err(failure)) }).await;
            return;
        }
    };
    let mut pause = Duration::ZERO;
    loop {
        let look = async {
            tokio::time::sleep(pause).await;
            let looked =
                caller.call(GET_QUERY_RESULTS, |clients| clients.logs().get_query_results().query_id(&id).send());
            (Box::pin(looked).await, wire::sent())
        };
        let (looked, sent) = tokio::select! {
            looked = wire::counted(look) => looked,
            () = out.closed() => break,
        };
        (pause, requests) = (LOOK, requests + sent);
        let (result, end) = match looked {
            Ok(looked) => judged(&id, looked),
            Err(failure) => (None, Some(Err(failure))),
        };
        let over = end.as_ref().is_some_and(|end| end.is_ok() || result.is_some());
        let _ = out.send(Look { requests, result, end }).await;
        requests = 0;
        if over {
            return;
        }
    }
    let _ = caller.call(STOP_QUERY, |clients| clients.logs().stop_query().query_id(&id).send()).await;
}

/// What a query has found, and whether that was all or it failed.
fn judged(id: &str, looked: GetQueryResultsOutput) -> (Option<InsightsResult>, Option<Result<(), Failure>>) {
    let status = looked.status.clone();
    let complete = status == Some(QueryStatus::Complete);
    let result = InsightsResult { id: id.to_owned(), complete, ..from_results(looked) };
    let end = match status {
        Some(QueryStatus::Complete) => Some(Ok(())),
        Some(QueryStatus::Scheduled | QueryStatus::Running) => None,
        other => {
            let word = other.map_or_else(|| "unknown".to_owned(), |status| status.as_str().to_lowercase());
            let message = format!("{}: the query ended as {word}", GET_QUERY_RESULTS.name);
            Some(Err(Failure::new(FailureKind::Service, message)))
        }
    };
    (Some(result), end)
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
