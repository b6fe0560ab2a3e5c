//! Queries of CloudWatch Logs Insights: started, polled until they end, and stopped when abandoned: data that
//! a query has not scanned yet is not charged.

use super::budget::Class;
use super::pages::AnswerSender;
use super::session::{Action, Caller, Session};
use super::wire;
use crate::app::effect::Priority;
use crate::app::operation::call::may_succeed_later;
use crate::feeds::aws::Fact;
use crate::model::logs::{InsightsQuery, InsightsResult};
use crate::model::{Failure, FailureKind};
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::QueryStatus;
use std::time::Duration;
use tokio::sync::oneshot;

pub(super) const START_QUERY: Action = Action { name: "logs:StartQuery", class: Class::LogsInsights };
pub(super) const GET_QUERY_RESULTS: Action = Action { name: "logs:GetQueryResults", class: Class::LogsInsights };
pub(super) const STOP_QUERY: Action = Action { name: "logs:StopQuery", class: Class::LogsInsights };
/// The polling interval of a running query.
const POLL: Duration = Duration::from_millis(500);

/// Maximum number of consecutive failed polls: a running query is charged, and the next poll may show its end.
const MISSED: u32 = 5;

/// The result of a query so far, and its number of requests.
type Answer = (u32, Result<InsightsResult, Failure>);

/// Runs a query to its end. Dropping the future stops the query.
pub(super) async fn query(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    query: &InsightsQuery,
) -> Result<(), Failure> {
    let (out, answer) = oneshot::channel();
    // The task outlives its caller long enough to stop the query.
    caller.session.spawn_cleanup(run(caller.session.clone(), caller.priority(), query.clone(), out));
    let (requests, found) =
        answer.await.map_err(|_| Failure::new(FailureKind::Other, "an internal fault: see the report in the log"))?;
    wire::add_requests(requests);
    answers.last(Fact::Insights(Box::new(found?))).await;
    Ok(())
}

/// Starts a query and polls it until it ends, or until its caller is gone.
async fn run(session: Session, priority: Priority, query: InsightsQuery, mut out: oneshot::Sender<Answer>) {
    let caller = Caller::new(&session, priority);
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
    // Never cancelled midway: a started query without a known id could not be stopped.
    let (started, mut requests) = wire::count_requests(async { (start.await, wire::requests_sent()) }).await;
    let id = match started {
        Ok(started) => started.query_id.unwrap_or_default(),
        Err(failure) => {
            let _ = out.send((requests, Err(failure)));
            return;
        }
    };
    let (mut pause, mut missed) = (Duration::ZERO, 0);
    loop {
        let poll = async {
            tokio::time::sleep(pause).await;
            let answer =
                caller.call(GET_QUERY_RESULTS, |clients| clients.logs().get_query_results().query_id(&id).send());
            (Box::pin(answer).await, wire::requests_sent())
        };
        let (answer, sent) = tokio::select! {
            answer = wire::count_requests(poll) => answer,
            () = out.closed() => break,
        };
        (pause, requests) = (POLL, requests + sent);
        match answer.map(result_of) {
            Ok(None) => missed = 0,
            Err(failure)
                if missed < MISSED && may_succeed_later(&failure) && failure.kind != FailureKind::Credentials =>
            {
                missed += 1;
                pause = POLL * 2_u32.pow(missed);
            }
            Ok(Some(found)) => {
                let _ = out.send((requests, found));
                return;
            }
            Err(failure) => {
                // It may still run, and nobody will poll it.
                let _ = out.send((requests, Err(failure)));
                break;
            }
        }
    }
    let _ = caller.call(STOP_QUERY, |clients| clients.logs().stop_query().query_id(&id).send()).await;
}

/// Returns the result of a query, or `None` while it runs.
fn result_of(answer: GetQueryResultsOutput) -> Option<Result<InsightsResult, Failure>> {
    match &answer.status {
        Some(QueryStatus::Scheduled | QueryStatus::Running) => None,
        Some(QueryStatus::Complete) => Some(Ok(InsightsResult { complete: true, ..from_results(answer) })),
        other => {
            let word = other.as_ref().map_or_else(|| "unknown".to_owned(), |status| status.as_str().to_lowercase());
            let message = format!("{}: the query ended as {word}", GET_QUERY_RESULTS.name);
            Some(Err(Failure::new(FailureKind::Service, message)))
        }
    }
}

fn from_results(answer: GetQueryResultsOutput) -> InsightsResult {
    let mut columns: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for row in answer.results.unwrap_or_default() {
        let mut values: Vec<Option<String>> = vec![None; columns.len()];
        for field in row {
            let name = field.field.unwrap_or_default();
            // A pointer to the event: useless to a reader.
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
    let statistics = answer.statistics;
    InsightsResult {
        complete: false,
        status: answer.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        columns,
        rows,
        matched: statistics.as_ref().map_or(0.0, |s| s.records_matched),
        scanned: statistics.as_ref().map_or(0.0, |s| s.records_scanned),
        bytes: statistics.as_ref().map_or(0.0, |s| s.bytes_scanned),
    }
}
