//! Arguments of `cockpit infra plan`.

use crate::commands::infra::run_args::RunArgs;
use clap::Args;

/// Plan the units of an environment, and change nothing [table|markdown|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Unlike the plans of an apply, it sees only what is already applied: a unit that needs outputs of one that\nwas never applied reports that."
)]
pub struct Arguments {
    /// The scope of the run.
    #[command(flatten)]
    pub of: RunArgs,
    /// Exit with 0 if nothing would change, 2 if something would, 1 for any error
    #[arg(long)]
    pub detailed_exitcode: bool,
}
