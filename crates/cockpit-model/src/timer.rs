//! Timers that start and stop an environment: `EventBridge` Scheduler schedules and Application Auto Scaling scheduled
//! actions.

use super::recurrence::{Facts, Recurrence};
use jiff::{Timestamp, tz::TimeZone};

/// A schedule or a scheduled action that stops or starts something.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Timer {
    pub name: String,
    /// Its schedule group; `default` if none was created.
    pub group: String,
    /// `cron(…)`, `rate(…)` or `at(…)`.
    pub expression: String,
    /// IANA time zone; UTC if `None`.
    pub timezone: Option<String>,
    /// Whether its state is ENABLED.
    pub enabled: bool,
    /// It does not fire before this time.
    pub start: Option<Timestamp>,
    /// It does not fire after this time.
    pub end: Option<Timestamp>,
    /// When the schedule was created.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// The ARN of its target.
    pub target: String,
    /// The input for its target.
    pub input: String,
    /// Paths of the fields that a change of it would lose.
    #[serde(skip)]
    pub not_carried: Vec<String>,
    /// The limits that a scheduled action of Application Auto Scaling sets; `None` for an `EventBridge` Scheduler
    /// schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<ScheduledLimits>,
}

/// The limits that a scheduled action sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ScheduledLimits {
    /// The scalable target: `service/CLUSTER/NAME`.
    pub resource: String,
    /// The minimum that it sets.
    pub min: Option<u32>,
    /// The maximum that it sets.
    pub max: Option<u32>,
}

/// Whether a timer stops or starts an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Power {
    Start,
    Stop,
}

impl Power {
    /// `start`, `stop`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
        }
    }
}

impl Timer {
    /// Returns the service of a scheduled action: the end of `service/CLUSTER/NAME`; `None` for a schedule of the
    /// environment.
    pub fn service(&self) -> Option<&str> {
        self.action.as_ref()?.resource.rsplit('/').next()
    }

    /// Returns the name, with the service for a scheduled action, because several services may use the same name:
    /// `night of shop-web`.
    pub fn title(&self) -> String {
        match self.service() {
            Some(service) => format!("{} of {service}", self.name),
            None => self.name.clone(),
        }
    }

    /// Returns the effect, parsed from the input: `{"action":"stop"}`. A scheduled action stops with a maximum of 0,
    /// and starts with a minimum above 0.
    pub fn power(&self) -> Option<Power> {
        match self.action {
            Some(ScheduledLimits { max: Some(0), .. }) => return Some(Power::Stop),
            Some(ScheduledLimits { min: Some(min), .. }) if min > 0 => return Some(Power::Start),
            Some(_) => return None,
            None => {}
        }
        let input: serde_json::Value = serde_json::from_str(&self.input).ok()?;
        match input.get("action")?.as_str()? {
            "start" => Some(Power::Start),
            "stop" => Some(Power::Stop),
            _ => None,
        }
    }

    /// Returns its time zone; UTC if the zone is unknown.
    pub fn zone(&self) -> TimeZone {
        self.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }

    /// Returns its firing times. The error is a sentence on why they cannot be determined.
    pub fn recurrence(&self) -> Result<Recurrence, String> {
        Recurrence::of(&Facts {
            expression: &self.expression,
            timezone: self.timezone.as_deref(),
            start: self.start,
            end: self.end,
            created: self.created,
            modified: self.modified,
        })
    }

    /// Returns the next firing time after `now`, ignoring skipped times; `None` if it is disabled, never fires again,
    /// or cannot be determined.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.recurrence().ok().filter(|_| self.enabled)?.next(now)
    }

    /// Returns the next time, if it is skipped.
    pub fn skipped(&self, now: Timestamp) -> Option<Timestamp> {
        self.recurrence().ok().filter(|_| self.enabled)?.skipped(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_next_time_is_skipped() {
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
