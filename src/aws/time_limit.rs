//! A time limit for one of several requests: an unanswered one counts as missing, and the other answers are kept.

use crate::model::{Failure, FailureKind};
use tokio::time::{Instant, timeout_at};

/// Waits for an answer until the deadline, or indefinitely without one. `action` names a missing answer:
/// `ec2:DescribeInstances`.
///
/// # Errors
/// The request's own failure, or no answer in time.
pub async fn wait_until<T>(
    end: Option<Instant>,
    action: &str,
    request: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(end) = end else { return request.await };
    let late = |_| Err(Failure::new(FailureKind::Timeout, format!("{action}: no answer came in time")));
    timeout_at(end, request).await.unwrap_or_else(late)
}
