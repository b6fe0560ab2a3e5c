//! Durations on the command line: `10s`, `2m`, `2h30m`, `7d`.

use jiff::SignedDuration;

/// Parses a positive duration.
pub fn parse(text: &str) -> Result<SignedDuration, String> {
    let text = text.trim();
    let wrong = || format!("`{text}` is not a duration: write `500ms`, `10s`, `2m`, `2h30m` or `7d`");
    let duration = crate::model::time::duration(text).ok_or_else(wrong)?;
    if duration > SignedDuration::ZERO { Ok(duration) } else { Err(format!("`{text}` is not positive")) }
}

/// Parses a duration of at least one second.
pub fn at_least_a_second(text: &str) -> Result<SignedDuration, String> {
    let duration = parse(text)?;
    if duration < SignedDuration::from_secs(1) { Err("at least 1s".to_owned()) } else { Ok(duration) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_in_friendly_forms() {
        assert_eq!(parse("2h30m"), Ok(SignedDuration::from_mins(150)));
        assert_eq!(parse("10m"), Ok(SignedDuration::from_mins(10)));
        assert_eq!(parse("500ms"), Ok(SignedDuration::from_millis(500)));
        // The form `15d`, which help and messages use, is accepted for any duration.
        assert_eq!(parse("15d"), Ok(SignedDuration::from_hours(360)));
        assert_eq!(parse("2w"), Ok(SignedDuration::from_hours(336)));
        assert_eq!(parse("1d12h"), Ok(SignedDuration::from_hours(36)));
        assert!(parse("1 month").is_err() && parse("1y").is_err(), "they have no length");
        assert!(parse("10").is_err() && parse("0s").is_err() && parse("-1s").is_err() && parse("soon").is_err());
        assert!(parse("16:01:44").is_err() && parse("1d 01:02:03").is_err(), "that is a clock");
        assert!(at_least_a_second("500ms").is_err());
    }
}
