//! Arguments of `cockpit infra apply`.

use crate::commands::infra::run_args::ChangeArgs;
use clap::Args;

/// Plan, review and apply the units of an environment, each as soon as its dependencies are applied
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The run: its environment, units and options.
    #[command(flatten)]
    pub change: ChangeArgs,
}
