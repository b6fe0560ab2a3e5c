//! When and where a report is read: tables tell times as a clock on the wall does; JSON, YAML and CSV keep RFC 3339.

use crate::model::time::{cell, date_clock_with_zone};
use jiff::{Timestamp, tz::TimeZone};

/// The moment of a report and the zone in which its tables tell times.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub now: Timestamp,
    /// The environment's zone, or the machine's.
    pub zone: TimeZone,
}

impl Default for Shown {
    fn default() -> Self {
        Self { now: Timestamp::UNIX_EPOCH, zone: TimeZone::UTC }
    }
}

impl Shown {
    /// A time of the JSON as it stands in a cell: `05:32:42` today, `11-28 05:32` on another day.
    pub fn time(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| cell(at, self.now, &self.zone))
    }

    /// A time of the JSON above a table: `2026-11-28 05:32:42 JST`, which names the zone of the times below.
    pub fn title(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| date_clock_with_zone(at, &self.zone))
    }
}
