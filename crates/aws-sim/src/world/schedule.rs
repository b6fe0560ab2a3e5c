//! The times of scheduled actions: a small `cron(M H ? * DAYS *)` in a time zone.

use crate::clock::{Ms, timestamp};
use jiff::ToSpan;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

/// The minute, hour and days of a cron expression as scheduled actions use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cron {
    minute: i8,
    hour: i8,
    working_days: bool,
}

impl Cron {
    /// Reads `cron(0 22 ? * MON-FRI *)` or `cron(0 22 * * ? *)`.
    pub(crate) fn parse(expression: &str) -> Option<Cron> {
        let inner = expression.strip_prefix("cron(")?.strip_suffix(')')?;
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let [minute, hour, _, _, days, _] = fields.as_slice() else { return None };
        Some(Cron {
            minute: minute.parse().ok().filter(|m| (0..60).contains(m))?,
            hour: hour.parse().ok().filter(|h| (0..24).contains(h))?,
            working_days: *days == "MON-FRI",
        })
    }

    /// The first time after `now` in a zone.
    pub(crate) fn next(self, now: Ms, zone: &str) -> Option<Ms> {
        let zone = TimeZone::get(zone).ok()?;
        let today = timestamp(now).to_zoned(zone.clone()).date();
        (0..9).find_map(|days| {
            let date = today.checked_add(days.days()).ok()?;
            let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            if self.working_days && weekend {
                return None;
            }
            let at = date.at(self.hour, self.minute, 0, 0).to_zoned(zone.clone()).ok()?;
            let at = at.timestamp().as_millisecond();
            (at > now).then_some(at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> Ms {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn working_days_in_tokyo() {
        let cron = Cron::parse("cron(0 22 ? * MON-FRI *)").unwrap();
        // A Friday 21:59 JST, then the weekend is skipped.
        let friday = ms("2026-11-20T12:59:00Z");
        let first = cron.next(friday, "Asia/Tokyo").unwrap();
        assert_eq!(first, ms("2026-11-20T13:00:00Z"));
        assert_eq!(cron.next(first, "Asia/Tokyo"), Some(ms("2026-11-23T13:00:00Z")));
        assert_eq!(Cron::parse("rate(5 minutes)"), None);
        assert_eq!(Cron::parse("cron(99 22 ? * MON-FRI *)"), None);
    }
}
