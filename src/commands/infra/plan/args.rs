//! `cockpit infra plan`: its arguments.

use crate::commands::infra::run_args::RunArgs;
use clap::Args;

/// Plan the units of an environment, and change nothing [table|markdown|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Unlike the plans of an apply it sees only what is applied now: a unit that needs outputs of one that\nwas never applied says so."
)]
pub struct Arguments {
    /// What the run covers.
    #[command(flatten)]
    pub of: RunArgs,
    /// Exit with 0 where nothing would change, 2 where something would, 1 for any error
    #[arg(long)]
    pub detailed_exitcode: bool,
}
