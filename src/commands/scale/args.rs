//! Arguments of `cockpit scale`.

use clap::Args;

/// Set the desired count of a service, and wait until its tasks run [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Waits until that many tasks run. If autoscaling would undo the change, --move-limits moves its limits.

Examples:
  cockpit scale web 3
  cockpit scale web 12 --max 15"
)]
pub struct Arguments {
    /// The service by name, short name, unambiguous part of the name, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The desired count
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub desired: u32,
    /// Set the minimum of autoscaling
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub min: Option<u32>,
    /// Set the maximum of autoscaling
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub max: Option<u32>,
    /// Move the limits of autoscaling as far as the count requires
    #[arg(long)]
    pub move_limits: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
