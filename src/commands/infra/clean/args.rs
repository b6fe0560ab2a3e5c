//! `cockpit infra clean`: its arguments.

use crate::commands::infra::target::Target;
use clap::Args;

/// Remove what Terraform and Terragrunt keep beside the code: providers, modules, caches; never a state
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment, and which of its units.
    #[command(flatten)]
    pub target: Target,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}
