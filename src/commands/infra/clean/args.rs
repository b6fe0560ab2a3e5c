//! Arguments of `cockpit infra clean`.

use crate::commands::infra::target::Target;
use clap::Args;

/// Remove files that Terraform and Terragrunt cache beside the code: providers, modules, caches; never a state
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}
