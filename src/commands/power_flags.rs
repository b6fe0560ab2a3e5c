//! The flags shared by `stop` and `start`.

use clap::Args;

/// Flags of `cockpit stop` and `cockpit start`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Flags {
    /// Stop or start the databases, too
    #[arg(long)]
    pub databases: bool,
    /// Call the APIs directly instead of the scheduler function
    #[arg(long)]
    pub direct: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
