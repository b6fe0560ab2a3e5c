//! `cockpit infra apply`: its arguments.

use crate::commands::infra::run_args::ChangeArgs;
use clap::Args;

/// Plan, review and apply the units of an environment, each as soon as what it needs is done
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The run: its environment, units and options.
    #[command(flatten)]
    pub change: ChangeArgs,
}
