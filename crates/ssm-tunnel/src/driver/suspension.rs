//! Detects that the machine or this program was suspended: existing connections may be gone.

use crate::time::Time;
use std::time::{Duration, SystemTime};

/// A pause this long means that the machine slept or that this program was stopped.
const SUSPENDED: Duration = Duration::from_secs(5);

/// Compares two clocks with each other, and each with its previous reading.
#[derive(Debug)]
pub(super) struct Awake {
    /// The wall-clock time at the origin of the monotonic clock, which stands still while the machine sleeps.
    zero: SystemTime,
    looked: Time,
}

impl Awake {
    pub(super) fn new(zero: SystemTime) -> Self {
        Self { zero, looked: Time::ZERO }
    }

    /// Whether there was a pause since the last call; it is called every second. During sleep the wall clock runs
    /// ahead of the monotonic clock. After a stop, or on a suspended virtual machine, the previous call is too long
    /// ago.
    pub(super) fn suspended(&mut self, now: Time, wall: SystemTime) -> bool {
        let ahead = wall.duration_since(self.zero + now).unwrap_or_default();
        let unseen = now.saturating_sub(self.looked);
        self.looked = now;
        if ahead >= SUSPENDED {
            self.zero += ahead;
        }
        ahead >= SUSPENDED || unseen >= SUSPENDED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn sleep_is_detected_once_from_the_wall_clock() {
        let zero = SystemTime::UNIX_EPOCH + SECOND * 1_700_000_000;
        let mut awake = Awake::new(zero);
        assert!(!awake.suspended(SECOND, zero + SECOND));
        // An hour of sleep, during which the monotonic clock stood still.
        assert!(awake.suspended(SECOND * 2, zero + SECOND * 3602));
        assert!(!awake.suspended(SECOND * 3, zero + SECOND * 3603));
        // Setting the wall clock back, or a little forward, is not a pause.
        assert!(!awake.suspended(SECOND * 4, zero));
        assert!(!awake.suspended(SECOND * 5, zero + SECOND * 3608));
    }

    #[test]
    fn stop_is_detected_from_the_time_between_calls() {
        let zero = SystemTime::UNIX_EPOCH;
        let mut awake = Awake::new(zero);
        assert!(awake.suspended(SECOND * 60, zero + SECOND * 60));
        assert!(!awake.suspended(SECOND * 61, zero + SECOND * 61));
    }
}
