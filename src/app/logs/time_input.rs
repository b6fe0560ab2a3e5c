//! Times as people write them: a duration ago, a clock time, a date.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

/// A mistake in a time, and the correct form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTime {
    /// The error, as a sentence.
    pub message: String,
    /// The right form, with an example.
    pub hint: String,
}

/// Parses a time as people write it: a duration ago, a clock time of the last day, a date with or without a time.
///
/// # Errors
/// What is wrong, and the valid forms.
pub fn parse_time(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, InvalidTime> {
    let at = parse_moment(text, now, zone)?;
    if at < Timestamp::UNIX_EPOCH { Err(too_old(text)) } else { Ok(at) }
}

/// The time `back` before a moment; `option` is the option it came from, such as `--since`.
///
/// # Errors
/// When the result is before 1970.
pub fn before(moment: Timestamp, back: SignedDuration, option: &str) -> Result<Timestamp, InvalidTime> {
    let at = moment.checked_sub(back).ok().filter(|at| *at >= Timestamp::UNIX_EPOCH);
    at.ok_or_else(|| too_old(option))
}

/// AWS counts from 1970, and refuses earlier times.
fn too_old(text: &str) -> InvalidTime {
    InvalidTime {
        message: format!("`{text}` reaches back to before 1970; AWS has no earlier times"),
        hint: "write a shorter time: `2h`, `7d`; AWS keeps hardly anything for more than 15 months".to_owned(),
    }
}

fn parse_moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, InvalidTime> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    // Clock times are tried first: the duration parser would read `16:01:44` as 16 hours and more.
    if is_clock(text) {
        let clock = clock(text).ok_or_else(|| InvalidTime {
            message: format!("`{text}` is not a time of a day: it goes from 00:00 to 23:59:59"),
            hint: "write hours, minutes and perhaps seconds, each with two digits: `14:02` or `14:02:30`".to_owned(),
        })?;
        let today = now.to_zoned(zone.clone());
        let at = today.date().to_datetime(clock).to_zoned(zone.clone()).map_err(|_| wrong(text))?;
        // A clock time later than now means yesterday's.
        let at = if at.timestamp() > now { at.yesterday().unwrap_or(at) } else { at };
        return Ok(at.timestamp());
    }
    if let Some(ago) = ago(text) {
        return now.checked_sub(ago).map_err(|_| too_old(text));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if text.contains('[') {
        return text.parse::<Zoned>().map(|at| at.timestamp()).map_err(|_| wrong(text));
    }
    let date = text.parse::<jiff::civil::DateTime>().or_else(|_| text.parse::<jiff::civil::Date>().map(Into::into));
    // The library silently ignores an offset that it does not need.
    let date = date.ok().filter(|_| !has_offset(text)).ok_or_else(|| wrong(text))?;
    date.to_zoned(zone.clone()).map(|at| at.timestamp()).map_err(|_| wrong(text))
}

/// The time range of `--since` and `--until`. Now is given twice: the best estimate of the service's clock, and its
/// latest possible value, from which ends are counted, so that the last second is not left out.
///
/// # Errors
/// When a time is invalid, the beginning is still to come, or the end is not after the beginning.
pub fn range(
    since: &str,
    until: Option<&str>,
    (now, latest): (Timestamp, Timestamp),
    zone: &TimeZone,
) -> Result<(Timestamp, Option<Timestamp>), InvalidTime> {
    let from = parse_time(since, now, zone)?;
    if from > now {
        return Err(InvalidTime {
            message: format!("--since {since} is in the future: it is {} now", display_time(now, zone)),
            hint: "write when it begins: `2h` is two hours ago, `14:02` is the latest 14:02".to_owned(),
        });
    }
    let Some(until) = until else { return Ok((from, None)) };
    let mut to = parse_time(until, latest, zone)?;
    if to <= from && is_clock(until.trim()) {
        // Yesterday's time would be before the beginning: the first one after it is meant.
        let mut at = to.to_zoned(zone.clone());
        while at.timestamp() <= from {
            at = at.tomorrow().map_err(|_| wrong(until))?;
        }
        to = at.timestamp();
    }
    if to <= from {
        let (from, to) = (display_time(from, zone), display_time(to, zone));
        return Err(InvalidTime {
            message: format!("--until is not after --since: {from} to {to}"),
            hint: "write the earlier time after --since: `--since 3h --until 2h`".to_owned(),
        });
    }
    Ok((from, Some(to)))
}

fn wrong(text: &str) -> InvalidTime {
    InvalidTime {
        message: format!("`{text}` is not a time"),
        hint: "write `2h` (two hours ago), `14:02`, `2026-11-24`, `2026-11-24 14:02` or RFC 3339".to_owned(),
    }
}

/// A moment with its zone, as errors show it.
pub fn display_time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// Whether it is written as a clock time, valid or not.
fn is_clock(text: &str) -> bool {
    text.contains(':') && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

/// `9:30`, `14:02`, `14:02:44`, `14:02:44.5`. Second 60 is rejected, which the library would read as 59.
fn clock(text: &str) -> Option<Time> {
    let padded = if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
    let second = padded.split(':').nth(2).and_then(|second| second.get(..2));
    padded.parse().ok().filter(|_| second != Some("60"))
}

/// Whether the time after a date has an offset from UTC.
fn has_offset(text: &str) -> bool {
    let after_date = text.get(10..).unwrap_or_default();
    after_date.contains(['+', '-', 'Z', 'z'])
}

/// A positive duration, `2h` or `2h ago`; a day has 24 hours.
fn ago(text: &str) -> Option<SignedDuration> {
    let text = text.strip_suffix("ago").map_or(text, str::trim_end);
    // The library would accept a clock time as part of a duration: `1d 02:03:04`. With a plus sign it is a time still
    // to come.
    let span: jiff::Span = Some(text).filter(|text| !text.contains([':', '+']))?.parse().ok()?;
    let ago = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    ago.is_positive().then_some(ago)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-20T05:00:00Z";

    fn at(text: &str) -> Result<String, String> {
        let wrong = |wrong: InvalidTime| format!("{} {}", wrong.message, wrong.hint);
        parse_time(text, NOW.parse().expect("valid"), &tokyo()).map(|at| at.to_string()).map_err(wrong)
    }

    fn tokyo() -> TimeZone {
        TimeZone::get("Asia/Tokyo").expect("bundled")
    }

    #[test]
    fn times_as_people_write_them() {
        for (text, expected) in [
            ("2h", "2026-11-20T03:00:00Z"),
            ("2h ago", "2026-11-20T03:00:00Z"),
            ("1h30m", "2026-11-20T03:30:00Z"),
            ("PT30M", "2026-11-20T04:30:00Z"),
            ("2d", "2026-11-18T05:00:00Z"),
            ("13:30", "2026-11-20T04:30:00Z"),
            ("9:30", "2026-11-20T00:30:00Z"),
            ("15:00", "2026-11-19T06:00:00Z"),
            ("2026-11-19 09:00", "2026-11-19T00:00:00Z"),
            ("2026-11-19T09:00:30", "2026-11-19T00:00:30Z"),
            ("2026-11-19", "2026-11-18T15:00:00Z"),
            ("2026-11-19T00:00:00Z", "2026-11-19T00:00:00Z"),
            ("2026-11-19T09:00:00+09:00", "2026-11-19T00:00:00Z"),
            ("2026-11-19 09:00[Europe/Berlin]", "2026-11-19T08:00:00Z"),
            ("now", NOW),
        ] {
            assert_eq!(at(text).as_deref(), Ok(expected), "{text}");
        }
        for none in ["soon", "+2h", "+2h ago", "-2h", "+PT2H"] {
            assert!(at(none).unwrap_err().contains("not a time"), "{none}: {:?}", at(none));
        }
        for old in ["99999d", "7000000d", "1969-12-31", "1753-02-05T00:00:00Z"] {
            assert!(at(old).unwrap_err().contains("before 1970"), "{old}: {:?}", at(old));
        }
        let now: Timestamp = NOW.parse().expect("valid");
        let back = |hours| before(now, SignedDuration::from_hours(hours), "--window").map(|at| at.to_string());
        assert_eq!(back(1).ok().as_deref(), Some("2026-11-20T04:00:00Z"));
        assert!(back(24 * 99_999).unwrap_err().message.contains("`--window`"));
        assert!(at("14:02:99").unwrap_err().contains("`14:02:30`"), "a hint of its own");
    }

    #[test]
    fn clock_time_with_seconds_is_not_a_duration() {
        for (text, expected) in [
            ("13:01:44", "2026-11-20T04:01:44Z"),
            ("16:01:44", "2026-11-19T07:01:44Z"),
            ("00:00:10", "2026-11-19T15:00:10Z"),
            ("9:05:07", "2026-11-20T00:05:07Z"),
            ("13:01:44.5", "2026-11-20T04:01:44.5Z"),
            (" 13:01:44 ", "2026-11-20T04:01:44Z"),
        ] {
            assert_eq!(at(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_time_is_refused() {
        for text in [
            "14:02:99",
            "14:60",
            "24:00",
            "25:00:00",
            "14:02:60",
            "14:",
            ":30",
            "1:2",
            "14:02:44:01",
            "1d 02:03:04",
            "2h 01:00:00",
            "-2h",
            "0s",
            "10",
            "1402",
            "14:02+09:00",
            "14:02Z",
            "2026-13-01",
            "2026-11-24 14:02:99",
            "2026-11-31",
            "",
        ] {
            assert!(at(text).is_err(), "{text}: {:?}", at(text));
        }
    }

    #[test]
    fn range_begins_in_the_past_and_ends_later() {
        let now = NOW.parse().expect("valid");
        let of = |since, until| {
            let now: Timestamp = now;
            range(since, until, (now, now + SignedDuration::from_millis(800)), &tokyo())
                .map(|(from, to)| (from.to_string(), to.map(|to| to.to_string())))
                .map_err(|wrong| wrong.message)
        };
        let (from, to) = of("1h", Some("now")).expect("valid");
        assert_eq!((from.as_str(), to.as_deref()), ("2026-11-20T04:00:00Z", Some("2026-11-20T05:00:00.8Z")));
        let future = of("2026-11-24", None).unwrap_err();
        assert!(
            future.contains("--since 2026-11-24 is in the future") && future.contains("2026-11-20 14:00:00 JST"),
            "{future}"
        );
        assert!(of("2026-11-24", Some("2026-11-25")).unwrap_err().contains("in the future"));
        assert!(of("1h", Some("2h")).unwrap_err().contains("--until is not after --since"));
        // An end that is still to come is on the day of the beginning, not the day before.
        let (from, to) = of("13:00", Some("15:00")).expect("valid");
        assert_eq!((from.as_str(), to.as_deref()), ("2026-11-20T04:00:00Z", Some("2026-11-20T06:00:00Z")));
        let (_, to) = of("2026-11-18 22:00", Some("09:00")).expect("valid");
        assert_eq!(to.as_deref(), Some("2026-11-20T00:00:00Z"));
    }
}
