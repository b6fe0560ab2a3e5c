//! `cockpit schedule`: what is typed.

use clap::{Args, ValueEnum};

/// Which scheduled time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// The next stop.
    Stop,
    /// The next start.
    Start,
}

/// Show when the schedule stops and starts the environment, or skip the next time [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Schedules are those of EventBridge Scheduler and the scheduled actions of Application Auto Scaling. Rules of
EventBridge are not looked at: they have no start date, so that no single time of theirs can be skipped.

Examples:
  cockpit schedule
  cockpit schedule --skip stop"
)]
pub struct Arguments {
    /// Skip the next one, and only that
    #[arg(long, value_enum, value_name = "WHICH", conflicts_with = "unskip")]
    pub skip: Option<Which>,
    /// Undo a skip: let the next one happen after all
    #[arg(long, value_enum, value_name = "WHICH")]
    pub unskip: Option<Which>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
