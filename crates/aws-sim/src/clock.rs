//! Simulated time: it starts at a given time, runs at a speed relative to real time, and can be advanced. The effects
//! of passing time are part of `world`.

use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Milliseconds since the Unix epoch: the unit of time inside the world.
pub(crate) type Ms = i64;

/// A handle on simulated time. Cheap to clone; every clone reads the same clock.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Ms,
    speed: f64,
    began: Instant,
    advanced: Mutex<Ms>,
}

impl Clock {
    /// Creates a clock that shows `start` now and runs `speed` times as fast as real time (0 stops it).
    pub(crate) fn new(start: Timestamp, speed: f64) -> Clock {
        Clock(Arc::new(Inner {
            start: start.as_millisecond(),
            speed: speed.max(0.0),
            began: Instant::now(),
            advanced: Mutex::new(0),
        }))
    }

    /// The simulated time.
    pub fn now(&self) -> Timestamp {
        timestamp(self.now_ms())
    }

    /// The speed relative to real time.
    pub fn speed(&self) -> f64 {
        self.0.speed
    }

    /// Converts a real time to simulated time.
    pub fn at(&self, real: Timestamp) -> Timestamp {
        let ago = Timestamp::now().as_millisecond().saturating_sub(real.as_millisecond());
        timestamp(self.now_ms().saturating_sub((ago as f64 * self.0.speed) as Ms))
    }

    /// The simulated time in milliseconds since the epoch.
    pub(crate) fn now_ms(&self) -> Ms {
        let advanced = *self.0.advanced.lock().unwrap_or_else(PoisonError::into_inner);
        let real = self.0.began.elapsed().as_secs_f64() * 1000.0 * self.0.speed;
        self.0.start.saturating_add(real as Ms).saturating_add(advanced)
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, ms: Ms) {
        let mut advanced = self.0.advanced.lock().unwrap_or_else(PoisonError::into_inner);
        *advanced = advanced.saturating_add(ms.max(0));
    }
}

/// The timestamp of a world time; times out of range become the epoch.
pub(crate) fn timestamp(ms: Ms) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stopped_clock_moves_only_when_advanced() {
        let clock = Clock::new(timestamp(1_000), 0.0);
        assert_eq!(clock.now_ms(), 1_000);
        clock.clone().advance(5_000);
        assert_eq!(clock.now_ms(), 6_000);
        clock.advance(-1);
        assert_eq!(clock.now_ms(), 6_000);
    }
}
