//! Where time comes from: the machine, or the simulator when it runs in the same process.

use jiff::{Timestamp, tz::TimeZone};

/// A clock.
#[derive(Clone)]
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

/// The machine's time zone.
pub fn system_zone() -> TimeZone {
    TimeZone::system()
}
