//! Arguments of `cockpit services`.

use clap::Args;

/// List services with their task counts, deployments, health and reasons [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit services
  cockpit services web -o json
  cockpit --env prod services -o csv > services.csv")]
pub struct Arguments {
    /// Services by name, short name, unambiguous part of the name, or ARN [default: all]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
}
