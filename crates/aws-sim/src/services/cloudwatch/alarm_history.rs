//! `DescribeAlarmHistory`: the changes of alarms' states.

use crate::clock::{Ms, timestamp};
use crate::services::{ApiError, Call, token};
use crate::wire::{Node, list, map};
use crate::world::alarms::{Alarm, Change};
use serde_json::json;

/// Answers it.
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
    let mut rows: Vec<(String, Node)> = call
        .world
        .alarms
        .iter()
        .filter(|alarm| alarm.region == call.region && name.is_none_or(|name| alarm.name == name))
        .filter(|_| types.is_empty() || types.contains(&"MetricAlarm"))
        .filter(|_| kind.is_none_or(|kind| kind == "StateUpdate"))
        .flat_map(|alarm| alarm.changes.iter().map(move |change| (alarm, change)))
        .filter(|(_, change)| inside(change.at))
        .map(|(alarm, change)| {
            let time = if ascending { change.at } else { i64::MAX - change.at };
            (format!("{time:020}{}", alarm.name), item(alarm, change))
        })
        .collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let (items, next) = token::page(rows.into_iter(), input.str("NextToken"), size)
        .ok_or_else(|| ApiError::client("InvalidNextToken", "The next token is not valid."))?;
    Ok(map! {"AlarmHistoryItems": list(items), "NextToken": next})
}

fn item(alarm: &Alarm, change: &Change) -> Node {
    let state = |state: &str, reason: &str| json!({"stateValue": state, "stateReason": reason});
    let data = json!({
        "version": "1.0",
        "oldState": state(change.from.name(), &change.reasons.0),
        "newState": state(change.to.name(), &change.reasons.1),
    });
    map! {
        "AlarmName": &alarm.name,
        "AlarmType": "MetricAlarm",
        "Timestamp": timestamp(change.at),
        "HistoryItemType": "StateUpdate",
        "HistorySummary": format!("Alarm updated from {} to {}", change.from.name(), change.to.name()),
        "HistoryData": data.to_string(),
    }
}
