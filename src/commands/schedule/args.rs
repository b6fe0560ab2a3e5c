//! `cockpit schedule`: its arguments.

use clap::{Args, Subcommand, ValueEnum};

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
EventBridge are not looked at: they have no start date, so no single run of theirs can be skipped.

Examples:
  cockpit schedule
  cockpit schedule --skip stop
  cockpit schedule add web night --at 'cron(0 22 * * ? *)' --min 0 --max 0
  cockpit schedule rm web night",
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    /// What to do with a scheduled action of one service.
    #[command(subcommand)]
    pub action: Option<Action>,
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

/// What to do with a scheduled action.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// Add a scheduled action to a service: at its time it sets other limits of the autoscaling [table|json|yaml]
    Add(Add),
    /// Remove a scheduled action of a service [table|json|yaml]
    Rm(Rm),
}

/// The arguments of `add`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Add {
    /// Name, short name, words that only its name has, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The scheduled action's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// When: cron(…), rate(…) or at(…), as AWS writes them
    #[arg(long, value_name = "TIME")]
    pub at: String,
    /// The minimum that it sets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub min: Option<u32>,
    /// The maximum that it sets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub max: Option<u32>,
    /// The zone of the time; the environment's where none is given
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `rm`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Rm {
    /// Name, short name, words that only its name has, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The scheduled action's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
