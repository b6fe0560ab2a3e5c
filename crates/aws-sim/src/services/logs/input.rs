//! Input shared by the operations of Logs: the group and the limit of a request, and their errors.

use crate::services::{ApiError, Call};

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterException", message)
}

pub(super) fn no_group() -> ApiError {
    ApiError::client("ResourceNotFoundException", "The specified log group does not exist.")
}

/// The group of a call: a name, or an identifier that is an ARN.
pub(super) fn group<'a>(call: &Call<'a>) -> Result<&'a str, ApiError> {
    let name = call.input.str("logGroupName").or_else(|| call.input.str("logGroupIdentifier"));
    let name = name.ok_or_else(|| invalid("You must include either logGroupName or logGroupIdentifier."))?;
    Ok(group_of(name))
}

/// The group name in an ARN `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`, with or without `:*`.
pub(super) fn group_of(name: &str) -> &str {
    let name = name.split_once(":log-group:").map_or(name, |(_, name)| name);
    name.strip_suffix(":*").unwrap_or(name)
}

/// The limit: 1 to `most`, or the default.
pub(super) fn limit(call: &Call<'_>, default: usize, most: usize) -> Result<usize, ApiError> {
    match call.input.int("limit") {
        None => Ok(default),
        Some(n) => usize::try_from(n).ok().filter(|n| (1..=most).contains(n)).ok_or_else(|| {
            invalid(format!("1 validation error detected: Value '{n}' at 'limit' failed to satisfy constraint: Member must have value less than or equal to {most}"))
        }),
    }
}
