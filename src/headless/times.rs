//! How tables print times: in a time zone and relative to a moment. JSON, YAML and CSV keep RFC 3339.

use crate::model::time::{cell, date_clock_with_zone};
use jiff::{Timestamp, tz::TimeZone};

/// The reference time of a report and the time zone of its tables.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeDisplay {
    pub now: Timestamp,
    /// The environment's time zone, or the machine's.
    pub zone: TimeZone,
}

impl Default for TimeDisplay {
    fn default() -> Self {
        Self { now: Timestamp::UNIX_EPOCH, zone: TimeZone::UTC }
    }
}

impl TimeDisplay {
    /// Formats a time of the JSON for a cell: `05:32:42` today, `11-28 05:32` on another day.
    pub fn time(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| cell(at, self.now, &self.zone))
    }

    /// Formats a time of the JSON for a title: `2026-11-28 05:32:42 JST`, which names the zone of the times below it.
    pub fn title(&self, at: &str) -> String {
        at.parse().map_or_else(|_| at.to_owned(), |at| date_clock_with_zone(at, &self.zone))
    }
}
