//! Arguments of `cockpit infra validate`.

use crate::commands::infra::target::Target;
use clap::Args;

/// Check the code of units with Terraform and Terragrunt [table|json|yaml|csv]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
}
