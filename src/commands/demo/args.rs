//! `cockpit demo`: what is typed.

use crate::commands::scenario::{named, speed};
use aws_sim::Scenario;
use clap::Args;

/// Open the interactive session on the simulated AWS
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "Nothing leaves this machine: every screen says SIMULATED.

Example:
  cockpit demo --scenario crash-loop --speed 5")]
pub struct Arguments {
    /// The scenario: what happens in the simulated AWS
    #[arg(long, value_name = "NAME", default_value = "staging", value_parser = named)]
    pub scenario: Scenario,
    /// How much faster than the wall its clock runs; 0 stops it
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
}
