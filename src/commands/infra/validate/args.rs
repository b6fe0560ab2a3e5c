//! `cockpit infra validate`: what is typed.

use crate::commands::infra::target::Target;
use clap::Args;

/// Check the code of units, as Terragrunt and Terraform do [table|json|yaml|csv]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Whose.
    #[command(flatten)]
    pub target: Target,
}
