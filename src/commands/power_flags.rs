//! What is typed of `stop` and `start` alike.

use clap::Args;

/// Flags of `cockpit stop` and `cockpit start`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "It is done by the environment's scheduler function where one is configured, else directly; the counts
of before are kept in a tag of each service, so that `cockpit start` brings them back."
)]
pub struct Flags {
    /// Stop or start the databases, too
    #[arg(long)]
    pub databases: bool,
    /// Do it directly, without the scheduler function
    #[arg(long)]
    pub direct: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
