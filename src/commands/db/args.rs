//! `cockpit db`: what is typed.

use clap::Args;

/// List databases with members, capacity, lag and backups [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit db
  cockpit --env prod db -o json")]
pub struct Arguments {
    /// Identifiers, words that only one identifier has, or ARNs; all where none is given
    #[arg(value_name = "DATABASE")]
    pub databases: Vec<String>,
}
