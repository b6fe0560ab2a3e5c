//! CloudWatch Logs: pages of events, the end of one stream. Groups are in `logs_groups`, live tails are in `logs_live`,
//! queries of Insights in `logs_insights`.

use super::budget::Class;
use super::logs_page::Events;
use super::logs_tail;
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::logs::{LogEvent, LogPage, LogStream, LogWindow};
use crate::model::{Failure, Piece};
use aws_sdk_cloudwatchlogs::types as sdk;

pub(super) const FILTER_LOG_EVENTS: Action = Action { name: "logs:FilterLogEvents", class: Class::LogsFilter };
pub(super) const DESCRIBE_LOG_STREAMS: Action = Action { name: "logs:DescribeLogStreams", class: Class::LogsDescribe };
pub(super) const DESCRIBE_LOG_GROUPS: Action = Action { name: "logs:DescribeLogGroups", class: Class::LogsDescribe };

/// Maximum number of streams listed: nobody would name more.
const MAX_STREAMS: usize = 1_000;

/// Sends one page of a group's events: the caller requests the next one.
pub(super) async fn page(caller: &Caller<'_>, answers: &AnswerSender<'_>, window: &LogWindow) -> Result<(), Failure> {
    let events = Events::default();
    let page = caller
        .call(FILTER_LOG_EVENTS, |clients| {
            let streams = (!window.streams.is_empty()).then(|| window.streams.clone());
            let request = clients
                .logs()
                .filter_log_events()
                .log_group_name(&window.group)
                .set_log_stream_name_prefix(window.prefix.clone())
                .set_log_stream_names(streams)
                .start_time(window.from)
                .set_end_time(window.to)
                .set_filter_pattern(window.pattern.clone())
                .set_start_from_head(window.newest_first.then_some(false))
                .set_limit(window.limit)
                .set_next_token(window.token.clone())
                .customize()
                .interceptor(events.clone());
            match logs_tail::region_override(caller, window.region.as_deref()) {
                Some(there) => request.config_override(there).send(),
                None => request.send(),
            }
        })
        .await
        .map_err(|failure| logs_tail::with_region(caller, window.region.as_deref(), failure))?;
    let next = page.next_token.filter(|token| !token.is_empty());
    let left = page.events.unwrap_or_default().into_iter().map(from_filtered);
    let events = events.take().unwrap_or_else(|| left.collect());
    answers.last(Fact::LogPage(LogPage { events, next })).await;
    Ok(())
}

/// Sends one page of a stream's events, oldest first. There is always a token; a repeated one means that there is no
/// more.
pub(super) async fn stream_page(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    window: &LogWindow,
) -> Result<(), Failure> {
    let events = Events::default();
    let stream = window.streams.first().cloned().unwrap_or_default();
    let page = caller
        .call(logs_tail::GET_LOG_EVENTS, |clients| {
            let request = clients
                .logs()
                .get_log_events()
                .log_group_name(&window.group)
                .log_stream_name(&stream)
                .start_time(window.from)
                // In this API the end is exclusive.
                .set_end_time(window.to.map(|to| to.saturating_add(1)))
                .start_from_head(true)
                .set_limit(window.limit)
                .set_next_token(window.token.clone())
                .customize()
                .interceptor(events.clone());
            match logs_tail::region_override(caller, window.region.as_deref()) {
                Some(there) => request.config_override(there).send(),
                None => request.send(),
            }
        })
        .await
        .map_err(|failure| logs_tail::with_region(caller, window.region.as_deref(), failure))?;
    let left = page.events.unwrap_or_default().into_iter().map(from_stream);
    let mut events = events.take().unwrap_or_else(|| left.collect());
    let stream = Piece::from(stream.as_str());
    for event in &mut events {
        event.stream = stream.clone();
    }
    answers.last(Fact::LogPage(LogPage { events, next: page.next_forward_token })).await;
    Ok(())
}

/// Sends the streams of a group; none if there are too many to name.
pub(super) async fn streams(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    group: &str,
    region: Option<&str>,
) -> Result<(), Failure> {
    let streams = caller
        .all_pages(
            DESCRIBE_LOG_STREAMS,
            MAX_STREAMS,
            |clients, token| {
                let request =
                    clients.logs().describe_log_streams().log_group_name(group).limit(50).set_next_token(token);
                match logs_tail::region_override(caller, region) {
                    Some(there) => request.customize().config_override(there).send(),
                    None => request.customize().send(),
                }
            },
            |page| (page.log_streams.unwrap_or_default(), page.next_token),
        )
        .await?;
    let complete = streams.len() < MAX_STREAMS;
    let streams = streams.into_iter().filter(|_| complete).map(|stream| LogStream {
        name: stream.log_stream_name.unwrap_or_default(),
        created: stream.creation_time.unwrap_or_default(),
        last: stream.last_event_timestamp.max(stream.last_ingestion_time),
    });
    answers.last(Fact::LogStreams(streams.collect())).await;
    Ok(())
}

/// Returns the last lines of one stream of a group in a region, oldest first; none if the stream does not exist yet.
pub(super) async fn tail(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    group: (&str, Option<&str>),
    stream: &str,
    limit: u16,
) -> Result<(), Failure> {
    let events = logs_tail::events(caller, group, stream, u32::from(limit)).await?.into_iter();
    let events = events.map(|event| LogEvent { stream: stream.into(), ..from_stream(event) });
    answers.last(Fact::TaskLog(events.collect())).await;
    Ok(())
}

fn from_filtered(event: sdk::FilteredLogEvent) -> LogEvent {
    LogEvent {
        id: event.event_id.into(),
        stream: event.log_stream_name.into(),
        at: event.timestamp.unwrap_or_default(),
        ingested: event.ingestion_time.unwrap_or_default(),
        message: event.message.into(),
    }
}

/// Converts an event of one stream, which does not contain the stream's name.
fn from_stream(event: sdk::OutputLogEvent) -> LogEvent {
    LogEvent {
        id: Piece::default(),
        stream: Piece::default(),
        at: event.timestamp.unwrap_or_default(),
        ingested: event.ingestion_time.unwrap_or_default(),
        message: event.message.into(),
    }
}
