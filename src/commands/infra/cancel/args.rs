//! Arguments of `cockpit infra cancel`.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Cancel a run: Terraform finishes what is in progress, and nothing new starts
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The run.
    #[command(flatten)]
    pub of: Named,
    /// Force the stop: Terraform is interrupted a second time, and its state may be lost. Requires the word `stop`
    #[arg(long, value_name = "WORD")]
    pub hard: Option<String>,
}
