//! Arguments of `cockpit infra init`.

use crate::commands::infra::target::Target;
use clap::Args;

/// Initialise providers, modules and the backend of units; runs do this themselves
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
    /// Create missing workspaces of the units
    #[arg(long)]
    pub new_workspace: bool,
}
