//! The times of scheduled actions and schedules: `cron(…)`, `rate(N UNIT)` and `at(TIME)` in a time zone, as
//! documented by AWS. They are used in `scaling` and `night`.

use super::{DAY, HOUR, MINUTE};
use crate::clock::{Ms, timestamp};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/// The number of days to search ahead.
const HORIZON_DAYS: i32 = 5 * 366;

/// A schedule expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Times {
    /// Minute, hour, day of month, month, day of week, year.
    Cron([String; 6]),
    /// An interval in milliseconds.
    Every(Ms),
    Once(DateTime),
}

/// Parses a number or a name in a field.
fn value(word: &str, names: &[&str]) -> Option<i16> {
    let named = names.iter().position(|n| n.eq_ignore_ascii_case(word)).map(|n| n as i16 + 1);
    named.or_else(|| word.parse().ok())
}

/// Whether a field contains a value; `None` for an unsupported field.
fn fits(field: &str, at: i16, low: i16, high: i16, names: &[&str]) -> Option<bool> {
    field.split(',').try_fold(false, |found, part| {
        let (range, step) = part.split_once('/').map_or((part, None), |(r, s)| (r, Some(s)));
        let step: i16 = step.map_or(Some(1), |s| s.parse().ok()).filter(|s| *s > 0)?;
        let (first, last) = match range.split_once('-') {
            Some((first, last)) => (value(first, names)?, value(last, names)?),
            None if range == "*" => (low, high),
            None => (value(range, names)?, if part.contains('/') { high } else { value(range, names)? }),
        };
        if ![first, last].iter().all(|n| (low..=high).contains(n)) {
            return None;
        }
        let span = high - low + 1;
        let away = (at - first).rem_euclid(span);
        Some(found || (away <= (last - first).rem_euclid(span) && away % step == 0))
    })
}

/// Whether a date matches the two day fields.
fn day_fits(of_month: &str, of_week: &str, date: Date) -> Option<bool> {
    let (day, last) = (i16::from(date.day()), i16::from(date.days_in_month()));
    let week_day = i16::from(date.weekday().to_sunday_one_offset());
    if of_month == "?" {
        if let Some((name, n)) = of_week.split_once('#') {
            return Some(value(name, &DAYS)? == week_day && (day - 1) / 7 + 1 == n.parse::<i16>().ok()?);
        }
        return match of_week.strip_suffix('L') {
            Some("") => Some(week_day == 7),
            Some(name) => Some(value(name, &DAYS)? == week_day && day + 7 > last),
            None => fits(of_week, week_day, 1, 7, &DAYS),
        };
    }
    if of_week != "?" {
        return None;
    }
    let target_day = match (of_month, of_month.strip_suffix('W')) {
        ("L", _) => return Some(day == last),
        (_, Some("L")) => last,
        (_, Some(n)) => n.parse().ok()?,
        _ => return fits(of_month, day, 1, 31, &[]),
    };
    if target_day > last {
        return Some(false);
    }
    // The closest working day in the month.
    let works = |d: i16| {
        let d = date.with().day(d as i8).build().ok();
        d.is_some_and(|d| !matches!(d.weekday().to_sunday_one_offset(), 1 | 7))
    };
    let near = [target_day, target_day - 1, target_day + 1, target_day - 2, target_day + 2];
    Some(near.into_iter().find(|d| (1..=last).contains(d) && works(*d)) == Some(day))
}

/// The timestamp of a local time: none if daylight saving time skips it, the first one if it occurs twice.
fn moment(at: DateTime, zone: &TimeZone) -> Option<Ms> {
    let at = zone.to_ambiguous_timestamp(at);
    if matches!(at.offset(), AmbiguousOffset::Gap { .. }) {
        return None;
    }
    at.earlier().ok().map(jiff::Timestamp::as_millisecond)
}

impl Times {
    /// Parses an expression; `None` if it is not supported.
    pub(crate) fn parse(expression: &str) -> Option<Times> {
        let (kind, inner) = expression.strip_suffix(')')?.split_once('(')?;
        let fields: Vec<&str> = inner.split_whitespace().collect();
        match (kind, fields.as_slice()) {
            ("cron", [minute, hour, of_month, month, of_week, year @ ..]) if year.len() < 2 => {
                let year = year.first().copied().unwrap_or("*");
                let day = day_fits(of_month, of_week, Date::constant(2028, 2, 1));
                let fields = [*minute, *hour, of_month, month, of_week, year];
                let understood = fits(minute, 0, 0, 59, &[]).and(fits(hour, 0, 0, 23, &[])).and(day);
                understood.and(fits(month, 1, 1, 12, &MONTHS)).and(fits(year, 1970, 1970, 2199, &[]))?;
                Some(Times::Cron(fields.map(ToOwned::to_owned)))
            }
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

    /// The first time after `now` in a zone; a rate counts from `first`.
    pub(crate) fn next(&self, now: Ms, zone: &str, first: Ms) -> Option<Ms> {
        let zone = TimeZone::get(zone).ok()?;
        match self {
            Times::Every(_) if now < first => Some(first),
            Times::Every(period) => Some(first + ((now - first).div_euclid(*period) + 1) * period),
            Times::Once(time) => moment(*time, &zone).filter(|at| *at > now),
            Times::Cron([minute, hour, of_month, month, of_week, year]) => {
                let today = timestamp(now).to_zoned(zone.clone()).date();
                (0..HORIZON_DAYS).find_map(|later| {
                    let date = today.checked_add(later.days()).ok()?;
                    let fit = fits(month, date.month().into(), 1, 12, &MONTHS) == Some(true)
                        && fits(year, date.year(), 1970, 2199, &[]) == Some(true)
                        && day_fits(of_month, of_week, date) == Some(true);
                    if !fit {
                        return None;
                    }
                    let hours = (0..24).filter(|h| fits(hour, i16::from(*h), 0, 23, &[]) == Some(true));
                    let minutes = |h: i8| (0..60).map(move |m| (h, m));
                    let clock =
                        hours.flat_map(minutes).filter(|(_, m)| fits(minute, i16::from(*m), 0, 59, &[]) == Some(true));
                    clock.filter_map(|(h, m)| moment(date.at(h, m, 0, 0), &zone)).find(|at| *at > now)
                })
            }
        }
    }
}

/// The next time of an expression in a zone, not before `start` and not after `end`; a one-time expression ignores
/// both. `made` is its creation time: a rate without a start counts from there.
pub(crate) fn next(
    expression: &str,
    zone: &str,
    (now, made): (Ms, Ms),
    start: Option<Ms>,
    end: Option<Ms>,
) -> Option<Ms> {
    let times = Times::parse(expression)?;
    if matches!(times, Times::Once(_)) {
        return times.next(now, zone, made);
    }
    let from = start.map_or(now, |start| now.max(start - 1));
    let at = times.next(from, zone, start.unwrap_or(made))?;
    end.is_none_or(|end| at <= end).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> Ms {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn working_day_cron_skips_the_weekend_in_tokyo() {
        let times = Times::parse("cron(0 22 ? * MON-FRI *)").unwrap();
        // A Friday 21:59 JST; then the weekend is skipped.
        let friday = ms("2026-11-20T12:59:00Z");
        let first = times.next(friday, "Asia/Tokyo", 0).unwrap();
        assert_eq!(first, ms("2026-11-20T13:00:00Z"));
        assert_eq!(times.next(first, "Asia/Tokyo", 0), Some(ms("2026-11-23T13:00:00Z")));
        assert_eq!(Times::parse("rate(5 fortnights)"), None);
        assert_eq!(Times::parse("cron(99 22 ? * MON-FRI *)"), None);
        assert_eq!(Times::parse("cron(0 22 ? * FUNDAY *)"), None);
    }

    #[test]
    fn day_fields_single_times_and_rates_are_evaluated() {
        let week =
            |field: &str| -> Vec<i16> { (1..=7).filter(|day| fits(field, *day, 1, 7, &DAYS) == Some(true)).collect() };
        assert_eq!((week("2-6"), week("MON-FRI")), (vec![2, 3, 4, 5, 6], vec![2, 3, 4, 5, 6]));
        assert_eq!((week("SAT,SUN"), week("FRI-MON")), (vec![1, 7], vec![1, 2, 6, 7]));
        let now = ms("2026-11-20T12:59:00Z");
        let next = |text| next(text, "Asia/Tokyo", (now, 0), None, None);
        assert_eq!(next("at(2026-11-20T22:00:00)"), Some(ms("2026-11-20T13:00:00Z")));
        assert_eq!(next("at(2026-11-20T21:00:00)"), None);
        assert_eq!(next("rate(5 minutes)"), Some(ms("2026-11-20T13:00:00Z")));
        assert_eq!(next("cron(0 22 * * ? *)"), Some(ms("2026-11-20T13:00:00Z")));
        assert_eq!(next("cron(0/20 22 * * ? *)"), Some(ms("2026-11-20T13:00:00Z")));
        assert_eq!(next("cron(0 22 L * ? *)"), Some(ms("2026-11-30T13:00:00Z")));
        assert_eq!(next("cron(0 22 22W * ? *)"), Some(ms("2026-11-23T13:00:00Z")));
        assert_eq!(next("cron(0 22 ? * 6L *)"), Some(ms("2026-11-27T13:00:00Z")));
        assert_eq!(next("cron(0 22 ? * 3#2 *)"), Some(ms("2026-12-08T13:00:00Z")));
        assert_eq!(next("cron(0 22 1 1 ? 2027)"), Some(ms("2027-01-01T13:00:00Z")));
        for text in ["cron(0 22 * * * *)", "cron(0 22 ? * ? *)", "cron(60 22 * * ? *)", "cron(0 22 * 13 ? *)"] {
            assert_eq!(Times::parse(text), None, "{text}");
        }
    }

    #[test]
    fn start_and_end_limit_the_occurrences() {
        let now = ms("2026-11-20T12:59:00Z");
        let cron = "cron(0 22 ? * MON-FRI *)";
        let at = |start, end| next(cron, "Asia/Tokyo", (now, 0), start, end);
        let (friday, monday) = (ms("2026-11-20T13:00:00Z"), ms("2026-11-23T13:00:00Z"));
        assert_eq!(at(Some(friday), None), Some(friday));
        assert_eq!(at(Some(friday + 1), None), Some(monday));
        assert_eq!(at(None, Some(friday - 1)), None);
        // A rate counts from its start, which is its first time, or from its creation time.
        let rate = |start, made| next("rate(12 hours)", "UTC", (now, made), start, None);
        assert_eq!(rate(Some(now + 5), 0), Some(now + 5));
        assert_eq!(rate(Some(now - 5), 0), Some(now - 5 + 12 * HOUR));
        assert_eq!(rate(None, now - HOUR), Some(now + 11 * HOUR));
        // A one-time expression ignores both bounds.
        let once = next("at(2026-11-20T22:00:00)", "Asia/Tokyo", (now, 0), Some(monday), Some(now));
        assert_eq!(once, Some(friday));
    }
}
