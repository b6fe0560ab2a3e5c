//! `cron(…)` expressions of AWS schedules: when they fire.
//!
//! Fields: minute, hour, day of month, month, day of week (1 = Sunday), and an optional year. Lists, ranges, steps,
//! names, `L`, `W` and `#` are supported. An expression that the documentation does not describe is rejected, rather
//! than given a wrong time. Source: "Schedule types in EventBridge Scheduler" of its user guide.

use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, civil};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/// The last year that an expression can name. Source: the user guide.
const LAST_YEAR: i16 = 2199;
/// The number of Saturday, the last day of the week.
const SATURDAY: i16 = 7;

/// A cron expression as AWS writes it, with six fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: Vec<i16>,
    hours: Vec<i16>,
    months: Vec<i16>,
    /// `None` means every year.
    years: Option<Vec<i16>>,
    days: Days,
}

/// The days on which it fires: by day of the month or of the week; the other field is `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Days {
    OfMonth(Vec<OfMonth>),
    OfWeek(Vec<OfWeek>),
}

/// A part of the field day of month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfMonth {
    Day(i16),
    /// `L`: the last day of the month.
    Last,
    /// `15W`: the weekday closest to that day, in the same month.
    NearestTo(i16),
    /// `LW`: the weekday closest to the last day.
    LastWeekday,
}

/// A part of the field day of week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OfWeek {
    Each(i16),
    /// `6L`: the last Friday of the month.
    Last(i16),
    /// `6#3`: the third Friday of the month.
    Nth(i16, i16),
}

/// A field: its numbers and the names that stand for them.
#[derive(Clone, Copy)]
struct Field {
    low: i16,
    high: i16,
    names: &'static [&'static str],
}

const MINUTE: Field = Field { low: 0, high: 59, names: &[] };
const HOUR: Field = Field { low: 0, high: 23, names: &[] };
const DAY_OF_MONTH: Field = Field { low: 1, high: 31, names: &[] };
const MONTH: Field = Field { low: 1, high: 12, names: &MONTHS };
const DAY_OF_WEEK: Field = Field { low: 1, high: 7, names: &DAYS };
const YEAR: Field = Field { low: 1970, high: LAST_YEAR, names: &[] };

impl Cron {
    /// Parses `cron(0 22 ? * MON-FRI *)`; `None` for expressions that the documentation does not describe.
    pub fn parse(expression: &str) -> Option<Self> {
        let inner = expression.trim().strip_prefix("cron(")?.strip_suffix(')')?;
        let mut fields = inner.split_whitespace();
        let (minute, hour, day) = (fields.next()?, fields.next()?, fields.next()?);
        let (month, weekday, year) = (fields.next()?, fields.next()?, fields.next());
        if fields.next().is_some() {
            return None;
        }
        let days = match (day, weekday) {
            ("?", "?") => return None,
            (day, "?") => Days::OfMonth(of_month(day)?),
            ("?", weekday) => Days::OfWeek(of_week(weekday)?),
            // Both at once are not allowed.
            _ => return None,
        };
        Some(Self {
            minutes: MINUTE.values(minute)?,
            hours: HOUR.values(hour)?,
            months: MONTH.values(month)?,
            years: match year {
                None | Some("*") => None,
                Some(year) => Some(YEAR.values(year)?),
            },
            days,
        })
    }

    /// Returns the first time after `now` at which it fires; `None` if it never fires again. A local time that is
    /// skipped by the change to summer time does not fire; one that occurs twice fires at its first occurrence.
    pub fn next_after(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let from = now.to_zoned(zone.clone()).date();
        let years = (from.year()..=LAST_YEAR).filter(|year| self.years.as_ref().is_none_or(|all| all.contains(year)));
        for year in years {
            let months = self.months.iter().filter(|month| year > from.year() || **month >= i16::from(from.month()));
            for date in months.flat_map(|month| self.dates(year, *month)).filter(|date| *date >= from) {
                let clocks = self.hours.iter().flat_map(|hour| self.minutes.iter().map(move |minute| (*hour, *minute)));
                for (hour, minute) in clocks {
                    let at = civil::Time::new(hour as i8, minute as i8, 0, 0).ok()?;
                    if let Some(at) = moment(date.to_datetime(at), zone).filter(|at| *at > now) {
                        return Some(at);
                    }
                }
            }
        }
        None
    }

    /// Returns its days in a month, in order.
    fn dates(&self, year: i16, month: i16) -> Vec<civil::Date> {
        let Ok(first) = civil::Date::new(year, month as i8, 1) else { return Vec::new() };
        let length = i16::from(first.days_in_month());
        // 1 is Sunday.
        let weekday = |day: i16| (i16::from(first.weekday().to_sunday_zero_offset()) + day - 1) % 7 + 1;
        let mut days: Vec<i16> = match &self.days {
            Days::OfMonth(parts) => parts
                .iter()
                .filter_map(|part| match *part {
                    OfMonth::Day(day) => (day <= length).then_some(day),
                    OfMonth::Last => Some(length),
                    OfMonth::NearestTo(day) => (day <= length).then(|| nearest(day, weekday(day), length)),
                    OfMonth::LastWeekday => Some(nearest(length, weekday(length), length)),
                })
                .collect(),
            Days::OfWeek(parts) => {
                let fits = |day: i16| {
                    parts.iter().any(|part| match *part {
                        OfWeek::Each(wanted) => weekday(day) == wanted,
                        OfWeek::Last(wanted) => weekday(day) == wanted && day + 7 > length,
                        OfWeek::Nth(wanted, nth) => weekday(day) == wanted && (day - 1) / 7 + 1 == nth,
                    })
                };
                (1..=length).filter(|day| fits(*day)).collect()
            }
        };
        days.sort_unstable();
        days.dedup();
        days.into_iter().filter_map(|day| civil::Date::new(year, month as i8, day as i8).ok()).collect()
    }
}

/// Returns the weekday closest to a day within the same month: Friday for a Saturday, Monday for a Sunday.
fn nearest(day: i16, weekday: i16, length: i16) -> i16 {
    match weekday {
        SATURDAY if day == 1 => 3,
        SATURDAY => day - 1,
        1 if day == length => day - 2,
        1 => day + 1,
        _ => day,
    }
}

/// Converts a local time of a zone to a timestamp: `None` if the change to summer time skips it, the first occurrence
/// if the change back repeats it.
pub(super) fn moment(at: civil::DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let at = zone.to_ambiguous_timestamp(at);
    match at.offset() {
        AmbiguousOffset::Gap { .. } => None,
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => at.earlier().ok(),
    }
}

/// Parses an unsigned whole number.
fn number(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl Field {
    fn value(self, word: &str) -> Option<i16> {
        if let Some(place) = self.names.iter().position(|name| name.eq_ignore_ascii_case(word)) {
            return i16::try_from(place).ok().map(|place| place + self.low);
        }
        number(word).filter(|value| (self.low..=self.high).contains(value))
    }

    /// Returns its sorted, distinct values.
    fn values(self, text: &str) -> Option<Vec<i16>> {
        let mut values = Vec::new();
        for part in text.split(',') {
            values.extend(self.part(part)?);
        }
        values.sort_unstable();
        values.dedup();
        Some(values)
    }

    /// Parses one part of a list: `5`, `1-5`, `*`, each with an optional step.
    fn part(self, part: &str) -> Option<Vec<i16>> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(number(step).filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (self.value(from)?, self.value(to)?),
            None if range == "*" => (self.low, self.high),
            None => {
                let from = self.value(range)?;
                (from, if step.is_some() { self.high } else { from })
            }
        };
        let span = self.high - self.low + 1;
        // FRI-MON wraps around the end of the week; years do not wrap.
        let to = match to < from {
            true if self.low == YEAR.low => return None,
            true => to + span,
            false => to,
        };
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        Some((from..=to).step_by(step).map(|value| self.low + (value - self.low) % span).collect())
    }
}

fn of_month(text: &str) -> Option<Vec<OfMonth>> {
    let mut parts = Vec::new();
    for part in text.split(',') {
        let upper = part.to_ascii_uppercase();
        match (upper.as_str(), upper.strip_suffix('W')) {
            ("L", _) => parts.push(OfMonth::Last),
            ("LW", _) => parts.push(OfMonth::LastWeekday),
            (_, Some(day)) => parts.push(OfMonth::NearestTo(DAY_OF_MONTH.value(day)?)),
            _ => parts.extend(DAY_OF_MONTH.part(part)?.into_iter().map(OfMonth::Day)),
        }
    }
    Some(parts)
}

fn of_week(text: &str) -> Option<Vec<OfWeek>> {
    // `#` allows a single expression, not a list.
    if let Some((day, nth)) = text.split_once('#') {
        let nth = number(nth).filter(|nth| (1..=5).contains(nth))?;
        return Some(vec![OfWeek::Nth(DAY_OF_WEEK.value(day)?, nth)]);
    }
    // This field has no steps.
    if text.contains('/') {
        return None;
    }
    let mut parts = Vec::new();
    for part in text.split(',') {
        match part.strip_suffix(['L', 'l']) {
            // Alone, it means the last day of the week.
            Some("") => parts.push(OfWeek::Each(SATURDAY)),
            Some(day) => parts.push(OfWeek::Last(DAY_OF_WEEK.value(day)?)),
            None => parts.extend(DAY_OF_WEEK.part(part)?.into_iter().map(OfWeek::Each)),
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next times after `now`, as the clock of the zone shows them.
    fn times(expression: &str, now: &str, zone: &str, count: usize) -> Vec<String> {
        let zone = TimeZone::get(zone).expect("bundled");
        let cron = Cron::parse(expression).unwrap_or_else(|| panic!("{expression}"));
        let mut now: Timestamp = now.parse().expect("valid");
        let mut found = Vec::new();
        while let Some(at) = cron.next_after(now, &zone).filter(|_| found.len() < count) {
            found.push(at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string());
            now = at;
        }
        found
    }

    fn next(expression: &str, now: &str, zone: &str) -> Option<String> {
        times(expression, now, zone, 1).pop()
    }

    #[test]
    fn weekdays_fire_at_the_local_time_of_the_zone() {
        // Friday 20 November 2026, 14:00 in Tokyo.
        let friday = "2026-11-20T05:00:00Z";
        assert_eq!(next("cron(0 22 ? * MON-FRI *)", friday, "Asia/Tokyo").as_deref(), Some("Fri 2026-11-20 22:00"));
        assert_eq!(next("cron(0 9 ? * MON-FRI *)", friday, "Asia/Tokyo").as_deref(), Some("Mon 2026-11-23 09:00"));
        assert_eq!(next("cron(0 9 ? * 2-6 *)", friday, "Asia/Tokyo").as_deref(), Some("Mon 2026-11-23 09:00"));
    }

    #[test]
    fn every_documented_wildcard_has_its_time() {
        // Friday 20 November 2026, 05:07.
        let now = "2026-11-20T05:07:00Z";
        for (expression, at) in [
            ("cron(0/15 * * * ? *)", "Fri 2026-11-20 05:15"),
            ("cron(1/10 * * * ? *)", "Fri 2026-11-20 05:11"),
            ("cron(*/20 * * * ? *)", "Fri 2026-11-20 05:20"),
            ("cron(10-30/10 5 * * ? *)", "Fri 2026-11-20 05:10"),
            ("cron(30 4 1,15 * ? *)", "Tue 2026-12-01 04:30"),
            ("cron(0 22-2 * * ? *)", "Fri 2026-11-20 22:00"),
            ("cron(0 0 1/5 * ? *)", "Sat 2026-11-21 00:00"),
            ("cron(0 0 1 jan,JUL ? *)", "Fri 2027-01-01 00:00"),
            ("cron(0 0 1 */6 ? *)", "Fri 2027-01-01 00:00"),
            ("cron(0 0 1 NOV-FEB ? *)", "Tue 2026-12-01 00:00"),
            ("cron(0 8 * * ?)", "Fri 2026-11-20 08:00"),
            ("cron(0 8 1 1 ? 2030/10)", "Tue 2030-01-01 08:00"),
            ("cron(0 8 1 1 ? 2028-2029)", "Sat 2028-01-01 08:00"),
            // L: of the month, of the week, the last Friday of the month.
            ("cron(0 0 L * ? *)", "Mon 2026-11-30 00:00"),
            ("cron(0 0 L 2 ? *)", "Sun 2027-02-28 00:00"),
            ("cron(0 0 L 2 ? 2028)", "Tue 2028-02-29 00:00"),
            ("cron(0 0 1,L * ? *)", "Mon 2026-11-30 00:00"),
            ("cron(0 0 ? * L *)", "Sat 2026-11-21 00:00"),
            ("cron(0 0 ? * 6L *)", "Fri 2026-11-27 00:00"),
            ("cron(0 0 ? * FRIL *)", "Fri 2026-11-27 00:00"),
            // #: the second Tuesday, the fifth Sunday.
            ("cron(0 0 ? * 3#2 *)", "Tue 2026-12-08 00:00"),
            ("cron(0 0 ? * TUE#2 *)", "Tue 2026-12-08 00:00"),
            ("cron(0 0 ? * 1#5 *)", "Sun 2026-11-29 00:00"),
            ("cron(0 0 ? 2 2#5 *)", "Mon 2044-02-29 00:00"),
            // W: 21 November is a Saturday, 22 November a Sunday.
            ("cron(0 9 21W 11 ? *)", "Fri 2026-11-20 09:00"),
            ("cron(0 9 22W 11 ? *)", "Mon 2026-11-23 09:00"),
            ("cron(0 9 25W 11 ? *)", "Wed 2026-11-25 09:00"),
            // Without leaving the month: 1 May 2027 is a Saturday, 31 January 2027 a Sunday.
            ("cron(0 9 1W 5 ? *)", "Mon 2027-05-03 09:00"),
            ("cron(0 9 31W 1 ? *)", "Fri 2027-01-29 09:00"),
            ("cron(0 9 LW 1 ? *)", "Fri 2027-01-29 09:00"),
            ("cron(0 0 29 2 ? *)", "Tue 2028-02-29 00:00"),
            ("cron(0 0 ? * FRI-MON *)", "Sat 2026-11-21 00:00"),
        ] {
            assert_eq!(next(expression, now, "UTC").as_deref(), Some(at), "{expression}");
        }
        assert_eq!(next("cron(0 0 1 JAN ? 2025)", now, "UTC"), None);
        assert_eq!(next("cron(0 0 30 2 ? *)", now, "UTC"), None);
        let first = "2026-10-31T00:00:00Z";
        let fridays = times("cron(15 10 ? * 6L 2026-2027)", first, "UTC", 3);
        assert_eq!(fridays, ["Fri 2026-11-27 10:15", "Fri 2026-12-25 10:15", "Fri 2027-01-29 10:15"]);
        // A range that wraps around keeps its step.
        let round = times("cron(50-10/10 0 1 1 ? *)", "2026-12-31T00:00:00Z", "UTC", 3);
        assert_eq!(round, ["Fri 2027-01-01 00:00", "Fri 2027-01-01 00:10", "Fri 2027-01-01 00:50"]);
    }

    /// Source: the user guide's example, `cron(30 2 * * ? *)` in Los Angeles.
    #[test]
    fn skipped_local_time_does_not_fire_and_repeated_one_fires_once() {
        let zone = "America/Los_Angeles";
        let spring = times("cron(30 2 * * ? *)", "2026-03-07T00:00:00Z", zone, 3);
        assert_eq!(spring, ["Sat 2026-03-07 02:30", "Mon 2026-03-09 02:30", "Tue 2026-03-10 02:30"]);
        let autumn = times("cron(30 1 * * ? *)", "2026-10-31T12:00:00Z", zone, 2);
        assert_eq!(autumn, ["Sun 2026-11-01 01:30", "Mon 2026-11-02 01:30"]);
        let cron = Cron::parse("cron(30 1 * * ? *)").unwrap();
        let first = cron.next_after("2026-10-31T12:00:00Z".parse().unwrap(), &TimeZone::get(zone).unwrap());
        assert_eq!(first, Some("2026-11-01T08:30:00Z".parse().unwrap()), "before the clock goes back");
    }

    #[test]
    fn undocumented_expression_is_rejected() {
        for expression in [
            "cron(99 0 ? * * *)",
            "cron(0 24 * * ? *)",
            "cron(0 0 0 * ? *)",
            "cron(0 0 32 * ? *)",
            "cron(0 0 1 13 ? *)",
            "cron(0 0 ? * 0 *)",
            "cron(0 0 ? * 8 *)",
            "cron(0 0 1 1 ? 1969)",
            "cron(0 0 1 1 ? 2200)",
            "cron(0 0 1 1 ? 2030-2028)",
            "cron(0 0 * * * *)",
            "cron(0 0 ? * ? *)",
            "cron(0 0 1 * MON *)",
            "cron(? 0 1 * ? *)",
            "cron(0 0 1 * ? ?)",
            "cron(0/0 * * * ? *)",
            "cron(/5 * * * ? *)",
            "cron(+5 0 * * ? *)",
            "cron(0 0 L-3 * ? *)",
            "cron(0 0 1-5W * ? *)",
            "cron(0 0 W * ? *)",
            "cron(0 0 ? * 6#6 *)",
            "cron(0 0 ? * 6#0 *)",
            "cron(0 0 ? * 3#1,6#3 *)",
            "cron(0 0 ? * MON/2 *)",
            "cron(0 0 ? * MOM *)",
            "cron(0, 0 * * ? *)",
            "CRON(0 0 * * ? *)",
            "rate(5 minutes)",
            "cron(0 0)",
            "cron(0 0 1 1 ? 2030 1)",
            "cron()",
            "",
        ] {
            assert_eq!(Cron::parse(expression), None, "{expression}");
        }
    }
}
