//! Commands that print rows: `services`, `tasks`, `autoscaling`, `db`, `alarms`.

use clap::Args;

/// Flags of `cockpit services`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit services
  cockpit services web -o json
  cockpit --env prod services -o csv > services.csv")]
pub struct Services {
    /// Names, short names, words that only one name has, or ARNs; all where none is given
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
}

/// Flags of `cockpit tasks`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Tasks that stopped within the last hour are listed too, with the reason.

Examples:
  cockpit tasks
  cockpit tasks api -o json")]
pub struct Tasks {
    /// Names, short names, words that only one service's name has, or ARNs; all where none is given
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
}

/// Flags of `cockpit autoscaling`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "For each service: its limits, its policies, what is scheduled and when next, what was done last,
and why it does not scale where it does not.

Examples:
  cockpit --env prod autoscaling web
  cockpit --env prod autoscaling web --max 15"
)]
pub struct Autoscaling {
    /// Names, short names, words that only one service's name has, or ARNs; all where none is given
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Suspend autoscaling of one service: policies and scheduled actions
    #[arg(long, conflicts_with_all = ["resume", "min", "max"])]
    pub suspend: bool,
    /// Let autoscaling of one service go on
    #[arg(long, conflicts_with_all = ["min", "max"])]
    pub resume: bool,
    /// A new minimum for one service
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub min: Option<u32>,
    /// A new maximum for one service
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub max: Option<u32>,
    /// With a change: print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Autoscaling {
    /// Whether something is to be changed.
    pub fn changes(&self) -> bool {
        self.suspend || self.resume || self.min.is_some() || self.max.is_some()
    }
}

/// Flags of `cockpit db`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit db
  cockpit --env prod db -o json")]
pub struct Db {
    /// Identifiers, words that only one identifier has, or ARNs; all where none is given
    #[arg(value_name = "DATABASE")]
    pub databases: Vec<String>,
}

/// Flags of `cockpit alarms`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit alarms
  cockpit alarms --all -o csv")]
pub struct Alarms {
    /// Alarms that are OK and those that autoscaling owns, too
    #[arg(long)]
    pub all: bool,
}
