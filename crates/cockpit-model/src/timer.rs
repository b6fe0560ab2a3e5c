//! Timers that start and stop an environment: schedules of `EventBridge` Scheduler, and scheduled actions of
//! Application Auto Scaling.

use super::recurrence::{Facts, Recurrence};
use jiff::{Timestamp, tz::TimeZone};

/// A schedule or scheduled action that stops or starts something.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Timer {
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
    /// It does not fire after this.
    pub end: Option<Timestamp>,
    /// When the schedule was made.
    pub created: Option<Timestamp>,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// The ARN of what it invokes.
    pub target: String,
    /// The input that it hands to its target.
    pub input: String,
    /// Fields that AWS answered and a change of it could not keep, as paths.
    #[serde(skip)]
    pub not_carried: Vec<String>,
    /// A scheduled action of Application Auto Scaling: what it sets. None: a schedule of `EventBridge` Scheduler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Sets>,
}

/// The limits that a scheduled action sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sets {
    /// The scalable target: `service/CLUSTER/NAME`.
    pub resource: String,
    /// The minimum that it sets.
    pub min: Option<u32>,
    /// The maximum that it sets.
    pub max: Option<u32>,
}

/// Whether a schedule stops or starts an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Power {
    Start,
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
    /// The service that a scheduled action is of: the end of `service/CLUSTER/NAME`. None of a schedule of the environment.
    pub fn service(&self) -> Option<&str> {
        self.action.as_ref()?.resource.rsplit('/').next()
    }

    /// The name, with the service's where several services have one of that name: `night of shop-web`.
    pub fn title(&self) -> String {
        match self.service() {
            Some(service) => format!("{} of {service}", self.name),
            None => self.name.clone(),
        }
    }

    /// The effect, read from its input: `{"action":"stop"}`. A scheduled action stops by a maximum of 0, and starts by
    /// a minimum above 0.
    pub fn power(&self) -> Option<Power> {
        match self.action {
            Some(Sets { max: Some(0), .. }) => return Some(Power::Stop),
            Some(Sets { min: Some(min), .. }) if min > 0 => return Some(Power::Start),
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

    /// The zone it is written in; UTC where its own is not known.
    pub fn zone(&self) -> TimeZone {
        self.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }

    /// When it fires; the error says in a sentence why that cannot be told.
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

    /// When it fires next after `now`, skipped times left out; none for a disabled one, for never again, and
    /// where it cannot be told.
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        self.recurrence().ok().filter(|_| self.enabled)?.next(now)
    }

    /// The time that is skipped, where the next one is.
    pub fn skipped(&self, now: Timestamp) -> Option<Timestamp> {
        self.recurrence().ok().filter(|_| self.enabled)?.skipped(now)
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
