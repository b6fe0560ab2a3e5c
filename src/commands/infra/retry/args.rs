//! `cockpit infra retry`: its arguments.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Try failed and blocked units of a run again
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Which run.
    #[command(flatten)]
    pub of: Named,
    /// Print what happens as JSON, one object per line
    #[arg(long)]
    pub json: bool,
}
