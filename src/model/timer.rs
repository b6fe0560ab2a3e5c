//! Schedules of `EventBridge` Scheduler that start and stop an environment.

use super::cron::Cron;
use jiff::{Timestamp, tz::TimeZone};

/// One schedule.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Timer {
    /// Its name.
    pub name: String,
    /// Its group; `default` where none was made.
    pub group: String,
    /// `cron(…)`, `rate(…)` or `at(…)`.
    pub expression: String,
    /// IANA zone; UTC where it has none.
    pub timezone: Option<String>,
    /// Whether it is ENABLED.
    pub enabled: bool,
    /// It does not fire before this.
    pub start: Option<Timestamp>,
    /// The ARN of what it invokes.
    pub target: String,
    /// What it hands to its target.
    pub input: String,
}

/// What a schedule does to an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Power {
    /// Starts it.
    Start,
    /// Stops it.
    Stop,
}

impl Power {
    /// `start`, `stop`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
        }
    }
}

impl Timer {
    /// What it does, read from its input: `{"action":"stop"}`.
    pub fn power(&self) -> Option<Power> {
        let input: serde_json::Value = serde_json::from_str(&self.input).ok()?;
        match input.get("action")?.as_str()? {
            "start" => Some(Power::Start),
            "stop" => Some(Power::Stop),
            _ => None,
        }
    }

    /// The zone it is written in; UTC where its own is not known.
    pub fn zone(&self) -> TimeZone {
        self.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }

    /// When it fires next after `now`, skipped times left out; none for a disabled one or an expression
    /// that is not understood.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let from = self.start.map_or(now, |start| start.max(now));
        self.next_unskipped(from)
    }

    /// When it would fire next after `now` if nothing were skipped.
    pub fn next_unskipped(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.enabled {
            return None;
        }
        Cron::parse(&self.expression)?.next_after(now, &self.zone())
    }

    /// The time that is skipped, where the next one is.
    pub fn skipped(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.next_unskipped(now)?;
        (self.next(now)? > next).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_is_the_next_time_and_no_more() {
        let at = |text: &str| -> Timestamp { text.parse().expect("valid") };
        let mut timer = Timer {
            expression: "cron(0 22 ? * MON-FRI *)".into(),
            timezone: Some("Asia/Tokyo".into()),
            enabled: true,
            input: r#"{"action":"stop"}"#.into(),
            ..Timer::default()
        };
        // A Friday, 20:00 in Tokyo.
        let now = at("2026-11-20T11:00:00Z");
        assert_eq!(timer.power(), Some(Power::Stop));
        assert_eq!(timer.next(now), Some(at("2026-11-20T13:00:00Z")));
        assert_eq!(timer.skipped(now), None);
        timer.start = Some(at("2026-11-20T13:00:01Z"));
        assert_eq!(timer.next(now), Some(at("2026-11-23T13:00:00Z")));
        assert_eq!(timer.skipped(now), Some(at("2026-11-20T13:00:00Z")));
        timer.enabled = false;
        assert_eq!((timer.next(now), timer.skipped(now)), (None, None));
    }
}
