//! `cockpit scale`: its arguments.

use clap::Args;

/// Set how many tasks of a service run, and wait for them [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Waits until that many tasks run. Where autoscaling would undo it, --move-limits moves its limits.

Examples:
  cockpit scale web 3
  cockpit scale web 12 --max 15"
)]
pub struct Arguments {
    /// Name, short name, words that only its name has, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The desired count of tasks
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub desired: u32,
    /// New minimum of autoscaling
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub min: Option<u32>,
    /// New maximum of autoscaling
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub max: Option<u32>,
    /// Move the limits of autoscaling as far as the count requires
    #[arg(long)]
    pub move_limits: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
