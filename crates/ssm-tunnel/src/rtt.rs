//! The round-trip time, and how long to wait for an acknowledgement before sending again: the estimate of RFC 6298
//! with the constants of the official clients.

use crate::time::Time;
use std::time::Duration;

/// The assumed round-trip time before the first measurement.
const FIRST: Duration = Duration::from_millis(100);
const FIRST_TIMEOUT: Duration = Duration::from_millis(200);
/// The clock granularity: the lowest value that the deviation term takes.
const GRAIN: Duration = Duration::from_millis(10);
/// The longest retransmission timeout.
const LONGEST: Duration = Duration::from_secs(1);

/// The smoothed round-trip time and its deviation, as RFC 6298 estimates them.
#[derive(Debug, Clone)]
pub struct Rtt {
    smoothed: Duration,
    deviation: Duration,
    timeout: Duration,
    /// The smoothed round-trip time without the initial assumption, for reports.
    reported: Option<Duration>,
}

impl Default for Rtt {
    fn default() -> Self {
        Self { smoothed: FIRST, deviation: Duration::ZERO, timeout: FIRST_TIMEOUT, reported: None }
    }
}

impl Rtt {
    /// Adds a measurement: the time from sending a message, once, to its acknowledgement.
    pub fn measure(&mut self, took: Duration) {
        let off = self.smoothed.abs_diff(took);
        self.deviation = (self.deviation * 3 + off) / 4;
        self.smoothed = (self.smoothed * 7 + took) / 8;
        self.timeout = (self.smoothed + (self.deviation * 4).max(GRAIN)).min(LONGEST);
        self.reported = Some(self.reported.map_or(took, |reported| (reported * 7 + took) / 8));
    }

    /// How long to wait for the acknowledgement of a message that was sent `sent` times.
    pub fn timeout(&self, sent: u32) -> Duration {
        (self.timeout * 2u32.saturating_pow(sent.saturating_sub(1).min(4))).min(LONGEST)
    }

    /// The smoothed round-trip time; none before the first measurement.
    pub fn smoothed(&self) -> Option<Time> {
        self.reported
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeout_follows_round_trips_and_never_exceeds_a_second() {
        let mut rtt = Rtt::default();
        assert_eq!(rtt.timeout(1), Duration::from_millis(200));
        assert_eq!(rtt.smoothed(), None);
        rtt.measure(Duration::from_millis(20));
        assert_eq!(rtt.smoothed(), Some(Duration::from_millis(20)), "not what was assumed before");
        for _ in 0..100 {
            rtt.measure(Duration::from_millis(20));
        }
        assert!(rtt.timeout(1) < Duration::from_millis(40), "{rtt:?}");
        assert!(rtt.timeout(1) < rtt.timeout(2));
        rtt.measure(Duration::from_secs(100));
        assert_eq!(rtt.timeout(9), Duration::from_secs(1));
    }
}
