//! Arguments of `cockpit infra drift`.

use crate::commands::infra::run_args::RunArgs;
use clap::Args;

/// Show differences of resources from the states and from their code [table|markdown|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Makes refresh-only plans of all units. Then compares images and revisions of task definitions, desired counts outside
the scaling limits, the scaling limits, missing parameters that tasks refer to, and database classes, each with the place
of its declaration. Changes neither resources nor states."
)]
pub struct Arguments {
    /// The scope of the run.
    #[command(flatten)]
    pub of: RunArgs,
    /// Exit with 0 if nothing differs, 2 if something does, 1 for any error
    #[arg(long)]
    pub detailed_exitcode: bool,
}
