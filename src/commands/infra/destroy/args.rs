//! Arguments of `cockpit infra destroy`.

use crate::commands::infra::run_args::ChangeArgs;
use clap::Args;

/// Plan, review and destroy the units of an environment, in reverse order
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Protection of a unit's resources is lifted first, by a separate plan that also needs approval: deletion protection\nis turned off, databases get a final snapshot, and buckets and repositories may be deleted with their contents.\nThe run continues when this command detaches: `cockpit infra attach` follows it again."
)]
pub struct Arguments {
    /// The run: its environment, units and options.
    #[command(flatten)]
    pub change: ChangeArgs,
    /// Take no final snapshot of databases whose code takes none
    #[arg(long)]
    pub skip_final_snapshot: bool,
}
