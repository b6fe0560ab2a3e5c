//! The times of scheduled actions and schedules: `cron(M H ? * DAYS *)`, `rate(N UNIT)` and
//! `at(TIME)` in a time zone. Whose times they are is in `scaling` and `night`.

use super::{DAY, HOUR, MINUTE};
use crate::clock::{Ms, timestamp};
use jiff::ToSpan;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;

/// When something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Times {
    /// At a minute and hour of some days of the week; bit 0 is Monday.
    Weekly { minute: i8, hour: i8, days: u8 },
    /// Every so many milliseconds.
    Every(Ms),
    /// Once.
    Once(DateTime),
}

/// Every day of the week.
const ALL: u8 = 0b111_1111;

/// A day of the week as cron expressions of AWS spell it: a name, or 1 for Sunday.
fn day(text: &str) -> Option<u8> {
    const NAMES: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
    let number = text.parse::<u8>().ok().filter(|n| (1..=7).contains(n)).map(|n| (n + 5) % 7);
    number.or_else(|| NAMES.iter().position(|n| *n == text).map(|n| n as u8))
}

/// The days of `*`, `?`, `MON-FRI`, `SAT,SUN`.
fn days(text: &str) -> Option<u8> {
    if text == "*" || text == "?" {
        return Some(ALL);
    }
    text.split(',').try_fold(0u8, |bits, part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7;
        Some((0..=count).fold(bits, |bits, n| bits | 1 << ((first + n) % 7)))
    })
}

impl Times {
    /// Reads an expression; `None` for one that is not understood here.
    pub(crate) fn parse(expression: &str) -> Option<Times> {
        let (kind, inner) = expression.strip_suffix(')')?.split_once('(')?;
        let fields: Vec<&str> = inner.split_whitespace().collect();
        match (kind, fields.as_slice()) {
            ("cron", [minute, hour, _, _, of_week, _]) => Some(Times::Weekly {
                minute: minute.parse().ok().filter(|m| (0..60).contains(m))?,
                hour: hour.parse().ok().filter(|h| (0..24).contains(h))?,
                days: days(of_week)?,
            }),
            ("rate", [n, unit]) => {
                let unit = match unit.trim_end_matches('s') {
                    "minute" => MINUTE,
                    "hour" => HOUR,
                    "day" => DAY,
                    _ => return None,
                };
                n.parse::<Ms>().ok().filter(|n| *n > 0).map(|n| Times::Every(n * unit))
            }
            ("at", [time]) => time.parse().ok().map(Times::Once),
            _ => None,
        }
    }

    /// The first time after `now` in a zone.
    pub(crate) fn next(self, now: Ms, zone: &str) -> Option<Ms> {
        let zone = TimeZone::get(zone).ok()?;
        match self {
            Times::Every(period) => Some((now.div_euclid(period) + 1) * period),
            Times::Once(time) => {
                let at = time.to_zoned(zone).ok()?.timestamp().as_millisecond();
                (at > now).then_some(at)
            }
            Times::Weekly { minute, hour, days } => {
                let today = timestamp(now).to_zoned(zone.clone()).date();
                (0..9).find_map(|later| {
                    let date = today.checked_add(later.days()).ok()?;
                    if days & 1 << bit(date.weekday()) == 0 {
                        return None;
                    }
                    let at = date.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?;
                    let at = at.timestamp().as_millisecond();
                    (at > now).then_some(at)
                })
            }
        }
    }
}

fn bit(day: Weekday) -> u8 {
    day.to_monday_zero_offset().cast_unsigned()
}

/// The next time of an expression in a zone, not before `start` and not after `end`.
pub(crate) fn next(expression: &str, zone: &str, now: Ms, start: Option<Ms>, end: Option<Ms>) -> Option<Ms> {
    let from = start.map_or(now, |start| now.max(start - 1));
    let at = Times::parse(expression)?.next(from, zone)?;
    end.is_none_or(|end| at <= end).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> Ms {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn working_days_in_tokyo() {
        let times = Times::parse("cron(0 22 ? * MON-FRI *)").unwrap();
        // A Friday 21:59 JST, then the weekend is skipped.
        let friday = ms("2026-11-20T12:59:00Z");
        let first = times.next(friday, "Asia/Tokyo").unwrap();
        assert_eq!(first, ms("2026-11-20T13:00:00Z"));
        assert_eq!(times.next(first, "Asia/Tokyo"), Some(ms("2026-11-23T13:00:00Z")));
        assert_eq!(Times::parse("rate(5 fortnights)"), None);
        assert_eq!(Times::parse("cron(99 22 ? * MON-FRI *)"), None);
        assert_eq!(Times::parse("cron(0 22 ? * FUNDAY *)"), None);
    }

    #[test]
    fn days_once_and_rates() {
        assert_eq!((days("2-6"), days("MON-FRI")), (Some(0b1_1111), Some(0b1_1111)));
        assert_eq!((days("SAT,SUN"), days("FRI-MON")), (Some(0b110_0000), Some(0b111_0001)));
        let now = ms("2026-11-20T12:59:00Z");
        let next = |text| next(text, "Asia/Tokyo", now, None, None);
        assert_eq!(next("at(2026-11-20T22:00:00)"), Some(ms("2026-11-20T13:00:00Z")));
        assert_eq!(next("at(2026-11-20T21:00:00)"), None);
        assert_eq!(next("rate(5 minutes)"), Some(ms("2026-11-20T13:00:00Z")));
        assert_eq!(next("cron(0 22 * * ? *)"), Some(ms("2026-11-20T13:00:00Z")));
    }

    #[test]
    fn bounds_leave_occurrences_out() {
        let now = ms("2026-11-20T12:59:00Z");
        let cron = "cron(0 22 ? * MON-FRI *)";
        let at = |start, end| next(cron, "Asia/Tokyo", now, start, end);
        let (friday, monday) = (ms("2026-11-20T13:00:00Z"), ms("2026-11-23T13:00:00Z"));
        assert_eq!(at(Some(friday), None), Some(friday));
        assert_eq!(at(Some(friday + 1), None), Some(monday));
        assert_eq!(at(None, Some(friday - 1)), None);
    }
}
