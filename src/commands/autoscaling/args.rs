//! Arguments of `cockpit autoscaling`.

use crate::app::operation::single::scaling::target;
use clap::Args;

/// Show limits, policies, schedules and why a service does not scale [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "For each service: its limits, its policies, its scheduled actions and their next time, its last activity,
and, if it does not scale, the reasons.

Examples:
  cockpit --env prod autoscaling web
  cockpit --env prod autoscaling web --max 15
  cockpit --env prod autoscaling web --target cpu=50
  cockpit --env prod autoscaling web --watch     while your own tool puts load on it"
)]
pub struct Arguments {
    /// Services by name, short name, unambiguous part of the name, or ARN [default: all]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Suspend autoscaling of one service: policies and scheduled actions
    #[arg(long, conflicts_with_all = ["resume", "min", "max"])]
    pub suspend: bool,
    /// Resume autoscaling of one service
    #[arg(long, conflicts_with_all = ["min", "max"])]
    pub resume: bool,
    /// Set the minimum of one service
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub min: Option<u32>,
    /// Set the maximum of one service
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub max: Option<u32>,
    /// Set the target value of a policy of one service: cpu, memory, requests, or the name of the policy
    #[arg(long, value_name = "METRIC=VALUE", value_parser = target, conflicts_with_all = ["suspend", "resume", "min", "max", "watch"])]
    pub target: Option<(String, f64)>,
    /// Watch one service until it has scaled out and back in, or until Ctrl-C or --timeout; then report the time of
    /// each step and what delayed it
    #[arg(long, conflicts_with_all = ["suspend", "resume", "min", "max"])]
    pub watch: bool,
    /// With a change: print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Arguments {
    /// Whether these arguments request a change.
    pub fn changes(&self) -> bool {
        self.suspend || self.resume || self.min.is_some() || self.max.is_some() || self.target.is_some()
    }
}
