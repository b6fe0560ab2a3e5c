//! `cockpit infra`: its arguments.

use super::list::Action;
use clap::Args;

/// Units of Terraform and Terragrunt: their graph, plans, runs, outputs and states
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}
