//! Arguments of `cockpit alarms`.

use crate::cli::duration;
use clap::{Args, Subcommand};
use jiff::SignedDuration;

/// List alarms that are not OK, or mute one for a time [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  cockpit alarms
  cockpit alarms --all -o csv
  cockpit alarms --history            state changes of the last 24 hours
  cockpit alarms --history 2h -o json
  cockpit alarms mute NAME --for 1h   no notifications for an hour; CloudWatch ends the mute by itself
  cockpit alarms unmute NAME"
)]
pub struct Arguments {
    /// Also list alarms that are OK and those that autoscaling owns
    #[arg(long)]
    pub all: bool,
    /// Also list the state changes of alarms within this time
    #[arg(long, value_name = "DURATION", num_args = 0..=1, default_missing_value = "24h", value_parser = duration::parse)]
    pub history: Option<SignedDuration>,
    /// The action on an alarm.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// The actions on an alarm.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// Mute an alarm for a time: it sends no notifications, but its state still changes [table|json|yaml]
    Mute(Mute),
    /// Unmute an alarm, so that it sends notifications again [table|json|yaml]
    Unmute(Unmute),
}

/// The arguments of `mute`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Mute {
    /// The alarm, or an unambiguous part of its name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// How long to mute it, in whole minutes, at most 15 days (`90m`, `4h`)
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse)]
    pub length: SignedDuration,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `unmute`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Unmute {
    /// The alarm, or an unambiguous part of its name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
