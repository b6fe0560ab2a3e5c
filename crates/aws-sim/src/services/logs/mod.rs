//! CloudWatch Logs: the table of operations and what they share. Groups and streams are in
//! `groups`, reading events in `events`, filter patterns in `pattern`, live tails in `tail`, queries in
//! `insights`.

mod events;
mod groups;
mod insights;
mod pattern;
pub(crate) mod tail;

use super::{ApiError, Call};
use crate::wire::Node;
pub(super) use events::visible;

/// Runs an operation of Logs.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeLogGroups" => groups::describe_groups(call),
        "DescribeLogStreams" => groups::describe_streams(call),
        "GetLogEvents" => events::get(call),
        "FilterLogEvents" => events::filter(call),
        "StartQuery" => insights::start(call),
        "GetQueryResults" => insights::results(call),
        "StopQuery" => insights::stop(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterException", message)
}

fn no_group() -> ApiError {
    ApiError::client("ResourceNotFoundException", "The specified log group does not exist.")
}

/// The group a call is about: a name, or an identifier that is an ARN.
fn group<'a>(call: &Call<'a>) -> Result<&'a str, ApiError> {
    let name = call.input.str("logGroupName").or_else(|| call.input.str("logGroupIdentifier"));
    let name = name.ok_or_else(|| invalid("You must include either logGroupName or logGroupIdentifier."))?;
    Ok(group_of(name))
}

/// The name in an ARN `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`, with or without `:*`.
fn group_of(name: &str) -> &str {
    let name = name.split_once(":log-group:").map_or(name, |(_, name)| name);
    name.strip_suffix(":*").unwrap_or(name)
}

/// A limit: 1 to `most`, else the default.
fn limit(call: &Call<'_>, default: usize, most: usize) -> Result<usize, ApiError> {
    match call.input.int("limit") {
        None => Ok(default),
        Some(n) => usize::try_from(n).ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value '{n}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to {most}"))
        }),
    }
}
