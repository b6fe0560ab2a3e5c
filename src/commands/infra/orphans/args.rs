//! Arguments of `cockpit infra orphans`.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Look for resources that a run may have created without recording them in a state, and offer import blocks
/// [table|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "A process that is killed while it creates a resource leaves no record of it. Such resources are looked for in AWS by their names,
where there is a call for that, and their import blocks go into imports.tf in the run's folder. With --write they go into
cockpit_imports.tf of their unit: its next plan shows the import, and an apply does it."
)]
pub struct Arguments {
    /// The run.
    #[command(flatten)]
    pub of: Named,
    /// Write the blocks of the resources found into the units
    #[arg(long)]
    pub write: bool,
}
