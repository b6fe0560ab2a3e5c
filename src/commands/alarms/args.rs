//! `cockpit alarms`: what is typed.

use clap::Args;

/// List alarms that are not OK [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit alarms
  cockpit alarms --all -o csv")]
pub struct Arguments {
    /// List alarms that are OK and those that autoscaling owns, too
    #[arg(long)]
    pub all: bool,
}
