//! `StartLiveTail`: an event stream with newly ingested lines, every second, for at most three
//! hours. It repeats nothing and reports when it shows only a part.

use super::budget::Class;
use super::failure::{clean, root_cause};
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::logs::{LiveUpdate, LogEvent};
use crate::model::{Failure, FailureKind, Piece};
use aws_sdk_cloudwatchlogs::types as sdk;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use std::time::Duration;

pub(super) const START_LIVE_TAIL: Action = Action { name: "logs:StartLiveTail", class: Class::LogsLive };
/// The server sends something every second: silence of this length means a dead connection, which
/// nothing else would detect.
const SILENCE: Duration = Duration::from_secs(10);

/// Follows groups (ARNs without `:*`) until the session ends or breaks: one update per second.
pub(super) async fn follow(caller: &Caller<'_>, answers: &AnswerSender<'_>, groups: &[String]) -> Result<(), Failure> {
    let mut session = caller
        .call(START_LIVE_TAIL, |clients| {
            clients.logs().start_live_tail().set_log_group_identifiers(Some(groups.to_vec())).send()
        })
        .await?;
    loop {
        let name = START_LIVE_TAIL.name;
        let received = tokio::time::timeout(SILENCE, session.response_stream.recv()).await;
        let frame = received.map_err(|_| {
            Failure::new(FailureKind::Timeout, format!("{name}: the connection is open and silent for {SILENCE:?}"))
        })?;
        match frame {
            Ok(Some(sdk::StartLiveTailResponseStream::SessionStart(_))) => {
                answers.page(Fact::LiveTail(LiveUpdate { started: true, ..LiveUpdate::default() })).await;
            }
            Ok(Some(sdk::StartLiveTailResponseStream::SessionUpdate(update))) => {
                answers.page(Fact::LiveTail(from_update(update))).await;
            }
            Ok(Some(_)) => {}
            Ok(None) => {
                answers.last(Fact::LiveTail(LiveUpdate::default())).await;
                return Ok(());
            }
            Err(error) => {
                let code = error.as_service_error().and_then(|error| error.code()).unwrap_or_default();
                if code.contains("SessionTimeout") {
                    answers.last(Fact::LiveTail(LiveUpdate::default())).await;
                    return Ok(());
                }
                let message = format!("{name}: the live tail broke off: {}", clean(&root_cause(&error)));
                return Err(Failure::new(FailureKind::Unreachable, message));
            }
        }
    }
}

fn from_update(update: sdk::LiveTailSessionUpdate) -> LiveUpdate {
    let events = update.session_results.unwrap_or_default().into_iter().map(|event| {
        let group = event.log_group_identifier.unwrap_or_default();
        // The identifier has the form `ACCOUNT:NAME`.
        let name = group.split_once(':').map_or(group.as_str(), |(_, name)| name).to_owned();
        let event = LogEvent {
            id: Piece::default(),
            stream: event.log_stream_name.into(),
            at: event.timestamp.unwrap_or_default(),
            ingested: event.ingestion_time.unwrap_or_default(),
            message: event.message.into(),
        };
        (name, event)
    });
    LiveUpdate {
        events: events.collect(),
        sampled: update.session_metadata.is_some_and(|metadata| metadata.sampled),
        started: false,
    }
}
