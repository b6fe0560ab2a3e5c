//! Arguments of `cockpit infra`.

use super::list::Action;
use clap::Args;

/// Units of Terraform and Terragrunt: their graph, plans, runs, outputs and states
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The subcommand.
    #[command(subcommand)]
    pub action: Action,
}
