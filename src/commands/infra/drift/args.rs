//! `cockpit infra drift`: its arguments.

use crate::commands::infra::run_args::RunArgs;
use clap::Args;

/// Show what differs from the states, and what runs differently from its code [table|markdown|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Refresh-only plans of all units; then images and revisions of task definitions, counts beside scaling, limits of scaling,
parameters that tasks name and that do not exist, and classes of databases, each with where it is declared.
It changes neither what runs nor a state."
)]
pub struct Arguments {
    /// What the run covers.
    #[command(flatten)]
    pub of: RunArgs,
    /// Exit with 0 where nothing differs, 2 where something does, 1 for any error
    #[arg(long)]
    pub detailed_exitcode: bool,
}
