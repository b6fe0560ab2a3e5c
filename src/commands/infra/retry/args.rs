//! Arguments of `cockpit infra retry`.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Retry the failed and blocked units of a run
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The run.
    #[command(flatten)]
    pub of: Named,
    /// Print events as JSON, one object per line
    #[arg(long)]
    pub json: bool,
}
