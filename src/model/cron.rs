//! `cron(…)` expressions of AWS schedules: when they fire next.
//!
//! Six fields: minute, hour, day of month, month, day of week (1 = Sunday), year. Lists, ranges,
//! steps and names are understood; `L`, `W` and `#` are not, and such an expression gives no time
//! rather than a wrong one. Source: the EventBridge and Application Auto Scaling user guides.

use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/// Farther ahead than this nothing is looked for.
const HORIZON_DAYS: i32 = 366;

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: Vec<i16>,
    hours: Vec<i16>,
    days: Option<Vec<i16>>,
    months: Vec<i16>,
    weekdays: Option<Vec<i16>>,
    years: Option<Vec<i16>>,
}

impl Cron {
    /// Parses `cron(0 22 ? * MON-FRI *)`; `None` for what is not understood.
    pub fn parse(expression: &str) -> Option<Self> {
        let inner = expression.trim().strip_prefix("cron(")?.strip_suffix(')')?;
        let fields: Vec<&str> = inner.split_whitespace().collect();
        let [minute, hour, day, month, weekday, year] = fields.as_slice() else { return None };
        let open = |field: &str| matches!(field, "*" | "?");
        Some(Self {
            minutes: field(minute, 0, 59, &[], 0)?,
            hours: field(hour, 0, 23, &[], 0)?,
            days: if open(day) { None } else { Some(field(day, 1, 31, &[], 0)?) },
            months: field(month, 1, 12, &MONTHS, 1)?,
            weekdays: if open(weekday) { None } else { Some(field(weekday, 1, 7, &DAYS, 1)?) },
            years: if open(year) { None } else { Some(field(year, 1970, 2199, &[], 0)?) },
        })
    }

    /// The first time after `now` at which it fires, within a year.
    pub fn next_after(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let start = now.to_zoned(zone.clone()).datetime();
        for ahead in 0..=HORIZON_DAYS {
            let date = start.date().checked_add(ahead.days()).ok()?;
            if !self.on(date) {
                continue;
            }
            for &hour in &self.hours {
                for &minute in &self.minutes {
                    let at = date.at(hour as i8, minute as i8, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
                    if at > now {
                        return Some(at);
                    }
                }
            }
        }
        None
    }

    fn on(&self, date: civil::Date) -> bool {
        let weekday = i16::from(date.weekday().to_sunday_one_offset());
        self.months.contains(&i16::from(date.month()))
            && self.days.as_ref().is_none_or(|days| days.contains(&i16::from(date.day())))
            && self.weekdays.as_ref().is_none_or(|days| days.contains(&weekday))
            && self.years.as_ref().is_none_or(|years| years.contains(&date.year()))
    }
}

/// One field as the sorted list of its values.
fn field(text: &str, low: i16, high: i16, names: &[&str], base: i16) -> Option<Vec<i16>> {
    let value = |word: &str| -> Option<i16> {
        let upper = word.to_ascii_uppercase();
        if let Some(place) = names.iter().position(|name| *name == upper) {
            return Some(place as i16 + base);
        }
        word.parse().ok().filter(|value| (low..=high).contains(value))
    };
    let mut values = Vec::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<i16>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (value(from)?, value(to)?),
            None if matches!(range, "*" | "?") => (low, high),
            None if part.contains('/') => (value(range)?, high),
            None => {
                let one = value(range)?;
                (one, one)
            }
        };
        if from <= to {
            values.extend((from..=to).step_by(step as usize));
        } else {
            // FRI-MON goes round the end of the week.
            values.extend((from..=high).chain(low..=to));
        }
    }
    values.sort_unstable();
    values.dedup();
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, now: &str, zone: &str) -> Option<String> {
        let zone = TimeZone::get(zone).expect("bundled");
        let at = Cron::parse(expression)?.next_after(now.parse().expect("valid"), &zone)?;
        Some(at.to_zoned(zone).strftime("%a %Y-%m-%d %H:%M").to_string())
    }

    #[test]
    fn weekdays_in_their_zone() {
        // Friday 20 November 2026, 14:00 in Tokyo.
        let friday = "2026-11-20T05:00:00Z";
        assert_eq!(next("cron(0 22 ? * MON-FRI *)", friday, "Asia/Tokyo").as_deref(), Some("Fri 2026-11-20 22:00"));
        assert_eq!(next("cron(0 9 ? * MON-FRI *)", friday, "Asia/Tokyo").as_deref(), Some("Mon 2026-11-23 09:00"));
        assert_eq!(next("cron(0 9 ? * 2-6 *)", friday, "Asia/Tokyo").as_deref(), Some("Mon 2026-11-23 09:00"));
    }

    #[test]
    fn steps_lists_and_dates() {
        let now = "2026-11-20T05:07:00Z";
        assert_eq!(next("cron(0/15 * * * ? *)", now, "UTC").as_deref(), Some("Fri 2026-11-20 05:15"));
        assert_eq!(next("cron(30 4 1,15 * ? *)", now, "UTC").as_deref(), Some("Tue 2026-12-01 04:30"));
        assert_eq!(next("cron(0 0 1 JAN ? 2025)", now, "UTC"), None);
    }

    #[test]
    fn what_is_not_understood_gives_no_time() {
        for expression in
            ["cron(0 0 L * ? *)", "cron(0 0 ? * 6#3 *)", "cron(99 0 ? * * *)", "rate(5 minutes)", "cron(0 0)", ""]
        {
            assert_eq!(Cron::parse(expression), None, "{expression}");
        }
    }
}
