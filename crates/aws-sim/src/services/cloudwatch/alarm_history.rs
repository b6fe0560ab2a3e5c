//! `DescribeAlarmHistory`: the state changes of alarms.

use crate::clock::{Ms, timestamp};
use crate::services::{ApiError, Call, token};
use crate::wire::{Node, list, map};
use crate::world::alarms::Change;
use serde_json::json;

/// Answers the operation.
pub(super) fn call(call: &Call<'_>) -> Result<Node, ApiError> {
    let input = call.input;
    let size = super::max_records(input, 100)?;
    let name = input.str("AlarmName");
    let types = input.strings("AlarmTypes");
    let kind = input.str("HistoryItemType");
    let bound = |key: &str| input.time(key).map(jiff::Timestamp::as_millisecond);
    let (start, end) = (bound("StartDate"), bound("EndDate"));
    let ascending = input.str("ScanBy") == Some("TimestampAscending");
    let inside = |at: Ms| start.is_none_or(|start| at >= start) && end.is_none_or(|end| at <= end);
    let wants = |kind: &str| types.contains(&kind);
    let metric = call.world.alarms.iter().filter(|_| types.is_empty() || wants("MetricAlarm"));
    let metric = metric.filter(|alarm| alarm.region == call.region);
    let metric = metric.map(|alarm| ("MetricAlarm", &alarm.name, &alarm.changes));
    let composite = call.world.composites.iter().filter(|_| wants("CompositeAlarm"));
    let composite = composite.filter(|alarm| alarm.region == call.region);
    let composite = composite.map(|alarm| ("CompositeAlarm", &alarm.name, &alarm.changes));
    let mut rows: Vec<(String, Node)> = metric
        .chain(composite)
        .filter(|(_, alarm, _)| name.is_none_or(|name| *alarm == name))
        .filter(|_| kind.is_none_or(|kind| kind == "StateUpdate"))
        .flat_map(|(kind, name, changes)| changes.iter().map(move |change| (kind, name, change)))
        .filter(|(_, _, change)| inside(change.at))
        .map(|(kind, name, change)| {
            let time = if ascending { change.at } else { i64::MAX - change.at };
            (format!("{time:020}{name}"), item(kind, name, change))
        })
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (items, next) = token::page(rows.into_iter(), input.str("NextToken"), size)
        .ok_or_else(|| ApiError::client("InvalidNextToken", "The next token is not valid."))?;
    Ok(map! {"AlarmHistoryItems": list(items), "NextToken": next})
}

fn item(kind: &'static str, name: &str, change: &Change) -> Node {
    let state = |state: &str, reason: &str| json!({"stateValue": state, "stateReason": reason});
    let data = json!({
        "version": "1.0",
        "oldState": state(change.from.name(), &change.reasons.0),
        "newState": state(change.to.name(), &change.reasons.1),
    });
    map! {
        "AlarmName": name,
        "AlarmType": kind,
        "Timestamp": timestamp(change.at),
        "HistoryItemType": "StateUpdate",
        "HistorySummary": format!("Alarm updated from {} to {}", change.from.name(), change.to.name()),
        "HistoryData": data.to_string(),
    }
}
