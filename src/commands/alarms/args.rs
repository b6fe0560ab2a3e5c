//! `cockpit alarms`: what is typed.

use crate::cli::duration;
use clap::Args;
use jiff::SignedDuration;

/// List alarms that are not OK [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit alarms
  cockpit alarms --all -o csv
  cockpit alarms --history            their changes of the last 24 hours
  cockpit alarms --history 2h -o json")]
pub struct Arguments {
    /// List alarms that are OK and those that autoscaling owns, too
    #[arg(long)]
    pub all: bool,
    /// How their states changed, too, within this time
    #[arg(long, value_name = "DURATION", num_args = 0..=1, default_missing_value = "24h", value_parser = duration::parse)]
    pub history: Option<SignedDuration>,
}
