//! Arguments of `cockpit infra unlock`.

use crate::commands::infra::target::Target;
use clap::Args;

/// Show who holds the lock of a unit's state, and release one that was left behind
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
    /// Only show the lock
    #[arg(long)]
    pub dry_run: bool,
}
