//! The source of time: the machine's clock, or the simulator's when it runs in the same process.

use crate::model::infra::RunEvent;
use crate::model::infra::estimate::History;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The last reading of the machine's clock.
static MACHINE: Mutex<Option<Reading>> = Mutex::new(None);

/// The source of the time of day: the machine, or a simulator.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock. If it is set back, this time continues from where it was: otherwise nothing would be due and
    /// nothing would look old until the clock has caught up.
    System,
    /// The clock of the simulated world, which may run faster.
    Simulated(aws_sim::Clock),
}

impl Clock {
    /// Returns the current time of day.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => machine().time,
            Self::Simulated(clock) => clock.now(),
        }
    }

    /// Returns how far the machine's clock was set back; this clock is ahead of it by that much.
    pub fn set_back(&self) -> SignedDuration {
        match self {
            Self::System => machine().set_back,
            Self::Simulated(_) => SignedDuration::ZERO,
        }
    }
}

/// Returns the machine's current time, never earlier than the previous reading.
fn machine() -> Reading {
    let mut last = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Reading::after(*last, Timestamp::now(), Instant::now());
    *last = Some(now);
    now
}

/// A reading of the time, and the instant of the monotonic clock at which it was taken.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Reading {
    time: Timestamp,
    at: Instant,
    /// How far the machine's clock is behind this reading.
    set_back: SignedDuration,
}

impl Reading {
    /// Returns the reading that follows `last` when the machine's clock shows `machine`. The monotonic clock stands still while
    /// the machine sleeps, so it is used only if the machine's clock was set back.
    fn after(last: Option<Self>, machine: Timestamp, at: Instant) -> Self {
        let Some(last) = last else { return Self { time: machine, at, set_back: SignedDuration::ZERO } };
        let time = machine.checked_add(last.set_back).unwrap_or(machine);
        if time >= last.time {
            return Self { time, at, ..last };
        }
        let since = SignedDuration::try_from(at.saturating_duration_since(last.at)).unwrap_or(SignedDuration::ZERO);
        let time = last.time.checked_add(since).unwrap_or(last.time);
        Self { time, at, set_back: time.duration_since(machine) }
    }
}

impl Clock {
    /// Converts an event of a run to this clock. Events carry the machine's time; resources of a simulated world use that
    /// world's time.
    pub fn convert_event(&self, event: RunEvent) -> RunEvent {
        let Self::Simulated(clock) = self else { return event };
        RunEvent { time: clock.at(event.time), what: event.what.scaled(clock.speed()) }
    }

    /// Converts the usual durations of changes to this clock.
    pub fn convert_history(&self, history: History) -> History {
        match self {
            Self::System => history,
            Self::Simulated(clock) => history.scaled(clock.speed()),
        }
    }
}

/// Returns the zone with this name, or the machine's zone if the name is missing or unknown.
pub fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(system_zone)
}

/// Returns the machine's time zone.
pub fn system_zone() -> TimeZone {
    TimeZone::system()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("in range")
    }

    #[test]
    fn time_continues_when_the_machines_clock_is_set_back() {
        let start = Instant::now();
        let first = Reading::after(None, at(0), start);
        let read = |last: Reading, machine: i64, awake: u64| {
            Reading::after(Some(last), at(machine), start + Duration::from_secs(awake))
        };
        let next = read(first, 10, 10);
        assert_eq!((next.time, next.set_back), (at(10), SignedDuration::ZERO));
        let set = read(next, 12 - 3600, 12);
        assert_eq!((set.time, set.set_back), (at(12), SignedDuration::from_hours(1)));
        let on = read(set, 20 - 3600, 20);
        assert_eq!((on.time, on.set_back), (at(20), SignedDuration::from_hours(1)));
        // The machine slept for half an hour: data read before is that much older.
        let slept = read(on, 20 - 3600 + 1800, 20);
        assert_eq!((slept.time, slept.set_back), (at(1820), SignedDuration::from_hours(1)));
        // A clock that is set forward makes everything older, never younger.
        let forward = read(slept, 7200, 25);
        assert_eq!((forward.time, forward.set_back), (at(7200 + 3600), SignedDuration::from_hours(1)));
    }
}
