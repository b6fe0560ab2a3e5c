//! `cockpit infra destroy`: what is typed.

use crate::commands::infra::run_args::ChangeArgs;
use clap::Args;

/// Plan, review and destroy the units of an environment, in the other order
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// What is to be changed.
    #[command(flatten)]
    pub change: ChangeArgs,
}
