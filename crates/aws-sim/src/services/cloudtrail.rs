//! `CloudTrail`: the recorded write events. They are recorded in `world::cloudtrail`.

use super::{ApiError, Call, token};
use crate::clock::timestamp;
use crate::wire::{Node, list, map};
use crate::world::cloudtrail::Write;

/// Runs a `CloudTrail` operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "LookupEvents" => lookup(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn lookup(call: &Call<'_>) -> Result<Node, ApiError> {
    let input = call.input;
    let size = match input.int("MaxResults") {
        None => 50,
        Some(n) => usize::try_from(n).ok().filter(|n| (1..=50).contains(n)).ok_or_else(|| {
            ApiError::client("InvalidMaxResultsException", "A MaxResults value must be between 1 and 50.")
        })?,
    };
    let attributes = input.items("LookupAttributes");
    if attributes.len() > 1 {
        let text = "You can specify only one lookup attribute.";
        return Err(ApiError::client("InvalidLookupAttributesException", text));
    }
    let (start, end) = (input.time("StartTime"), input.time("EndTime"));
    if start.zip(end).is_some_and(|(start, end)| start >= end) {
        let text = "The start time must be before the end time.";
        return Err(ApiError::client("InvalidTimeRangeException", text));
    }
    let attribute = attributes.first().and_then(|one| one.str("AttributeKey").zip(one.str("AttributeValue")));
    let trail = &call.world.trail;
    let listed = call.world.now - trail.delay;
    let is_requested = |write: &&Write| {
        write.region == call.region
            && write.at <= listed
            && start.is_none_or(|start| write.at >= start.as_millisecond())
            && end.is_none_or(|end| write.at <= end.as_millisecond())
            && match attribute {
                None | Some(("ReadOnly", "false")) => true,
                Some(("EventName", name)) => write.name == name,
                Some(("EventSource", source)) => write.source == source,
                Some(("Username", who)) => write.who == who,
                Some(("EventId", id)) => write.id == id,
                Some(_) => false,
            }
    };
    let rows: Vec<(String, Node)> = trail
        .writes
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, write)| is_requested(write))
        // Newest first: the sort key counts down.
        .map(|(at, write)| (format!("{:012}", 999_999_999_999 - at), event(write)))
        .collect();
    let (items, next) = token::page(rows.into_iter(), input.str("NextToken"), size)
        .ok_or_else(|| ApiError::client("InvalidNextTokenException", "The next token is not valid."))?;
    Ok(map! {"Events": list(items), "NextToken": next})
}

fn event(write: &Write) -> Node {
    map! {
        "EventId": &write.id,
        "EventName": &write.name,
        "ReadOnly": "false",
        "AccessKeyId": &write.key,
        "EventTime": timestamp(write.at),
        "EventSource": &write.source,
        "Username": (!write.who.is_empty()).then_some(write.who.as_str()),
        "Resources": list(Vec::<Node>::new()),
        "CloudTrailEvent": &write.event,
    }
}
