//! `cockpit infra destroy`: its arguments.

use crate::commands::infra::run_args::ChangeArgs;
use clap::Args;

/// Plan, review and destroy the units of an environment, in reverse order
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "What protects the resources of a unit is lifted first, by a plan of its own that needs approval as well: deletion\nprotection is taken off, databases leave a final snapshot, what is in buckets and repositories may be deleted.\nThe run goes on when this command is left: `cockpit infra attach` follows it again."
)]
pub struct Arguments {
    /// The run: its environment, units and options.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Take no final snapshot of databases whose code takes none
    #[arg(long)]
    pub skip_final_snapshot: bool,
}
