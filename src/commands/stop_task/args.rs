//! Arguments of `cockpit stop-task`.

use clap::Args;

/// Stop one task; its service replaces it [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Arguments {
    /// The task by id, unambiguous prefix of the id, or ARN
    #[arg(value_name = "TASK")]
    pub task: String,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
