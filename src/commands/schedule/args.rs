//! Arguments of `cockpit schedule`.

use clap::{Args, Subcommand, ValueEnum};

/// The scheduled time to skip.
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
    after_help = "Schedules are those of EventBridge Scheduler and the scheduled actions of Application Auto Scaling. EventBridge
rules are not read: they have no start date, so a single run of theirs cannot be skipped.

Examples:
  cockpit schedule
  cockpit schedule --skip stop
  cockpit schedule add web night --at 'cron(0 22 * * ? *)' --min 0 --max 0
  cockpit schedule rm web night",
    args_conflicts_with_subcommands = true
)]
pub struct Arguments {
    /// The action on a scheduled action of one service.
    #[command(subcommand)]
    pub action: Option<Action>,
    /// Skip the next stop or start, and only that one
    #[arg(long, value_enum, value_name = "WHICH", conflicts_with = "unskip")]
    pub skip: Option<Which>,
    /// Undo a skip: let the next stop or start happen after all
    #[arg(long, value_enum, value_name = "WHICH")]
    pub unskip: Option<Which>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The actions on a scheduled action.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// Add a scheduled action that changes the autoscaling limits of a service [table|json|yaml]
    Add(Add),
    /// Remove a scheduled action of a service [table|json|yaml]
    Rm(Rm),
}

/// The arguments of `add`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Add {
    /// The service by name, short name, unambiguous part of the name, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The name of the scheduled action
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The time as an AWS schedule expression: cron(…), rate(…) or at(…)
    #[arg(long, value_name = "TIME")]
    pub at: String,
    /// The minimum that it sets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub min: Option<u32>,
    /// The maximum that it sets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub max: Option<u32>,
    /// The time zone of the schedule [default: the environment's]
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `rm`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Rm {
    /// The service by name, short name, unambiguous part of the name, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The name of the scheduled action
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
