//! `cockpit infra init`: what is typed.

use crate::commands::infra::target::Target;
use clap::Args;

/// Make providers, modules and the backend of units ready; a run does it by itself
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Whose.
    #[command(flatten)]
    pub target: Target,
    /// Make the workspace of each unit that has none yet
    #[arg(long)]
    pub new_workspace: bool,
}
