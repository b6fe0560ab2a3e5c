//! `cockpit infra drift`: what is typed.

use crate::commands::infra::run_args::RunArgs;
use clap::Args;

/// Show what is not as the states have it, and what runs otherwise than it is declared [table|markdown|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Refresh-only plans of all units; then images and revisions of task definitions, counts beside scaling, limits of scaling,
parameters that tasks name and that do not exist, and classes of databases, each with where it is declared.
It changes neither what runs nor a state."
)]
pub struct Arguments {
    /// What it is over.
    #[command(flatten)]
    pub of: RunArgs,
    /// Exit with 0 where nothing differs, 2 where something does, 1 for any error
    #[arg(long)]
    pub detailed_exitcode: bool,
}
