//! `cockpit infra apply`: what is typed.

use crate::commands::infra::run_args::RunArgs;
use clap::Args;

/// Plan, review and apply the units of an environment, each as soon as what it needs is done
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "The run goes on when this command is left, when the terminal closes and when the connection is lost:\n`cockpit infra attach` follows it again. Without a terminal --yes answers, for what destroys data with --confirm."
)]
pub struct Arguments {
    /// What it is over.
    #[command(flatten)]
    pub of: RunArgs,
    /// Leave the run at once: its plans wait for `cockpit infra approve`, or for a screen
    #[arg(long)]
    pub detach: bool,
}
