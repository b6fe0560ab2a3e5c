//! The service's clock: how far it is ahead of this machine's, by the `Date` header of its answers.
//!
//! Every session of a process shares one measurement: AWS has one time, and a machine has one clock. The SDK
//! signs with the corrected time, so that a machine whose clock is wrong is not refused.

use aws_smithy_async::time::TimeSource;
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// An answer that took longer says too little of the time at which it was made, in milliseconds.
const SLOWEST: i64 = 10_000;
/// A `Date` header has whole seconds: its time is up to this much later, in milliseconds.
const TICK: i64 = 1_000;

/// A handle on the measurement. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct ServiceClock(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The difference in use, in milliseconds: the service's time less ours.
    ahead: AtomicI64,
    /// Between which two the difference is, in milliseconds; none while no answer had a date. One answer tells it to
    /// a second and the time that it took; answers on both sides of a tick of the service's clock tell it better.
    bounds: Mutex<Option<(i64, i64)>>,
}

impl ServiceClock {
    /// How far the service's clock is ahead of this machine's (behind: negative); zero where nothing was measured,
    /// and where no answer has shown that they differ.
    pub fn ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.0.ahead.load(Ordering::Relaxed))
    }

    /// How much further ahead it may be: what is read up to now is read up to this much later, so that nothing of
    /// the last second is left out.
    pub fn margin(&self) -> SignedDuration {
        let high = self.bounds().map_or(0, |(_, high)| high);
        SignedDuration::from_millis((high - self.0.ahead.load(Ordering::Relaxed)).max(0))
    }

    /// The middle of what was measured of how far it is ahead; `None` while no answer had a date.
    pub fn measured(&self) -> Option<SignedDuration> {
        self.bounds().map(|(low, high)| SignedDuration::from_millis(low + (high - low) / 2))
    }

    fn bounds(&self) -> Option<(i64, i64)> {
        *self.0.bounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a measurement in: the date of an answer, in seconds since the epoch, to a request that was sent and
    /// answered at these times of this machine's clock.
    pub fn see(&self, date: i64, sent: Timestamp, answered: Timestamp) {
        let (sent, answered) = (sent.as_millisecond(), answered.as_millisecond());
        // This machine's clock was set in between, or the answer waited somewhere.
        if !(0..=SLOWEST).contains(&(answered - sent)) {
            return;
        }
        // The answer was made after it was asked for and before it came, within the second of its date. A moment of
        // this machine is up to a millisecond later than its number.
        let date = date.saturating_mul(1_000);
        let this = (date.saturating_sub(answered + 1), date.saturating_add(TICK).saturating_sub(sent));
        let mut bounds = self.0.bounds.lock().unwrap_or_else(PoisonError::into_inner);
        let both = bounds.map(|(low, high)| (low.max(this.0), high.min(this.1)));
        // Two that exclude each other: one of the clocks was set, or runs at another speed. The newest holds.
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

    /// The date of an answer that a service puts in at `ms` of this machine, where its clock is `ahead`.
    fn date(ms: i64, ahead: i64) -> i64 {
        (1_700_000_000_000 + ms + ahead).div_euclid(1_000)
    }

    #[test]
    fn a_difference_is_taken_over_once_an_answer_shows_that_there_is_one() {
        let clock = ServiceClock::default();
        let date = |seconds: i64| 1_700_000_000 + seconds;
        assert_eq!(
            (clock.ahead(), clock.measured(), clock.margin()),
            (SignedDuration::ZERO, None, SignedDuration::ZERO)
        );
        clock.see(date(0), at(0), at(200));
        assert_eq!(clock.ahead(), SignedDuration::ZERO, "whole seconds say no more");
        assert!(clock.measured().is_some());
        for seconds in [600, -600] {
            clock.see(date(seconds), at(0), at(200));
            let ahead = clock.ahead().as_millis();
            assert!((ahead - i128::from(seconds * 1_000) - 400).abs() <= 1, "ours is behind, then ahead: {ahead}");
            clock.see(date(seconds + 1), at(900), at(1_100));
            assert_eq!(clock.ahead().as_millis(), ahead, "it does not wander");
        }
        let before = clock.ahead();
        clock.see(date(0), at(0), at(20_000));
        clock.see(date(0), at(200), at(0));
        assert_eq!(clock.ahead(), before, "what says nothing is not taken");
        clock.see(date(0), at(0), at(200));
        assert!((clock.ahead().as_millis() - 400).abs() <= 1, "somebody has set it");
    }

    #[test]
    fn answers_around_a_tick_of_the_service_tell_the_difference_to_the_time_that_they_took() {
        for ahead in [-2_730, -730, -40, 0, 40, 730, 2_730] {
            let clock = ServiceClock::default();
            for ms in (0..3_000).step_by(37) {
                clock.see(date(ms + 10, ahead), at(ms), at(ms + 20));
            }
            let measured = clock.measured().expect("measured").as_millis();
            assert!((measured - i128::from(ahead)).abs() <= 40, "{ahead}: {measured}");
            assert!((clock.ahead().as_millis() - i128::from(ahead)).abs() <= 60, "{ahead}: {:?}", clock.ahead());
            assert!(clock.margin().as_millis() <= 120, "{ahead}: {:?}", clock.margin());
        }
    }

    proptest::proptest! {
        /// A read up to now misses nothing: with its margin now is never before the service's now.
        #[test]
        fn now_with_its_margin_is_never_before_the_time_of_the_service(
            ahead in -5_000i64..5_000,
            answers in proptest::collection::vec((0i64..2_000, 0i64..1_500, 0.0f64..=1.0), 1..12),
        ) {
            let clock = ServiceClock::default();
            let mut now = 0;
            for (wait, took, part) in answers {
                now += wait;
                #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small times")]
                let made = now + (took as f64 * part) as i64;
                clock.see(date(made, ahead), at(now), at(now + took));
                now += took;
                let latest = (clock.ahead() + clock.margin()).as_millis();
                proptest::prop_assert!(latest >= i128::from(ahead), "{latest} < {ahead}");
            }
        }
    }
}
