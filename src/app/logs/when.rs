//! Times as people write them: so long ago, a clock, a date.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// A time as people write it: so long ago, a clock of the last day, a date with or without a clock.
pub fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    if let Some(ago) = ago(text) {
        return now.checked_sub(ago).map_err(|_| format!("`{text}` ago is before all time"));
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    if let Some(clock) = text.parse::<jiff::civil::Time>().ok().filter(|_| !text.contains('-')) {
        let today = now.to_zoned(zone.clone());
        let at = today.date().to_datetime(clock).to_zoned(zone.clone()).map_err(|error| error.to_string())?;
        // A clock that is still to come is yesterday's.
        let at = if at.timestamp() > now { at.yesterday().unwrap_or(at) } else { at };
        return Ok(at.timestamp());
    }
    let date = text.parse::<jiff::civil::DateTime>().or_else(|_| text.parse::<jiff::civil::Date>().map(Into::into));
    let wrong = || {
        format!("`{text}` is no time: write `2h` (so long ago), `14:02`, `2026-11-24`, `2026-11-24 14:02` or RFC 3339")
    };
    date.map_err(|_| wrong())?.to_zoned(zone.clone()).map(|at| at.timestamp()).map_err(|_| wrong())
}

/// A duration above zero; a day has 24 hours.
fn ago(text: &str) -> Option<SignedDuration> {
    let span: jiff::Span = text.parse().ok()?;
    let ago = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    ago.is_positive().then_some(ago)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_people_write_them() {
        let zone = TimeZone::get("Asia/Tokyo").expect("bundled");
        let now: Timestamp = "2026-11-20T05:00:00Z".parse().expect("valid");
        let at = |text: &str| moment(text, now, &zone).map(|at| at.to_string());
        assert_eq!(at("2h").as_deref(), Ok("2026-11-20T03:00:00Z"));
        assert_eq!(at("2d").as_deref(), Ok("2026-11-18T05:00:00Z"));
        assert_eq!(at("13:30").as_deref(), Ok("2026-11-20T04:30:00Z"));
        assert_eq!(at("15:00").as_deref(), Ok("2026-11-19T06:00:00Z"));
        assert_eq!(at("2026-11-19 09:00").as_deref(), Ok("2026-11-19T00:00:00Z"));
        assert_eq!(at("2026-11-19").as_deref(), Ok("2026-11-18T15:00:00Z"));
        assert_eq!(at("2026-11-19T00:00:00Z").as_deref(), Ok("2026-11-19T00:00:00Z"));
        assert!(at("soon").unwrap_err().contains("no time"));
    }
}
