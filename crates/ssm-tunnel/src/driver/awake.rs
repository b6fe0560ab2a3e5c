//! Whether the machine, or this program, stood still: what was connected before may not be there any more.

use crate::time::Time;
use std::time::{Duration, SystemTime};

/// A pause this long means that the machine slept or that this program was stopped.
const STOOD: Duration = Duration::from_secs(5);

/// Compares two clocks, and each with when it was last looked at.
#[derive(Debug)]
pub(super) struct Awake {
    /// The wall clock at the moment zero of the other, which stands still while the machine sleeps.
    zero: SystemTime,
    looked: Time,
}

impl Awake {
    pub(super) fn new(zero: SystemTime) -> Self {
        Self { zero, looked: Time::ZERO }
    }

    /// Whether it stood still since the last call; it is called every second. Asleep the wall clock runs ahead of the other;
    /// stopped, or on a virtual machine that was, nobody looked for a while.
    pub(super) fn stood(&mut self, now: Time, wall: SystemTime) -> bool {
        let ahead = wall.duration_since(self.zero + now).unwrap_or_default();
        let unseen = now.saturating_sub(self.looked);
        self.looked = now;
        if ahead >= STOOD {
            self.zero += ahead;
        }
        ahead >= STOOD || unseen >= STOOD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn sleep_is_seen_once_by_the_wall_clock_that_ran_ahead() {
        let zero = SystemTime::UNIX_EPOCH + SECOND * 1_700_000_000;
        let mut awake = Awake::new(zero);
        assert!(!awake.stood(SECOND, zero + SECOND));
        // An hour asleep, in which the other clock stood.
        assert!(awake.stood(SECOND * 2, zero + SECOND * 3602));
        assert!(!awake.stood(SECOND * 3, zero + SECOND * 3603));
        // The wall clock is set back, and a little forward: no sleep.
        assert!(!awake.stood(SECOND * 4, zero));
        assert!(!awake.stood(SECOND * 5, zero + SECOND * 3608));
    }

    #[test]
    fn a_stop_is_seen_by_the_time_in_which_nobody_looked() {
        let zero = SystemTime::UNIX_EPOCH;
        let mut awake = Awake::new(zero);
        assert!(awake.stood(SECOND * 60, zero + SECOND * 60));
        assert!(!awake.stood(SECOND * 61, zero + SECOND * 61));
    }
}
