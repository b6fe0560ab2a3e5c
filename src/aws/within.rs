//! One of several questions: if it is not answered in time it counts as missing, and the other answers stay.

use crate::model::{Failure, FailureKind};
use tokio::time::{Instant, timeout_at};

/// Waits for an answer until then, or as long as it takes. `action` is told where none comes: `ec2:DescribeInstances`.
///
/// # Errors
/// Its own, and that no answer came in time.
pub async fn within<T>(
    end: Option<Instant>,
    action: &str,
    asked: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let Some(end) = end else { return asked.await };
    let late = |_| Err(Failure::new(FailureKind::Timeout, format!("{action}: no answer came in time")));
    timeout_at(end, asked).await.unwrap_or_else(late)
}
