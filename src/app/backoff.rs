//! How long what failed waits before it is tried again: one rule for polls, live tails and the question
//! whose credentials these are.

use jiff::SignedDuration;

/// Nothing that may work again waits longer than this between two tries.
pub const LONGEST: SignedDuration = SignedDuration::from_secs(60);

/// The wait after the first failure, where nothing else says how urgent it is.
const FIRST: SignedDuration = SignedDuration::from_secs(1);

/// More doublings than this change nothing: the longest wait is reached.
const DOUBLINGS: u32 = 6;

/// The wait after so many failures in a row (from 1): the first wait, doubled with each, a minute at most.
pub fn wait(first: SignedDuration, failures: u32) -> SignedDuration {
    (first * (1 << failures.saturating_sub(1).min(DOUBLINGS))).min(LONGEST)
}

/// Counts the failures of one thing: 1 s after the first, then 2, 4 … 60 s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Notes a failure; returns how long to wait.
    pub fn failed(&mut self) -> SignedDuration {
        self.failures = self.failures.saturating_add(1);
        wait(FIRST, self.failures)
    }

    /// Notes a success: the next failure is a first one.
    pub fn worked(&mut self) {
        self.failures = 0;
    }

    /// How many failures came in a row.
    pub fn failures(self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<i64> = (0..9).map(|_| backoff.failed().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(backoff.failures(), 9);
        backoff.worked();
        assert_eq!(backoff.failed().as_secs(), 1);
        assert_eq!(wait(SignedDuration::from_secs(5), u32::MAX), LONGEST);
    }
}
