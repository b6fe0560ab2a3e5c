//! Application Auto Scaling of ECS services.

use super::timer::{Sets, Timer};
use jiff::Timestamp;

/// A service that Application Auto Scaling may scale, with its limits.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ScalableTarget {
    /// `service/CLUSTER/NAME`.
    pub resource: String,
    /// The desired count at least.
    pub min: u32,
    /// The desired count at most.
    pub max: u32,
    pub suspended: Suspended,
    /// Fields of what is suspended that are not known here: a change of it would lose them. Only known where one
    /// target was read to be changed.
    #[serde(skip)]
    pub not_carried: Vec<String>,
}

/// Which kinds of scaling are suspended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Suspended {
    /// Scaling in by a policy.
    pub scale_in: bool,
    /// Scaling out by a policy.
    pub scale_out: bool,
    /// Scheduled actions are suspended.
    pub scheduled: bool,
}

impl Suspended {
    /// Whether anything is suspended.
    pub fn any(self) -> bool {
        self.scale_in || self.scale_out || self.scheduled
    }

    /// Everything is suspended.
    pub const ALL: Self = Self { scale_in: true, scale_out: true, scheduled: true };

    /// The value of a tag: `in+scheduled`, `none`. Values of tags may not have commas.
    pub fn tag(self) -> String {
        let parts = [(self.scale_in, "in"), (self.scale_out, "out"), (self.scheduled, "scheduled")];
        let parts: Vec<&str> = parts.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join("+") }
    }

    /// Reads the value of a tag; none for one that nobody wrote like this.
    pub fn of_tag(text: &str) -> Option<Self> {
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

    /// The words that are shown: `scaling in and out`, `scheduled actions`.
    pub fn words(self) -> String {
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

/// A policy by which Application Auto Scaling scales a service.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ScalingPolicy {
    /// `service/CLUSTER/NAME`.
    pub resource: String,
    pub name: String,
    /// `TargetTrackingScaling`, `StepScaling`, …
    pub kind: String,
    /// `ECSServiceAverageCPUUtilization` or a customised metric's name.
    pub metric: Option<String>,
    /// The value it aims at.
    pub target: Option<f64>,
    /// Seconds between scaling out twice.
    pub out_cooldown: Option<u32>,
    /// Seconds between scaling in twice.
    pub in_cooldown: Option<u32>,
    /// Whether it only scales out.
    pub no_scale_in: bool,
}

/// A scheduled action: at its time it sets other limits.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ScheduledAction {
    /// `service/CLUSTER/NAME`.
    pub resource: String,
    pub name: String,
    /// `cron(…)`, `rate(…)` or `at(…)`.
    pub schedule: String,
    /// IANA zone; UTC where it has none.
    pub timezone: Option<String>,
    /// Minimum that it sets.
    pub min: Option<u32>,
    /// Maximum that it sets.
    pub max: Option<u32>,
    /// It does not fire before this.
    pub start: Option<Timestamp>,
    /// It does not fire after this.
    pub end: Option<Timestamp>,
}

impl ScheduledAction {
    /// The same as a timer: something that starts or stops at a time.
    pub fn timer(&self) -> Timer {
        Timer {
            name: self.name.clone(),
            expression: self.schedule.clone(),
            timezone: self.timezone.clone(),
            enabled: true,
            start: self.start,
            end: self.end,
            action: Some(Sets { resource: self.resource.clone(), min: self.min, max: self.max }),
            ..Timer::default()
        }
    }
}

/// An activity of autoscaling: what it did, or did not do and why.
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
    /// Why it did not scale: `AlreadyAtMaxCapacity`, …
    pub not_scaled: Vec<String>,
    /// Message of the status.
    pub message: Option<String>,
}

impl ScalingActivity {
    /// The count it set, read from its description, as the API has no field for it.
    pub fn set_to(&self) -> Option<u32> {
        let rest = self.description.split("desired count to ").nth(1)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Suspended;

    #[test]
    fn the_suspended_kinds_of_scaling_survive_being_kept_in_a_tag() {
        for bits in 0..8 {
            let state = Suspended { scale_in: bits & 1 > 0, scale_out: bits & 2 > 0, scheduled: bits & 4 > 0 };
            assert_eq!(Suspended::of_tag(&state.tag()), Some(state), "{}", state.tag());
        }
        assert_eq!((Suspended::of_tag(""), Suspended::of_tag("in+none")), (None, None));
    }
}
