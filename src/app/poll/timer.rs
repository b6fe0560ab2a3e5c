//! Timers: when something is read next, and how failures delay it.

use crate::app::backoff::{self, LONGEST};
use crate::app::effect::Priority;
use crate::model::FailureKind;
use jiff::{SignedDuration, Timestamp};

/// The wait before a failed read is retried the first time; later waits double (see [`backoff`]).
pub(super) const RETRY: SignedDuration = SignedDuration::from_secs(5);

/// When something is read next, and the results so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timer {
    /// When it is read next; `None`: now.
    pub(crate) due: Option<Timestamp>,
    /// Number of failed reads in a row.
    pub(crate) failures: u32,
    /// Number of its fetches in flight.
    pub(crate) in_flight: usize,
    /// Whether it has been read, successfully or not.
    pub(crate) tried: bool,
    /// The priority of its answers.
    pub(crate) priority: Option<Priority>,
}

/// How much longer than armed a timer waits: one more interval without the focus.
pub(super) fn unfocused_delay(timer: &Timer, slow: i32, interval: SignedDuration) -> SignedDuration {
    if timer.failures > 0 { SignedDuration::ZERO } else { interval * (slow - 1).max(0) }
}

pub(super) fn arm(timer: &mut Timer, outcome: Result<(), FailureKind>, interval: SignedDuration, now: Timestamp) {
    timer.tried = true;
    let wait = match outcome {
        Ok(()) => {
            timer.failures = 0;
            interval
        }
        Err(kind) => {
            let failures = timer.failures.saturating_add(1);
            timer.failures = failures;
            match kind {
                // Slower than usual, and slower each time.
                FailureKind::Throttled => {
                    let base = interval.min(LONGEST);
                    let doubled = 1 << (failures - 1).min(6);
                    (base * doubled * 2).min(LONGEST.max(base * 8))
                }
                FailureKind::Denied => LONGEST,
                FailureKind::Credentials
                | FailureKind::Unreachable
                | FailureKind::Timeout
                | FailureKind::Malformed
                | FailureKind::Invalid
                | FailureKind::NotFound
                | FailureKind::WrongAccount
                | FailureKind::Service
                | FailureKind::Other => backoff::wait(RETRY, failures),
            }
        }
    };
    timer.due = Some(now + wait);
}
