//! CloudWatch Logs: the table of operations. Shared input is in `input`, groups and streams in `groups`, reading
//! events in `events`, filter patterns in `pattern`, live tails in `tail`, queries in `insights`.

mod events;
mod groups;
mod input;
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
