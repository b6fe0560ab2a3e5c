//! Arguments of `cockpit demo`.

use crate::commands::scenario::{parse_scenario, parse_speed};
use aws_sim::Scenario;
use clap::Args;

/// Open the interactive session on the simulated AWS
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "Nothing leaves this machine: every screen says SIMULATED. Tunnels lead to a PostgreSQL server
run from the programs of this machine (in PGBIN, or where they usually are). It is started and filled when the Query pane
first connects, and removed when the demo ends. The Infra pane runs real Terraform, if it is on PATH, over units whose
resources only wait.

Example:
  cockpit demo --scenario crash-loop --speed 5")]
pub struct Arguments {
    /// The scenario: what happens in the simulated AWS
    #[arg(long, value_name = "NAME", default_value = "staging", value_parser = parse_scenario)]
    pub scenario: Scenario,
    /// Start with the list of all environments, as the key `e` shows it
    #[arg(long)]
    pub all: bool,
    /// The speed of the simulated clock as a multiple of real time; 0 stops it
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = parse_speed)]
    pub speed: f64,
    /// The number of bookmarks in its database; with a million, the first connection takes about ten seconds
    #[arg(long, value_name = "N", default_value_t = BOOKMARKS, value_parser = clap::value_parser!(u64).range(1..=MAX_BOOKMARKS))]
    pub rows: u64,
}

/// Enough to make every table look alive.
const BOOKMARKS: u64 = 20_000;
/// More rows would make the first connection wait for minutes.
const MAX_BOOKMARKS: u64 = 20_000_000;
