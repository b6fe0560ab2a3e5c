//! `cockpit config`: its arguments.

use clap::{Args, Subcommand};

/// Show or check the configuration [table|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// What to do with it.
    #[command(subcommand)]
    pub action: Action,
}

/// What `cockpit config` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Action {
    /// Print every value and where it came from
    Show,
    /// Report all mistakes at once; exit 2 if there are any
    Check,
}
