//! Arguments of `cockpit infra fmt`.

use crate::commands::infra::target::Target;
use clap::Args;

/// Format the code of units, or list the files that are not formatted
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
    /// Change nothing; list the files that would change and exit with 1 if there are any
    #[arg(long)]
    pub check: bool,
}
