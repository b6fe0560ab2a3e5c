//! The service's clock: how far it is ahead of this machine's, by the `Date` header of its answers.
//!
//! Every session of a process shares one measurement: AWS has one time, and a machine has one clock. The SDK
//! signs with the corrected time, so that a machine whose clock is wrong is not refused.

use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// Nothing was measured yet.
const UNSEEN: i64 = i64::MIN;
/// An answer that took longer says too little of the time at which it was made, in milliseconds.
const SLOWEST: i64 = 10_000;
/// A `Date` header has whole seconds: its time is half of one later, give or take that half, in milliseconds.
const HALF: i64 = 500;
/// A difference is taken over when it is so much more than a measurement may be wrong, in milliseconds.
const NOTED: i64 = 1_000;

/// A handle on the measurement. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct ServiceClock(Arc<Seen>);

#[derive(Debug)]
struct Seen {
    /// The difference in use, in milliseconds: the service's time less ours.
    ahead: AtomicI64,
    /// The last measurement.
    measured: AtomicI64,
}

impl Default for ServiceClock {
    fn default() -> Self {
        Self(Arc::new(Seen { ahead: AtomicI64::new(0), measured: AtomicI64::new(UNSEEN) }))
    }
}

impl ServiceClock {
    /// How far the service's clock is ahead of this machine's (behind: negative); zero where nothing was measured,
    /// and where the difference is less than can be measured (about two seconds).
    pub fn ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.0.ahead.load(Ordering::Relaxed))
    }

    /// The last measurement of how far it is ahead; `None` while no answer had a date.
    pub fn measured(&self) -> Option<SignedDuration> {
        let measured = self.0.measured.load(Ordering::Relaxed);
        (measured != UNSEEN).then(|| SignedDuration::from_millis(measured))
    }

    /// Takes a measurement in: the date of an answer, in seconds since the epoch, to a request that was sent and
    /// answered at these times of this machine's clock.
    pub fn see(&self, date: i64, sent: Timestamp, answered: Timestamp) {
        let (sent, answered) = (sent.as_millisecond(), answered.as_millisecond());
        let took = answered - sent;
        // This machine's clock was set in between, or the answer waited somewhere.
        if !(0..=SLOWEST).contains(&took) {
            return;
        }
        let measured = date.saturating_mul(1_000).saturating_add(HALF) - (sent + took / 2);
        self.0.measured.store(measured, Ordering::Relaxed);
        let used = self.0.ahead.load(Ordering::Relaxed);
        if (measured - used).abs() > HALF + took / 2 + NOTED {
            self.0.ahead.store(measured, Ordering::Relaxed);
        }
    }
}

impl TimeSource for ServiceClock {
    fn now(&self) -> SystemTime {
        let ahead = self.0.ahead.load(Ordering::Relaxed);
        let by = Duration::from_millis(ahead.unsigned_abs());
        let now = SystemTime::now();
        if ahead < 0 { now.checked_sub(by) } else { now.checked_add(by) }.unwrap_or(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + ms).expect("in range")
    }

    #[test]
    fn a_difference_is_taken_over_once_it_is_more_than_a_measurement_may_be_wrong() {
        let clock = ServiceClock::default();
        let date = |seconds: i64| 1_700_000_000 + seconds;
        assert_eq!((clock.ahead(), clock.measured()), (SignedDuration::ZERO, None));
        clock.see(date(1), at(0), at(200));
        assert_eq!(clock.ahead(), SignedDuration::ZERO, "whole seconds say no more");
        assert!(clock.measured().is_some());
        for (seconds, expected) in [(600, 600_400), (-600, -599_600)] {
            clock.see(date(seconds), at(0), at(200));
            assert_eq!(clock.ahead().as_millis(), expected, "ours is behind, then ahead");
            clock.see(date(seconds + 1), at(0), at(200));
            assert_eq!(clock.ahead().as_millis(), expected, "it does not wander");
        }
        clock.see(date(0), at(0), at(20_000));
        clock.see(date(0), at(200), at(0));
        assert_eq!(clock.ahead().as_millis(), -599_600, "what says nothing is not taken");
        clock.see(date(0), at(0), at(200));
        assert_eq!(clock.ahead().as_millis(), 400, "somebody has set it");
    }
}
