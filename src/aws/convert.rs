//! Conversions from the types of the SDK to those of the model.

use crate::model::{Failure, FailureKind};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// Converts a time; one outside of the displayable range is `None`.
pub(super) fn to_timestamp(at: Option<DateTime>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// Converts a time for a request.
pub(super) fn to_sdk_time(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

/// Converts a count; a negative one, which no service should send, is 0.
pub(super) fn to_count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// Converts a count for a request of this action.
pub(super) fn to_sdk_count(action: &str, count: Option<u32>) -> Result<Option<i32>, Failure> {
    let number = count.map(i32::try_from).transpose();
    number
        .map_err(|_| Failure::new(FailureKind::Other, format!("{action}: {} is too large", count.unwrap_or_default())))
}

/// Converts a port; `None` if the number is not one.
pub(super) fn to_port(number: i32) -> Option<u16> {
    u16::try_from(number).ok().filter(|port| *port > 0)
}

/// The text after the last `/` of an ARN (a task's id, a cluster's name), or the whole text if there is none.
pub(super) fn arn_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The tail of an optional owned ARN.
pub(super) fn owned_arn_name(arn: Option<String>) -> String {
    arn.map(|arn| arn_name(&arn).to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_the_last_part_of_an_arn() {
        assert_eq!(arn_name("arn:aws:ecs:ap-northeast-1:1:task/cluster/0123abcd"), "0123abcd");
        assert_eq!(arn_name("arn:aws:ecs:ap-northeast-1:1:task-definition/web:42"), "web:42");
        assert_eq!(arn_name("web:42"), "web:42");
        assert_eq!(owned_arn_name(None), "");
    }

    #[test]
    fn impossible_figures_are_none() {
        assert_eq!(to_timestamp(Some(DateTime::from_secs(i64::MAX))), None);
        assert_eq!(to_count(-1), 0);
        assert_eq!(to_port(70_000), None);
    }
}
