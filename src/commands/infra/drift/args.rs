//! `cockpit infra drift`: what is typed.

use crate::commands::infra::run_args::RunArgs;
use clap::Args;

/// Show what is not as the states have it: refresh-only plans [table|markdown|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "It changes neither what runs nor a state.")]
pub struct Arguments {
    /// What it is over.
    #[command(flatten)]
    pub of: RunArgs,
    /// Exit with 0 where nothing differs, 2 where something does, 1 for any error
    #[arg(long)]
    pub detailed_exitcode: bool,
}
