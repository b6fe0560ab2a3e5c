//! Requests for an operation of several steps (scale, stop, start and such): titles, button labels and command lines.

use crate::app::command::Risk;
use crate::model::timer::Power;

/// The change that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A count of tasks.
    Scale {
        /// The service's whole name.
        service: String,
        /// The number of tasks that are to run.
        desired: u32,
        /// New limits of autoscaling.
        min: Option<u32>,
        /// The greatest number of tasks; none leaves it as it is.
        max: Option<u32>,
        /// Move the limits where the count is outside of them.
        move_limits: bool,
    },
    /// Limits of autoscaling, or what of it is suspended.
    Limits {
        /// The service's whole name.
        service: String,
        /// The minimum to set.
        min: Option<u32>,
        /// The maximum to set.
        max: Option<u32>,
        /// Suspend all of it, or let all go on.
        suspended: Option<bool>,
    },
    /// Stop or start the environment.
    Power {
        power: Power,
        /// Whole names, in the configured order.
        services: Vec<String>,
        /// Whether databases are stopped or started, too.
        databases: bool,
        /// Whether the scheduler function is passed by, though there is one.
        direct: bool,
    },
    /// Stop one task; its service replaces it.
    StopTask { id: String },
    /// Skip the next time of the schedule, or take that back.
    Skip {
        /// Whether it is a stop or a start.
        power: Power,
        /// Whether a skip is taken back.
        undo: bool,
    },
}

/// A request for a change, with the names that people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub wanted: Wanted,
    /// `web`, `staging`, the beginning of a task's id.
    pub short: String,
}

impl Request {
    /// The command line that does this, without the environment.
    pub fn typed(&self) -> String {
        let short = &self.short;
        let flag = |on: bool, flag: &str| if on { format!(" {flag}") } else { String::new() };
        let bounds = |min: Option<u32>, max: Option<u32>| {
            let part =
                |name: &str, value: Option<u32>| value.map(|value| format!(" {name} {value}")).unwrap_or_default();
            format!("{}{}", part("--min", min), part("--max", max))
        };
        match &self.wanted {
            Wanted::Scale { desired, min, max, move_limits, .. } => {
                format!("scale {short} {desired}{}{}", bounds(*min, *max), flag(*move_limits, "--move-limits"))
            }
            Wanted::Limits { suspended: Some(true), .. } => format!("autoscaling {short} --suspend"),
            Wanted::Limits { suspended: Some(false), .. } => format!("autoscaling {short} --resume"),
            Wanted::Limits { min, max, suspended: None, .. } => format!("autoscaling {short}{}", bounds(*min, *max)),
            Wanted::Power { power, databases, direct, .. } => {
                format!("{}{}{}", power.word(), flag(*databases, "--databases"), flag(*direct, "--direct"))
            }
            Wanted::StopTask { id } => format!("stop-task {id}"),
            Wanted::Skip { power, undo: false } => format!("schedule --skip {}", power.word()),
            Wanted::Skip { power, undo: true } => format!("schedule --unskip {}", power.word()),
        }
    }

    /// `scale web to 3`.
    pub fn title(&self) -> String {
        let short = &self.short;
        match &self.wanted {
            Wanted::Scale { desired, .. } => format!("scale {short} to {desired}"),
            Wanted::Limits { suspended: Some(true), .. } => format!("suspend autoscaling of {short}"),
            Wanted::Limits { suspended: Some(false), .. } => format!("resume autoscaling of {short}"),
            Wanted::Limits { .. } => format!("change the limits of {short}"),
            Wanted::Power { power, .. } => format!("{} {short}", power.word()),
            Wanted::StopTask { .. } => format!("stop task {short}"),
            Wanted::Skip { power, undo: false } => format!("skip the next {}", power.word()),
            Wanted::Skip { power, undo: true } => format!("do not skip the next {}", power.word()),
        }
    }

    /// The word on the button of a yes.
    pub fn verb(&self) -> &'static str {
        match &self.wanted {
            Wanted::Scale { .. } => "Scale",
            Wanted::Limits { suspended: Some(true), .. } => "Suspend",
            Wanted::Limits { suspended: Some(false), .. } => "Resume",
            Wanted::Limits { .. } => "Change",
            Wanted::Power { power: Power::Stop, .. } | Wanted::StopTask { .. } => "Stop",
            Wanted::Power { power: Power::Start, .. } => "Start",
            Wanted::Skip { undo: false, .. } => "Skip",
            Wanted::Skip { undo: true, .. } => "Do not skip",
        }
    }

    /// The risk, which decides how it is confirmed.
    pub fn risk(&self) -> Risk {
        match &self.wanted {
            Wanted::Power { power: Power::Stop, .. } | Wanted::StopTask { .. } | Wanted::Scale { desired: 0, .. } => {
                Risk::Disrupt
            }
            Wanted::Scale { .. } | Wanted::Limits { .. } | Wanted::Power { .. } | Wanted::Skip { .. } => Risk::Change,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_has_every_flag_that_was_given() {
        let (service, power) = (|| "app-web".to_owned(), Power::Stop);
        let scale = |min, max, move_limits| Wanted::Scale { service: service(), desired: 3, min, max, move_limits };
        let limits = |min, max, suspended| Wanted::Limits { service: service(), min, max, suspended };
        let switch = |databases, direct| Wanted::Power { power, services: vec![service()], databases, direct };
        for (wanted, typed) in [
            (scale(None, None, false), "scale web 3"),
            (scale(Some(1), Some(4), true), "scale web 3 --min 1 --max 4 --move-limits"),
            (limits(Some(1), Some(4), None), "autoscaling web --min 1 --max 4"),
            (limits(None, Some(4), None), "autoscaling web --max 4"),
            (limits(None, None, Some(true)), "autoscaling web --suspend"),
            (limits(None, None, Some(false)), "autoscaling web --resume"),
            (switch(false, false), "stop"),
            (switch(true, true), "stop --databases --direct"),
            (Wanted::StopTask { id: "0123".into() }, "stop-task 0123"),
            (Wanted::Skip { power, undo: false }, "schedule --skip stop"),
            (Wanted::Skip { power, undo: true }, "schedule --unskip stop"),
        ] {
            assert_eq!(Request { wanted, short: "web".into() }.typed(), typed);
        }
    }
}
