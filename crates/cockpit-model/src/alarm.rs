//! CloudWatch alarms.

use crate::telemetry::Listed;
use jiff::Timestamp;

/// One metric alarm or composite alarm.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Alarm {
    pub name: String,
    pub state: AlarmState,
    /// Why, as CloudWatch says it.
    pub reason: String,
    /// Since when.
    pub since: Option<Timestamp>,
    /// What it is for.
    pub description: Option<String>,
    /// `AWS/ECS`, …
    pub namespace: Option<String>,
    /// The metric's name.
    pub metric: Option<String>,
    /// Dimensions, name and value.
    pub dimensions: Vec<(String, String)>,
    pub threshold: Option<f64>,
    /// `GreaterThanOrEqualToThreshold`, …
    pub comparison: Option<String>,
    /// Whether it tells anybody.
    pub actions_enabled: bool,
}

/// State of an alarm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub enum AlarmState {
    /// Within bounds.
    Ok,
    /// Out of bounds.
    Alarm,
    /// CloudWatch cannot tell.
    #[default]
    InsufficientData,
}

impl AlarmState {
    /// From the API's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "OK" => Self::Ok,
            "ALARM" => Self::Alarm,
            _ => Self::InsufficientData,
        }
    }

    /// The API's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl Alarm {
    /// Whether autoscaling owns it: those go off in normal work and are no news.
    pub fn of_autoscaling(&self) -> bool {
        self.name.starts_with("TargetTracking-")
    }

    /// Whether it watches exactly this metric, for the team and not for autoscaling.
    pub fn watches(&self, metric: &Listed) -> bool {
        !self.of_autoscaling()
            && self.namespace.as_deref() == Some(metric.namespace.as_str())
            && self.metric.as_deref() == Some(metric.metric.as_str())
            && self.dimensions.len() == metric.dimensions.len()
            && self.dimensions.iter().all(|one| metric.dimensions.contains(one))
    }
}
