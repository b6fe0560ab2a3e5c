//! Conversions from the types of the SDK to those of the model.

use crate::model::{Failure, FailureKind};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// A moment; one outside of what can be shown is none.
pub(super) fn time(at: Option<DateTime>) -> Option<Timestamp> {
    let at = at?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// A moment for a request.
pub(super) fn moment(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

/// A count; a negative one, which no service should send, is 0.
pub(super) fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// A count for a request to this action.
pub(super) fn number(action: &str, count: Option<u32>) -> Result<Option<i32>, Failure> {
    let number = count.map(i32::try_from).transpose();
    number
        .map_err(|_| Failure::new(FailureKind::Other, format!("{action}: {} is too large", count.unwrap_or_default())))
}

/// A port, where the number is one.
pub(super) fn port(number: i32) -> Option<u16> {
    u16::try_from(number).ok().filter(|port| *port > 0)
}

/// The text behind the last `/` of an ARN (a task's id, a cluster's name), or the whole of a text that is no ARN.
pub(super) fn tail(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The tail of an owned ARN that may be missing.
pub(super) fn tail_of(arn: Option<String>) -> String {
    arn.map(|arn| tail(&arn).to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_end_in_their_names() {
        assert_eq!(tail("arn:aws:ecs:ap-northeast-1:1:task/cluster/0123abcd"), "0123abcd");
        assert_eq!(tail("arn:aws:ecs:ap-northeast-1:1:task-definition/web:42"), "web:42");
        assert_eq!(tail("web:42"), "web:42");
        assert_eq!(tail_of(None), "");
    }

    #[test]
    fn impossible_figures_are_none() {
        assert_eq!(time(Some(DateTime::from_secs(i64::MAX))), None);
        assert_eq!(count(-1), 0);
        assert_eq!(port(70_000), None);
    }
}
