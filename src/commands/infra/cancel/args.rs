//! `cockpit infra cancel`: its arguments.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Stop a run: Terraform finishes what is in flight, and nothing new begins
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Which run.
    #[command(flatten)]
    pub of: Named,
    /// Force the stop: Terraform is interrupted a second time, and its state may be lost. Requires the word `stop`
    #[arg(long, value_name = "WORD")]
    pub hard: Option<String>,
}
