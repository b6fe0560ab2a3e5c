//! Requests for operations of several steps (scale, stop, start and others): titles, button labels and command lines.

use crate::app::command::Risk;
use crate::model::timer::Power;

/// The requested change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepChange {
    /// Set the number of tasks.
    Scale {
        /// The full name of the service.
        service: String,
        /// The desired number of tasks.
        desired: u32,
        /// The new minimum of autoscaling; `None` leaves it as it is.
        min: Option<u32>,
        /// The new maximum of autoscaling; `None` leaves it as it is.
        max: Option<u32>,
        /// Whether to move the limits if the count is outside of them.
        move_limits: bool,
    },
    /// Set the limits of autoscaling, or suspend and resume it.
    Limits {
        /// The full name of the service.
        service: String,
        /// The minimum to set.
        min: Option<u32>,
        /// The maximum to set.
        max: Option<u32>,
        /// Whether to suspend or resume all of it.
        suspended: Option<bool>,
    },
    /// Stop or start the environment.
    Power {
        power: Power,
        /// The full names, in the configured order.
        services: Vec<String>,
        /// Whether databases are stopped or started, too.
        databases: bool,
        /// Whether to bypass the scheduler function, if there is one.
        direct: bool,
    },
    /// Stop one task; its service replaces it.
    StopTask { id: String },
    /// Skip the next time of the schedule, or undo a skip.
    Skip {
        /// Whether it is a stop or a start.
        power: Power,
        /// Whether to undo a skip.
        undo: bool,
    },
}

/// A request for a change, with its short name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub wanted: StepChange,
    /// The short name: `web`, `staging`, the beginning of a task's id.
    pub short: String,
}

impl Request {
    /// The command line that does this, without the environment.
    pub fn command_line(&self) -> String {
        let short = &self.short;
        let flag = |on: bool, flag: &str| if on { format!(" {flag}") } else { String::new() };
        let bounds = |min: Option<u32>, max: Option<u32>| {
            let part =
                |name: &str, value: Option<u32>| value.map(|value| format!(" {name} {value}")).unwrap_or_default();
            format!("{}{}", part("--min", min), part("--max", max))
        };
        match &self.wanted {
            StepChange::Scale { desired, min, max, move_limits, .. } => {
                format!("scale {short} {desired}{}{}", bounds(*min, *max), flag(*move_limits, "--move-limits"))
            }
            StepChange::Limits { suspended: Some(true), .. } => format!("autoscaling {short} --suspend"),
            StepChange::Limits { suspended: Some(false), .. } => format!("autoscaling {short} --resume"),
            StepChange::Limits { min, max, suspended: None, .. } => {
                format!("autoscaling {short}{}", bounds(*min, *max))
            }
            StepChange::Power { power, databases, direct, .. } => {
                format!("{}{}{}", power.name(), flag(*databases, "--databases"), flag(*direct, "--direct"))
            }
            StepChange::StopTask { id } => format!("stop-task {id}"),
            StepChange::Skip { power, undo: false } => format!("schedule --skip {}", power.name()),
            StepChange::Skip { power, undo: true } => format!("schedule --unskip {}", power.name()),
        }
    }

    /// `scale web to 3`.
    pub fn title(&self) -> String {
        let short = &self.short;
        match &self.wanted {
            StepChange::Scale { desired, .. } => format!("scale {short} to {desired}"),
            StepChange::Limits { suspended: Some(true), .. } => format!("suspend autoscaling of {short}"),
            StepChange::Limits { suspended: Some(false), .. } => format!("resume autoscaling of {short}"),
            StepChange::Limits { .. } => format!("change the limits of {short}"),
            StepChange::Power { power, .. } => format!("{} {short}", power.name()),
            StepChange::StopTask { .. } => format!("stop task {short}"),
            StepChange::Skip { power, undo: false } => format!("skip the next {}", power.name()),
            StepChange::Skip { power, undo: true } => format!("do not skip the next {}", power.name()),
        }
    }

    /// The label of the confirmation button.
    pub fn verb(&self) -> &'static str {
        match &self.wanted {
            StepChange::Scale { .. } => "Scale",
            StepChange::Limits { suspended: Some(true), .. } => "Suspend",
            StepChange::Limits { suspended: Some(false), .. } => "Resume",
            StepChange::Limits { .. } => "Change",
            StepChange::Power { power: Power::Stop, .. } | StepChange::StopTask { .. } => "Stop",
            StepChange::Power { power: Power::Start, .. } => "Start",
            StepChange::Skip { undo: false, .. } => "Skip",
            StepChange::Skip { undo: true, .. } => "Do not skip",
        }
    }

    /// The risk, which determines the consent required.
    pub fn risk(&self) -> Risk {
        match &self.wanted {
            StepChange::Power { power: Power::Stop, .. }
            | StepChange::StopTask { .. }
            | StepChange::Scale { desired: 0, .. } => Risk::Disrupt,
            StepChange::Scale { .. }
            | StepChange::Limits { .. }
            | StepChange::Power { .. }
            | StepChange::Skip { .. } => Risk::Change,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_has_every_given_flag() {
        let (service, power) = (|| "app-web".to_owned(), Power::Stop);
        let scale = |min, max, move_limits| StepChange::Scale { service: service(), desired: 3, min, max, move_limits };
        let limits = |min, max, suspended| StepChange::Limits { service: service(), min, max, suspended };
        let switch = |databases, direct| StepChange::Power { power, services: vec![service()], databases, direct };
        for (wanted, typed) in [
            (scale(None, None, false), "scale web 3"),
            (scale(Some(1), Some(4), true), "scale web 3 --min 1 --max 4 --move-limits"),
            (limits(Some(1), Some(4), None), "autoscaling web --min 1 --max 4"),
            (limits(None, Some(4), None), "autoscaling web --max 4"),
            (limits(None, None, Some(true)), "autoscaling web --suspend"),
            (limits(None, None, Some(false)), "autoscaling web --resume"),
            (switch(false, false), "stop"),
            (switch(true, true), "stop --databases --direct"),
            (StepChange::StopTask { id: "0123".into() }, "stop-task 0123"),
            (StepChange::Skip { power, undo: false }, "schedule --skip stop"),
            (StepChange::Skip { power, undo: true }, "schedule --unskip stop"),
        ] {
            assert_eq!(Request { wanted, short: "web".into() }.command_line(), typed);
        }
    }
}
