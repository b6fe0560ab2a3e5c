//! Where time comes from: the machine, or the simulator when it runs in the same process.

use crate::model::infra::RunEvent;
use crate::model::infra::estimate::History;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The last time that was told.
static MACHINE: Mutex<Option<Onward>> = Mutex::new(None);

/// Where the time of day comes from: the machine, or a simulator.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock. Where that is set back its time goes on from what it was: else nothing would be due, and
    /// nothing look old, until the clock has come there again.
    System,
    /// The simulated world's, which may run faster.
    Simulated(aws_sim::Clock),
}

impl Clock {
    /// The time of day by this clock.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => machine().told,
            Self::Simulated(clock) => clock.now(),
        }
    }

    /// How far the machine's clock was set back while its time went on: by so much is this one ahead of it.
    pub fn set_back(&self) -> SignedDuration {
        match self {
            Self::System => machine().set_back,
            Self::Simulated(_) => SignedDuration::ZERO,
        }
    }
}

/// The machine's time now.
fn machine() -> Onward {
    let mut last = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Onward::after(*last, Timestamp::now(), Instant::now());
    *last = Some(now);
    now
}

/// A time that was told, and when it was by the clock that nobody sets.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Onward {
    told: Timestamp,
    at: Instant,
    /// How far the machine's clock is behind it.
    set_back: SignedDuration,
}

impl Onward {
    /// The time to tell after `last`, where the machine's clock says `machine`. The other clock stands still while the
    /// machine sleeps, so it is asked only where the machine's was set back.
    fn after(last: Option<Self>, machine: Timestamp, at: Instant) -> Self {
        let Some(last) = last else { return Self { told: machine, at, set_back: SignedDuration::ZERO } };
        let told = machine.checked_add(last.set_back).unwrap_or(machine);
        if told >= last.told {
            return Self { told, at, ..last };
        }
        let since = SignedDuration::try_from(at.saturating_duration_since(last.at)).unwrap_or(SignedDuration::ZERO);
        let told = last.told.checked_add(since).unwrap_or(last.told);
        Self { told, at, set_back: told.duration_since(machine) }
    }
}

impl Clock {
    /// An event of a run, whose times are the machine's, as this clock shows it: resources of a simulated world take
    /// its time.
    pub fn shown(&self, event: RunEvent) -> RunEvent {
        let Self::Simulated(clock) = self else { return event };
        RunEvent { time: clock.at(event.time), what: event.what.scaled(clock.speed()) }
    }

    /// How long changes usually take, as this clock shows it.
    pub fn usual(&self, history: History) -> History {
        match self {
            Self::System => history,
            Self::Simulated(clock) => history.scaled(clock.speed()),
        }
    }
}

/// The zone of this name, the machine's where there is none or it is not known.
pub fn zone(name: Option<&str>) -> TimeZone {
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(system_zone)
}

/// The machine's time zone.
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
    fn time_goes_on_where_the_machines_clock_is_set_back() {
        let start = Instant::now();
        let first = Onward::after(None, at(0), start);
        let told = |last: Onward, machine: i64, awake: u64| {
            Onward::after(Some(last), at(machine), start + Duration::from_secs(awake))
        };
        let next = told(first, 10, 10);
        assert_eq!((next.told, next.set_back), (at(10), SignedDuration::ZERO));
        let set = told(next, 12 - 3600, 12);
        assert_eq!((set.told, set.set_back), (at(12), SignedDuration::from_hours(1)));
        let on = told(set, 20 - 3600, 20);
        assert_eq!((on.told, on.set_back), (at(20), SignedDuration::from_hours(1)));
        // The machine slept for half an hour: what was read before is as much older.
        let slept = told(on, 20 - 3600 + 1800, 20);
        assert_eq!((slept.told, slept.set_back), (at(1820), SignedDuration::from_hours(1)));
        // A clock that was set forward makes everything older, never younger.
        let forward = told(slept, 7200, 25);
        assert_eq!((forward.told, forward.set_back), (at(7200 + 3600), SignedDuration::from_hours(1)));
    }
}
