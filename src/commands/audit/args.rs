//! `cockpit audit`: what is typed.

use clap::Args;

/// Show what was changed, by whom and how it ended [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Shows the operations of the chosen environment, the newest last.

Examples:
  cockpit audit
  cockpit audit --all --last 100 -o json")]
pub struct Arguments {
    /// Show the N newest
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub last: usize,
    /// Show those of all environments
    #[arg(long)]
    pub all: bool,
}
