//! Insights: `StartQuery`, `GetQueryResults`, `StopQuery`. A query completes when its results are requested for the
//! second time, because queries take no time here. The language is parsed in `parse` and executed in `run`.

mod parse;
mod run;

use super::input::{group_of, invalid, no_group};
use crate::rng::Rng;
use crate::services::{ApiError, Call};
use crate::wire::{Node, list, map};
use crate::world::logs::QueryState;
use std::borrow::Cow;

/// `StartQuery`.
pub(super) fn start(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let mut groups: Vec<String> = ["logGroupNames", "logGroupIdentifiers"]
        .iter()
        .flat_map(|key| call.input.strings(key))
        .map(|name| group_of(name).to_owned())
        .collect();
    groups.extend(call.input.str("logGroupName").map(str::to_owned));
    if groups.is_empty() {
        return Err(invalid("At least one log group is required."));
    }
    if groups.len() > 50 {
        return Err(invalid("At most 50 log groups are allowed."));
    }
    if groups.iter().any(|group| call.world.streams(call.region, group).is_none()) {
        return Err(no_group());
    }
    let text = call.input.str("queryString").unwrap_or_default();
    let query = parse::parse(text)
        .map_err(|e| ApiError::client("MalformedQueryException", format!("{} ({},{})", e.message, e.line, e.column)))?;
    drop(query);
    let (from, to) = (call.input.int("startTime").unwrap_or(0), call.input.int("endTime").unwrap_or(0));
    if to < from {
        return Err(invalid("End time should not be less than start time."));
    }
    let id = Rng::new(call.world.seed ^ call.world.logs.queries.len() as u64, "query").uuid();
    let state = QueryState {
        region: call.region.to_owned(),
        groups,
        text: text.to_owned(),
        from: from * 1_000,
        to: to * 1_000 + 999,
        limit: call.input.int("limit").and_then(|n| usize::try_from(n).ok()).unwrap_or(1_000).clamp(1, 10_000),
        polls: 0,
        cancelled: false,
    };
    call.world.logs.queries.insert(id.clone(), state);
    Ok(map! {"queryId": id})
}

/// `StopQuery`.
pub(super) fn stop(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let id = call.input.str("queryId").unwrap_or_default();
    let state = call.world.logs.queries.get_mut(id).ok_or_else(no_query)?;
    if state.polls >= 2 {
        return Err(invalid("Query is not in Running or Scheduled state."));
    }
    state.cancelled = true;
    Ok(map! {"success": true})
}

fn no_query() -> ApiError {
    ApiError::client("ResourceNotFoundException", "The specified query does not exist.")
}

/// `GetQueryResults`.
pub(super) fn results(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let id = call.input.str("queryId").unwrap_or_default();
    let state = call.world.logs.queries.get_mut(id).ok_or_else(no_query)?;
    state.polls += 1;
    let state = state.clone();
    let empty = |status: &str| {
        Ok(map! {
            "queryLanguage": "CWLI",
            "results": list(Vec::<Node>::new()),
            "statistics": map! {"recordsMatched": 0.0, "recordsScanned": 0.0, "bytesScanned": 0.0},
            "status": status,
        })
    };
    if state.cancelled {
        return empty("Cancelled");
    }
    if state.polls < 2 {
        return empty("Running");
    }
    let Ok(query) = parse::parse(&state.text) else { return empty("Failed") };
    let found = run::run(call.world, &state, &query);
    let rows = found.rows.into_iter().map(|row| {
        list(row.into_iter().map(|(field, value)| {
            Node::Map(vec![(Cow::Borrowed("field"), Node::from(field)), (Cow::Borrowed("value"), Node::from(value))])
        }))
    });
    Ok(map! {
        "queryLanguage": "CWLI",
        "results": list(rows),
        "statistics": map! {
            "recordsMatched": found.matched as f64,
            "recordsScanned": found.scanned as f64,
            "bytesScanned": found.bytes as f64,
            "logGroupsScanned": state.groups.len() as f64,
        },
        "status": "Complete",
    })
}
