//! How long a failed request waits before its next try: one rule for polls, live tails and the request for the caller's
//! identity.

use jiff::SignedDuration;

/// The longest wait between two tries.
pub const LONGEST: SignedDuration = SignedDuration::from_secs(60);

/// The first wait where the caller gives no other.
const FIRST: SignedDuration = SignedDuration::from_secs(1);

/// The number of doublings after which the longest wait is reached.
const DOUBLINGS: u32 = 6;

/// Returns the wait after this many failures in a row (from 1): `first`, doubled with each failure, a minute at most.
pub fn wait(first: SignedDuration, failures: u32) -> SignedDuration {
    (first * (1 << failures.saturating_sub(1).min(DOUBLINGS))).min(LONGEST)
}

/// Counts the failures of one thing: waits 1 s after the first, then 2, 4 … 60 s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Records a failure; returns how long to wait.
    pub fn record_failure(&mut self) -> SignedDuration {
        self.failures = self.failures.saturating_add(1);
        wait(FIRST, self.failures)
    }

    /// Records a success: the next failure counts as the first.
    pub fn record_success(&mut self) {
        self.failures = 0;
    }

    /// The number of failures in a row.
    pub fn failures(self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_restart_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<i64> = (0..9).map(|_| backoff.record_failure().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff.failures(), 9);
        backoff.record_success();
        assert_eq!(backoff.record_failure().as_secs(), 1);
        assert_eq!(wait(SignedDuration::from_secs(5), u32::MAX), LONGEST);
    }
}
