//! Requests to change a service's autoscaling, and their command lines.

use crate::model::text::shell_quote;

/// The change to a service's autoscaling.
#[derive(Debug, Clone, PartialEq)]
pub enum StepChange {
    /// A policy gets another target value.
    Target {
        /// `cpu`, `memory`, `requests`, or the policy's name.
        metric: String,
        value: f64,
    },
    /// A scheduled action is added, or replaces the one with its name.
    Add {
        name: String,
        /// `cron(…)`, `rate(…)`, `at(…)`.
        schedule: String,
        /// `None`: the environment's, or else UTC.
        timezone: Option<String>,
        min: Option<u32>,
        max: Option<u32>,
    },
    Remove {
        name: String,
    },
}

/// A request to change a service's autoscaling.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The full name of the service.
    pub service: String,
    pub short: String,
    pub wanted: StepChange,
}

impl Request {
    /// The command line that does this, without the environment.
    pub(super) fn command_line(&self) -> String {
        let short = shell_quote(&self.short);
        match &self.wanted {
            StepChange::Target { metric, value } => {
                format!("autoscaling {short} --target {}", shell_quote(&format!("{metric}={value}")))
            }
            StepChange::Add { name, schedule, timezone, min, max } => {
                let number = |flag: &str, count: &Option<u32>| count.map(|count| format!(" --{flag} {count}"));
                let (min, max) = (number("min", min).unwrap_or_default(), number("max", max).unwrap_or_default());
                let zone = timezone.as_ref().map(|zone| format!(" --timezone {zone}")).unwrap_or_default();
                format!("schedule add {short} {} --at '{schedule}'{min}{max}{zone}", shell_quote(name))
            }
            StepChange::Remove { name } => format!("schedule rm {short} {}", shell_quote(name)),
        }
    }
}

/// Parses a metric and its target value: `cpu=50`.
///
/// # Errors
/// When it is not a name and a number.
pub fn target(text: &str) -> Result<(String, f64), String> {
    let wrong = || format!("`{text}` is not METRIC=VALUE, such as cpu=50");
    let (metric, value) = text.split_once('=').ok_or_else(wrong)?;
    let value: f64 = value.trim().parse().map_err(|_| wrong())?;
    if metric.trim().is_empty() || !value.is_finite() || value <= 0.0 {
        return Err(wrong());
    }
    Ok((metric.trim().to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_has_the_requested_values_and_invalid_targets_are_refused() {
        let typed = |wanted| Request { service: "app-web".into(), short: "web".into(), wanted }.command_line();
        let (metric, value) = target("cpu=50").unwrap();
        assert_eq!(typed(StepChange::Target { metric, value }), "autoscaling web --target cpu=50");
        assert_eq!(typed(StepChange::Remove { name: "night".into() }), "schedule rm web night");
        let (schedule, timezone) = ("rate(1 day)".to_owned(), None);
        let add = StepChange::Add { name: "night".into(), schedule, timezone, min: Some(0), max: Some(2) };
        assert_eq!(typed(add), "schedule add web night --at 'rate(1 day)' --min 0 --max 2");
        assert_eq!(typed(StepChange::Remove { name: "at night".into() }), "schedule rm web 'at night'");
        let (metric, value) = target("夜間 cpu=50").unwrap();
        assert_eq!(typed(StepChange::Target { metric, value }), "autoscaling web --target '夜間 cpu=50'");
        for wrong in ["cpu", "=5", "cpu=", "cpu=x", "cpu=-1", "cpu=inf"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }
}
