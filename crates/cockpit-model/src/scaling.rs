//! Application Auto Scaling of ECS services.

use super::timer::{ScheduledLimits, Timer};
use jiff::Timestamp;

/// A scalable target of Application Auto Scaling: a service with its capacity limits.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ScalableTarget {
    /// `service/CLUSTER/NAME`.
    pub resource: String,
    /// Minimum desired count.
    pub min: u32,
    /// Maximum desired count.
    pub max: u32,
    pub suspended: Suspended,
    /// Fields of the suspended state that this version does not know and that a change would lose. Only filled when a
    /// single target is read in order to change it.
    #[serde(skip)]
    pub not_carried: Vec<String>,
}

/// The suspended kinds of scaling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Suspended {
    /// Scaling in by a policy.
    pub scale_in: bool,
    /// Scaling out by a policy.
    pub scale_out: bool,
    /// Scheduled actions.
    pub scheduled: bool,
}

impl Suspended {
    /// Whether any kind is suspended.
    pub fn any(self) -> bool {
        self.scale_in || self.scale_out || self.scheduled
    }

    /// All kinds suspended.
    pub const ALL: Self = Self { scale_in: true, scale_out: true, scheduled: true };

    /// Returns the value for a tag: `in+scheduled`, `none`. Tag values must not contain commas.
    pub fn tag(self) -> String {
        let parts = [(self.scale_in, "in"), (self.scale_out, "out"), (self.scheduled, "scheduled")];
        let parts: Vec<&str> = parts.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join("+") }
    }

    /// Parses the value of a tag; `None` if it does not have this form.
    pub fn from_tag(text: &str) -> Option<Self> {
        let mut state = Self::default();
        for word in text.split('+').filter(|_| text != "none") {
            match word {
                "in" => state.scale_in = true,
                "out" => state.scale_out = true,
                "scheduled" => state.scheduled = true,
                _ => return None,
            }
        }
        Some(state)
    }

    /// Returns the words for display: `scaling in and out`, `scheduled actions`.
    pub fn describe(self) -> String {
        let mut parts = Vec::new();
        match (self.scale_in, self.scale_out) {
            (true, true) => parts.push("scaling in and out"),
            (true, false) => parts.push("scaling in"),
            (false, true) => parts.push("scaling out"),
            (false, false) => {}
        }
        if self.scheduled {
            parts.push("scheduled actions");
        }
        parts.join(", ")
    }
}

/// A scaling policy of a service.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ScalingPolicy {
    /// `service/CLUSTER/NAME`.
    pub resource: String,
    pub name: String,
    /// `TargetTrackingScaling`, `StepScaling`, …
    pub kind: String,
    /// `ECSServiceAverageCPUUtilization` or the name of a custom metric.
    pub metric: Option<String>,
    /// The target value.
    pub target: Option<f64>,
    /// Scale-out cooldown in seconds.
    pub out_cooldown: Option<u32>,
    /// Scale-in cooldown in seconds.
    pub in_cooldown: Option<u32>,
    /// Whether it never scales in.
    pub no_scale_in: bool,
}

/// A scheduled action, which changes the limits at a given time.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ScheduledAction {
    /// `service/CLUSTER/NAME`.
    pub resource: String,
    pub name: String,
    /// `cron(…)`, `rate(…)` or `at(…)`.
    pub schedule: String,
    /// IANA time zone; UTC if `None`.
    pub timezone: Option<String>,
    /// The minimum that it sets.
    pub min: Option<u32>,
    /// The maximum that it sets.
    pub max: Option<u32>,
    /// It does not fire before this time.
    pub start: Option<Timestamp>,
    /// It does not fire after this time.
    pub end: Option<Timestamp>,
}

impl ScheduledAction {
    /// Converts it to a timer.
    pub fn timer(&self) -> Timer {
        Timer {
            name: self.name.clone(),
            expression: self.schedule.clone(),
            timezone: self.timezone.clone(),
            enabled: true,
            start: self.start,
            end: self.end,
            action: Some(ScheduledLimits { resource: self.resource.clone(), min: self.min, max: self.max }),
            ..Timer::default()
        }
    }
}

/// A scaling activity: an action of autoscaling, or the reason why there was none.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ScalingActivity {
    pub id: String,
    /// `service/CLUSTER/NAME`.
    pub resource: String,
    /// When the activity began.
    pub at: Option<Timestamp>,
    /// `Successful`, `InProgress`, `Failed`, `NotScaled` …
    pub status: String,
    /// `Setting desired count to 10.`
    pub description: String,
    /// `monitor alarm … in state ALARM triggered policy …`
    pub cause: String,
    /// The reasons for not scaling: `AlreadyAtMaxCapacity`, …
    pub not_scaled: Vec<String>,
    /// The status message.
    pub message: Option<String>,
}

impl ScalingActivity {
    /// Returns the new desired count, parsed from the description because the API has no field for it.
    pub fn new_desired_count(&self) -> Option<u32> {
        let rest = self.description.split("desired count to ").nth(1)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Suspended;

    #[test]
    fn suspended_kinds_round_trip_through_a_tag() {
        for bits in 0..8 {
            let state = Suspended { scale_in: bits & 1 > 0, scale_out: bits & 2 > 0, scheduled: bits & 4 > 0 };
            assert_eq!(Suspended::from_tag(&state.tag()), Some(state), "{}", state.tag());
        }
        assert_eq!((Suspended::from_tag(""), Suspended::from_tag("in+none")), (None, None));
    }
}
