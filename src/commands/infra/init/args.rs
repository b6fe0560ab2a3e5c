//! `cockpit infra init`: its arguments.

use crate::commands::infra::target::Target;
use clap::Args;

/// Initialise providers, modules and the backend of units; a run does it by itself
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment, and which of its units.
    #[command(flatten)]
    pub target: Target,
    /// Create the workspace of each unit that has none yet
    #[arg(long)]
    pub new_workspace: bool,
}
