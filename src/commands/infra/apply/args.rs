//! `cockpit infra apply`: what is typed.

use crate::commands::infra::run_args::ChangeArgs;
use clap::Args;

/// Plan, review and apply the units of an environment, each as soon as what it needs is done
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// What is to be changed.
    #[command(flatten)]
    pub change: ChangeArgs,
}
