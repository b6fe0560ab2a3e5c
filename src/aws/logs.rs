//! CloudWatch Logs: pages of events, the end of one stream, groups. Live tails are in `logs_live`,
//! queries of Insights in `logs_insights`.

use super::budget::Class;
use super::logs_page::Events;
use super::logs_tail;
use super::pages::Outlet;
use super::session::{Action, Caller};
use crate::app::event::Fact;
use crate::model::logs::{LogEvent, LogGroup, LogPage, LogWindow};
use crate::model::{Failure, Piece};
use aws_sdk_cloudwatchlogs::types as sdk;

pub(super) const FILTER_LOG_EVENTS: Action = Action { name: "logs:FilterLogEvents", class: Class::LogsFilter };
pub(super) const DESCRIBE_LOG_GROUPS: Action = Action { name: "logs:DescribeLogGroups", class: Class::LogsDescribe };

/// One page of a group's events: whoever asks decides about the next.
pub(super) async fn page(caller: &Caller<'_>, outlet: &Outlet<'_>, window: &LogWindow) -> Result<(), Failure> {
    let events = Events::default();
    let page = caller
        .call(FILTER_LOG_EVENTS, |clients| {
            clients
                .logs()
                .filter_log_events()
                .log_group_name(&window.group)
                .set_log_stream_name_prefix(window.prefix.clone())
                .start_time(window.from)
                .set_end_time(window.to)
                .set_filter_pattern(window.pattern.clone())
                .set_start_from_head(window.newest_first.then_some(false))
                .set_limit(window.limit)
                .set_next_token(window.token.clone())
                .customize()
                .interceptor(events.clone())
                .send()
        })
        .await?;
    let next = page.next_token.filter(|token| !token.is_empty());
    let left = page.events.unwrap_or_default().into_iter().map(from_filtered);
    let events = events.take().unwrap_or_else(|| left.collect());
    outlet.last(Fact::LogPage(LogPage { events, next })).await;
    Ok(())
}

/// The last lines of one stream, oldest first. A stream that does not exist yet has none.
pub(super) async fn tail(
    caller: &Caller<'_>,
    outlet: &Outlet<'_>,
    group: &str,
    stream: &str,
    limit: u16,
) -> Result<(), Failure> {
    let events = logs_tail::events(caller, group, stream, u32::from(limit)).await?.into_iter();
    let events = events.map(|event| LogEvent {
        id: Piece::default(),
        stream: stream.into(),
        at: event.timestamp.unwrap_or_default(),
        ingested: event.ingestion_time.unwrap_or_default(),
        message: event.message.into(),
    });
    outlet.last(Fact::TaskLog(events.collect())).await;
    Ok(())
}

/// Groups whose names begin so; all of them for an empty prefix.
pub(super) async fn groups(caller: &Caller<'_>, outlet: &Outlet<'_>, prefix: &str) -> Result<(), Failure> {
    caller
        .pages(
            outlet,
            DESCRIBE_LOG_GROUPS,
            |clients, token| {
                let request = clients.logs().describe_log_groups().limit(50).set_next_token(token);
                let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
                request.set_log_group_name_prefix(prefix).send()
            },
            |page| {
                let groups = page.log_groups.unwrap_or_default().into_iter().map(|group| LogGroup {
                    name: group.log_group_name.unwrap_or_default(),
                    bytes: group.stored_bytes.unwrap_or_default(),
                    retention_days: group.retention_in_days,
                    created: group.creation_time,
                });
                (Fact::LogGroups(groups.collect()), page.next_token)
            },
        )
        .await
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
