//! `CloudWatch` Logs: the last lines of one stream.

use super::budget::Class;
use super::session::{Action, Caller};
use crate::model::Failure;
use aws_sdk_cloudwatchlogs::config::{Builder, Config, Region};
use aws_sdk_cloudwatchlogs::types::OutputLogEvent;

pub(super) const GET_LOG_EVENTS: Action = Action { name: "logs:GetLogEvents", class: Class::LogsGet };
/// Maximum number of lines in one answer, by the API.
const MAX: u32 = 10_000;
/// Maximum number of pages read: empty ones may precede those with lines.
const PAGES: usize = 5;
/// An answer is cut at 1 MiB. A shorter one with too few lines is the whole stream, in bytes.
const NEARLY_FULL: usize = 900_000;

/// The settings of a request to a group in another region than the environment's; `None` for its own region.
pub(super) fn region_override(caller: &Caller<'_>, region: Option<&str>) -> Option<Builder> {
    let region = region.filter(|region| caller.session.region().as_deref() != Some(region))?;
    Some(Config::builder().region(Region::new(region.to_owned())))
}

/// Adds the region to the failure of a request to a group if it is not the environment's.
pub(super) fn with_region(caller: &Caller<'_>, region: Option<&str>, mut failure: Failure) -> Failure {
    if let Some(region) = region.filter(|region| caller.session.region().as_deref() != Some(region)) {
        failure.message = format!("in {region}: {}", failure.message);
    }
    failure
}

/// Returns the newest lines of a stream of a group in a region (`None`: the environment's), oldest first, unchanged.
pub(super) async fn lines(
    caller: &Caller<'_>,
    group: (&str, Option<&str>),
    stream: &str,
    limit: u32,
) -> Result<Vec<String>, Failure> {
    let events = events(caller, group, stream, limit).await?;
    Ok(events.into_iter().map(|event| event.message.unwrap_or_default()).collect())
}

/// Returns the last events of a stream, oldest first, up to a maximum.
pub(super) async fn events(
    caller: &Caller<'_>,
    (group, region): (&str, Option<&str>),
    stream: &str,
    limit: u32,
) -> Result<Vec<OutputLogEvent>, Failure> {
    let limit = limit.clamp(1, MAX) as usize;
    let mut token: Option<String> = None;
    // Newest page first, each in chronological order.
    let mut pages: Vec<Vec<OutputLogEvent>> = Vec::new();
    let mut missing = limit;
    for _ in 0..PAGES {
        let page = caller
            .call(GET_LOG_EVENTS, |clients| {
                let request = clients
                    .logs()
                    .get_log_events()
                    .log_group_name(group)
                    .log_stream_name(stream)
                    .start_from_head(false)
                    .limit(i32::try_from(missing).unwrap_or(i32::MAX))
                    .set_next_token(token.clone())
                    .customize();
                match region_override(caller, region) {
                    Some(there) => request.config_override(there).send(),
                    None => request.send(),
                }
            })
            .await?;
        let mut lines = page.events.unwrap_or_default();
        lines.drain(..lines.len().saturating_sub(missing));
        let bytes: usize = lines.iter().filter_map(OutputLogEvent::message).map(str::len).sum();
        missing -= lines.len();
        let more = lines.is_empty() || bytes >= NEARLY_FULL;
        pages.push(lines);
        // This API repeats the token if there is nothing before it.
        let before = page.next_backward_token.filter(|next| Some(next) != token.as_ref());
        if missing == 0 || !more || before.is_none() {
            break;
        }
        token = before;
    }
    Ok(pages.into_iter().rev().flatten().collect())
}
