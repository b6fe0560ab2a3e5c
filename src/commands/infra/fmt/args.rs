//! `cockpit infra fmt`: what is typed.

use crate::commands::infra::target::Target;
use clap::Args;

/// Write the code of units in its usual form, or say what is not in it
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Whose.
    #[command(flatten)]
    pub target: Target,
    /// Change nothing; list the files that would change and exit with 1 if there are any
    #[arg(long)]
    pub check: bool,
}
