//! `cockpit infra validate`: its arguments.

use crate::commands::infra::target::Target;
use clap::Args;

/// Check the code of units, as Terragrunt and Terraform do [table|json|yaml|csv]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment, and which of its units.
    #[command(flatten)]
    pub target: Target,
}
