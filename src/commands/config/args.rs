//! Arguments of `cockpit config`.

use clap::{Args, Subcommand};

/// Show or check the configuration [table|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The action on the configuration.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions of `cockpit config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Action {
    /// Print every value and its source
    Show,
    /// Report all mistakes at once; exit code 2 if there are any
    Check,
}
