//! Where time comes from: the machine, or the simulator when it runs in the same process.

use crate::model::infra::RunEvent;
use crate::model::infra::estimate::History;
use jiff::{Timestamp, tz::TimeZone};

/// A clock.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's.
    System,
    /// The simulated world's, which may run faster.
    Simulated(aws_sim::Clock),
}

impl Clock {
    /// Now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Simulated(clock) => clock.now(),
        }
    }
}

impl Clock {
    /// What happened in a run, whose times are the machine's, as this clock shows it: resources of a simulated world take its
    /// time.
    pub fn shown(&self, event: RunEvent) -> RunEvent {
        let Self::Simulated(clock) = self else { return event };
        RunEvent { time: clock.at(event.time), what: event.what.scaled(clock.speed()) }
    }

    /// What changes usually take, as this clock shows it.
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
