//! `DescribeLogGroups` and `DescribeLogStreams`.

use super::input::{group, invalid, limit, no_group};
use crate::account::ACCOUNT;
use crate::services::token::{self, Page};
use crate::services::{ApiError, Call};
use crate::wire::{Node, list, map};
use crate::world::DAY;
use crate::world::logs::{SLOT, Stream};

/// Pages of groups, by name prefix or by part of the name.
pub(super) fn describe_groups(call: &Call<'_>) -> Result<Node, ApiError> {
    let prefix = call.input.str("logGroupNamePrefix");
    let part = call.input.str("logGroupNamePattern");
    if prefix.is_some() && part.is_some() {
        return Err(invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."));
    }
    let names = call.world.groups(call.region).into_iter().filter(|name| {
        prefix.is_none_or(|p| name.starts_with(p))
            && part.is_none_or(|p| name.to_lowercase().contains(&p.to_lowercase()))
    });
    let created = call.world.start - 120 * DAY;
    let rows = names.map(|name| {
        let arn = format!("arn:aws:logs:{}:{ACCOUNT}:log-group:{name}", call.region);
        let days = if name.contains("-staging") { 7 } else { 30 };
        let node = map! {
            "logGroupName": &name,
            "creationTime": created,
            "retentionInDays": days,
            "metricFilterCount": 0,
            "arn": format!("{arn}:*"),
            "storedBytes": 48_211_904_i64,
            "logGroupClass": "STANDARD",
            "logGroupArn": arn,
        };
        (name, node)
    });
    let (rows, next): Page<Node> = token::page(rows, call.input.str("nextToken"), limit(call, 50, 50)?)
        .ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    Ok(map! {"logGroups": list(rows), "nextToken": next})
}

/// Pages of streams, by name or by last event.
pub(super) fn describe_streams(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = group(call)?;
    let prefix = call.input.str("logStreamNamePrefix");
    let by_time = call.input.str("orderBy") == Some("LastEventTime");
    if by_time && prefix.is_some() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let mut streams = call.world.streams(call.region, name).ok_or_else(no_group)?;
    streams.retain(|s| prefix.is_none_or(|p| s.name.starts_with(p)));
    let now = call.world.now;
    if by_time {
        streams.sort_by_key(|s| (s.until.unwrap_or(now), s.name.clone()));
    }
    if call.input.bool("descending") == Some(true) {
        streams.reverse();
    }
    let rows = streams.into_iter().enumerate().map(|(n, s)| (format!("{n:06}"), node(&s, call.region, now)));
    let (rows, next): Page<Node> = token::page(rows, call.input.str("nextToken"), limit(call, 50, 50)?)
        .ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    Ok(map! {"logStreams": list(rows), "nextToken": next})
}

fn node(s: &Stream, region: &str, now: i64) -> Node {
    let last = s.until.unwrap_or(now);
    // The service updates this timestamp up to an hour late.
    let reported = last - (last - s.from).min(20 * 60_000) / SLOT * SLOT;
    map! {
        "logStreamName": &s.name,
        "creationTime": s.from,
        "firstEventTimestamp": s.from,
        "lastEventTimestamp": reported,
        "lastIngestionTime": last,
        "uploadSequenceToken": "49039859598591852846885963587963417",
        "arn": format!("arn:aws:logs:{region}:{ACCOUNT}:log-group:{}:log-stream:{}", s.group, s.name),
        "storedBytes": 0,
    }
}
