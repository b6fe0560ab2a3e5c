//! Formatting of durations and times, the same in every pane and table.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Parses a duration as typed: `500ms`, `10s`, `2h30m`, `15d`; a day has 24 hours. A clock time (`16:01:44`), which the
/// library would parse as hours and more, is rejected.
pub fn duration(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    if text.contains(':') {
        return None;
    }
    let span: jiff::Span = text.parse().ok()?;
    span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()
}

/// Clock differences from this size on are reported.
const MIN_REPORTED: SignedDuration = SignedDuration::from_secs(30);

/// Formats a duration: `8s`, `4m`, `7h12m`, `3d`. Two units are used where the first alone would be too imprecise.
pub fn short(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if seconds < 60 => format!("{seconds}s"),
        () if minutes < 60 => format!("{minutes}m"),
        () if hours < 24 && minutes % 60 == 0 => format!("{hours}h"),
        () if hours < 24 => format!("{hours}h{:02}m", minutes % 60),
        () if days < 10 && hours % 24 != 0 => format!("{days}d{}h", hours % 24),
        () => format!("{days}d"),
    }
}

/// Formats the age of a time, or `–` if there is none.
pub fn age(at: Option<Timestamp>, now: Timestamp) -> String {
    at.map_or_else(|| "–".to_owned(), |at| short(now.duration_since(at)))
}

/// Formats a duration for sentences: `4 min`, `12 min`, `2 h`.
pub fn sentence_duration(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Formats a time: `22:00 JST` today, `Mon 09:00 JST` within a week, with the date beyond.
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let days = at.date().since(now.date()).map_or(i64::MAX, |span| i64::from(span.get_days()));
    match days {
        0 => at.strftime("%H:%M %Z").to_string(),
        -6..=6 => at.strftime("%a %H:%M %Z").to_string(),
        _ => at.strftime("%Y-%m-%d %H:%M %Z").to_string(),
    }
}

/// Returns a note if this machine's clock differs from AWS's by half a minute or more: `clock 10m behind AWS`. `ahead`
/// is how far AWS's clock is ahead.
pub fn clock_offset_note(ahead: SignedDuration) -> Option<String> {
    let off = ahead.abs();
    let side = if ahead.is_negative() { "ahead of" } else { "behind" };
    (off >= MIN_REPORTED).then(|| format!("clock {} {side} AWS", short(off)))
}

/// Returns a note if this machine's clock was set back by half a minute or more while the screen was open.
pub fn clock_set_back_note(by: SignedDuration) -> Option<String> {
    (by >= MIN_REPORTED)
        .then(|| format!("this machine's clock was set back by {}: ages go on from before", sentence_duration(by)))
}

/// Formats a time of day, for the top line and lists of one day: `14:02:31`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// `14:02:31 JST`.
pub fn clock_with_zone(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S %Z").to_string()
}

/// `2026-11-22 14:02:31`.
pub fn date_clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-11-22 14:02:31 JST`.
pub fn date_clock_with_zone(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// Formats a time for a table cell: `05:32:42` today, `11-28 05:32` on another day, with the year in another year.
pub fn cell(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = match () {
        () if at.date() == now.date() => "%H:%M:%S",
        () if at.year() == now.year() => "%m-%d %H:%M",
        () => "%Y-%m-%d %H:%M",
    };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_has_the_date_only_on_another_local_day() {
        let zone = TimeZone::get("Asia/Tokyo").expect("bundled");
        let of = |at: &str, now: &str| cell(at.parse().expect("valid"), now.parse().expect("valid"), &zone);
        assert_eq!(of("2026-11-27T20:32:42.555774Z", "2026-11-28T05:00:00Z"), "05:32:42");
        assert_eq!(of("2026-11-27T20:32:42Z", "2026-11-28T15:00:00Z"), "11-28 05:32", "the day before, in Tokyo");
        assert_eq!(of("2026-12-31T14:59:59Z", "2026-12-31T15:00:00Z"), "2026-12-31 23:59");
    }

    #[test]
    fn durations_are_formatted_with_one_or_two_units() {
        let of = |seconds| short(SignedDuration::from_secs(seconds));
        assert_eq!(of(-5), "0s");
        assert_eq!(of(59), "59s");
        assert_eq!(of(240), "4m");
        assert_eq!(of(7200), "2h");
        assert_eq!(of(25_920), "7h12m");
        assert_eq!(of(90_000), "1d1h");
        assert_eq!(of(86_400 * 30), "30d");
    }

    #[test]
    fn clock_is_wrong_from_half_a_minute_on() {
        let of = |seconds| clock_offset_note(SignedDuration::from_secs(seconds));
        assert_eq!((of(29), of(-29), of(0)), (None, None, None));
        assert_eq!(of(30).as_deref(), Some("clock 30s behind AWS"));
        assert_eq!(of(-600).as_deref(), Some("clock 10m ahead of AWS"));
    }

    #[test]
    fn moment_has_the_day_only_on_another_day() {
        let zone = TimeZone::get("Asia/Tokyo").expect("bundled");
        let now: Timestamp = "2026-11-20T05:00:00Z".parse().expect("valid");
        assert_eq!(moment("2026-11-20T13:00:00Z".parse().expect("valid"), now, &zone), "22:00 JST");
        assert_eq!(moment("2026-11-23T00:00:00Z".parse().expect("valid"), now, &zone), "Mon 09:00 JST");
    }
}
