//! `cockpit infra cancel`: what is typed.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Stop a run: Terraform ends what it is at, and nothing more begins
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Which run.
    #[command(flatten)]
    pub of: Named,
    /// For the second time: Terraform stops where it is, and its state may be lost. Takes the word `stop`
    #[arg(long, value_name = "WORD")]
    pub hard: Option<String>,
}
