//! The service's clock: how far it is ahead of this machine's, measured with the `Date` header of its answers.
//!
//! All sessions of a process share one measurement: AWS has one time, and a machine has one clock. The SDK
//! signs with the corrected time, so that requests from a machine with a wrong clock are accepted.

use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Maximum duration of an answer that is used, in milliseconds: a slower one is too imprecise.
const SLOWEST: i64 = 10_000;
/// A `Date` header has whole seconds: the actual time is up to this much later, in milliseconds.
const TICK: i64 = 1_000;

/// A handle to the measurement. Cheap to clone; all clones share it.
#[derive(Debug, Clone, Default)]
pub struct ServiceClock(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The offset in use, in milliseconds: the service's time minus ours.
    ahead: AtomicI64,
    /// The bounds of the offset, in milliseconds; `None` until an answer had a date. One answer gives it within
    /// a second plus its duration; answers on both sides of a tick of the service's clock narrow it.
    bounds: Mutex<Option<(i64, i64)>>,
}

impl ServiceClock {
    /// Returns how far the service's clock is ahead of this machine's (behind: negative); zero without a measurement,
    /// and while no answer has proven a difference.
    pub fn ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.0.ahead.load(Ordering::Relaxed))
    }

    /// Returns how much further ahead it may be: a read up to now extends this much later, so that nothing of
    /// the last second is missed.
    pub fn margin(&self) -> SignedDuration {
        let high = self.bounds().map_or(0, |(_, high)| high);
        SignedDuration::from_millis((high - self.0.ahead.load(Ordering::Relaxed)).max(0))
    }

    /// Returns the middle of the measured bounds; `None` until an answer had a date.
    pub fn measured_offset(&self) -> Option<SignedDuration> {
        self.bounds().map(|(low, high)| SignedDuration::from_millis(low + (high - low) / 2))
    }

    fn bounds(&self) -> Option<(i64, i64)> {
        *self.0.bounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a measurement: the date of an answer, in seconds since the epoch, to a request that was sent and
    /// answered at these times of this machine's clock.
    pub fn record(&self, date: i64, sent: Timestamp, answered: Timestamp) {
        let (sent, answered) = (sent.as_millisecond(), answered.as_millisecond());
        // This machine's clock was set in between, or the answer was delayed.
        if !(0..=SLOWEST).contains(&(answered - sent)) {
            return;
        }
        // The answer was made between request and arrival, within the second of its date. A time on
        // this machine is up to a millisecond later than its number.
        let date = date.saturating_mul(1_000);
        let this = (date.saturating_sub(answered + 1), date.saturating_add(TICK).saturating_sub(sent));
        let mut bounds = self.0.bounds.lock().unwrap_or_else(PoisonError::into_inner);
        let both = bounds.map(|(low, high)| (low.max(this.0), high.min(this.1)));
        // Contradicting bounds: one of the clocks was set, or runs at another speed. The newest measurement wins.
        let (low, high) = both.filter(|(low, high)| low <= high).unwrap_or(this);
        *bounds = Some((low, high));
        let used = self.0.ahead.load(Ordering::Relaxed);
        if !(low..=high).contains(&used) {
            self.0.ahead.store(low + (high - low) / 2, Ordering::Relaxed);
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

    /// The `Date` of an answer made at `ms` of this machine, by a service whose clock is `ahead`.
    fn date(ms: i64, ahead: i64) -> i64 {
        (1_700_000_000_000 + ms + ahead).div_euclid(1_000)
    }

    #[test]
    fn clock_offset_is_adopted_once_an_answer_proves_it() {
        let clock = ServiceClock::default();
        let date = |seconds: i64| 1_700_000_000 + seconds;
        assert_eq!(
            (clock.ahead(), clock.measured_offset(), clock.margin()),
            (SignedDuration::ZERO, None, SignedDuration::ZERO)
        );
        clock.record(date(0), at(0), at(200));
        assert_eq!(clock.ahead(), SignedDuration::ZERO, "whole seconds are no more precise");
        assert!(clock.measured_offset().is_some());
        for seconds in [600, -600] {
            clock.record(date(seconds), at(0), at(200));
            let ahead = clock.ahead().as_millis();
            assert!((ahead - i128::from(seconds * 1_000) - 400).abs() <= 1, "our clock is behind, then ahead: {ahead}");
            clock.record(date(seconds + 1), at(900), at(1_100));
            assert_eq!(clock.ahead().as_millis(), ahead, "its place does not change");
        }
        let before = clock.ahead();
        clock.record(date(0), at(0), at(20_000));
        clock.record(date(0), at(200), at(0));
        assert_eq!(clock.ahead(), before, "an uninformative header is ignored");
        clock.record(date(0), at(0), at(200));
        assert!((clock.ahead().as_millis() - 400).abs() <= 1, "it was set explicitly");
    }

    #[test]
    fn answers_around_a_service_tick_give_the_offset_within_their_round_trip() {
        for ahead in [-2_730, -730, -40, 0, 40, 730, 2_730] {
            let clock = ServiceClock::default();
            for ms in (0..3_000).step_by(37) {
                clock.record(date(ms + 10, ahead), at(ms), at(ms + 20));
            }
            let measured = clock.measured_offset().expect("measured").as_millis();
            assert!((measured - i128::from(ahead)).abs() <= 40, "{ahead}: {measured}");
            assert!((clock.ahead().as_millis() - i128::from(ahead)).abs() <= 60, "{ahead}: {:?}", clock.ahead());
            assert!(clock.margin().as_millis() <= 120, "{ahead}: {:?}", clock.margin());
        }
    }

    proptest::proptest! {
        /// A read up to now misses nothing: plus its margin, now is never before the service's now.
        #[test]
        fn now_plus_margin_is_never_before_service_time(
            ahead in -5_000i64..5_000,
            answers in proptest::collection::vec((0i64..2_000, 0i64..1_500, 0.0f64..=1.0), 1..12),
        ) {
            let clock = ServiceClock::default();
            let mut now = 0;
            for (wait, took, part) in answers {
                now += wait;
                #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small times")]
                let made = now + (took as f64 * part) as i64;
                clock.record(date(made, ahead), at(now), at(now + took));
                now += took;
                let latest = (clock.ahead() + clock.margin()).as_millis();
                proptest::prop_assert!(latest >= i128::from(ahead), "{latest} < {ahead}");
            }
        }
    }
}
