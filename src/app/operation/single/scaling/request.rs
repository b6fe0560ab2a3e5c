//! Requests to change how a service scales, and how each is typed.

use crate::model::text::quoted;

/// The change to a service's autoscaling.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A policy aims at another value.
    Target {
        /// `cpu`, `memory`, `requests`, or the policy's name.
        metric: String,
        value: f64,
    },
    /// A scheduled action is added, or takes the place of one of its name.
    Add {
        name: String,
        /// `cron(…)`, `rate(…)`, `at(…)`.
        schedule: String,
        /// None: the environment's, else UTC.
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
    /// The whole name of the service.
    pub service: String,
    pub short: String,
    pub wanted: Wanted,
}

impl Request {
    /// The command line that does this, without the environment.
    pub(super) fn typed(&self) -> String {
        let short = quoted(&self.short);
        match &self.wanted {
            Wanted::Target { metric, value } => {
                format!("autoscaling {short} --target {}", quoted(&format!("{metric}={value}")))
            }
            Wanted::Add { name, schedule, timezone, min, max } => {
                let number = |flag: &str, count: &Option<u32>| count.map(|count| format!(" --{flag} {count}"));
                let (min, max) = (number("min", min).unwrap_or_default(), number("max", max).unwrap_or_default());
                let zone = timezone.as_ref().map(|zone| format!(" --timezone {zone}")).unwrap_or_default();
                format!("schedule add {short} {} --at '{schedule}'{min}{max}{zone}", quoted(name))
            }
            Wanted::Remove { name } => format!("schedule rm {short} {}", quoted(name)),
        }
    }
}

/// `cpu=50`.
///
/// # Errors
/// It is not a name and a number.
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
    fn the_command_line_has_the_values_of_the_request_and_wrong_targets_are_refused() {
        let typed = |wanted| Request { service: "app-web".into(), short: "web".into(), wanted }.typed();
        let (metric, value) = target("cpu=50").unwrap();
        assert_eq!(typed(Wanted::Target { metric, value }), "autoscaling web --target cpu=50");
        assert_eq!(typed(Wanted::Remove { name: "night".into() }), "schedule rm web night");
        let (schedule, timezone) = ("rate(1 day)".to_owned(), None);
        let add = Wanted::Add { name: "night".into(), schedule, timezone, min: Some(0), max: Some(2) };
        assert_eq!(typed(add), "schedule add web night --at 'rate(1 day)' --min 0 --max 2");
        assert_eq!(typed(Wanted::Remove { name: "at night".into() }), "schedule rm web 'at night'");
        let (metric, value) = target("夜間 cpu=50").unwrap();
        assert_eq!(typed(Wanted::Target { metric, value }), "autoscaling web --target '夜間 cpu=50'");
        for wrong in ["cpu", "=5", "cpu=", "cpu=x", "cpu=-1", "cpu=inf"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }
}
