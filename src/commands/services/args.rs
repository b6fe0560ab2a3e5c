//! `cockpit services`: its arguments.

use clap::Args;

/// List services: counts, deployments, health and reasons [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit services
  cockpit services web -o json
  cockpit --env prod services -o csv > services.csv")]
pub struct Arguments {
    /// Names, short names, words that only one name has, or ARNs; all where none is given
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
}
