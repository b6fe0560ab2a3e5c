//! `cockpit infra attach`: its arguments.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Follow a run, and review its plans
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Without a terminal nobody can be asked: where plans wait for approval it says how to give it and ends with 7, unless
--yes answers or --watch only looks. The run goes on."
)]
pub struct Arguments {
    /// Which run.
    #[command(flatten)]
    pub of: Named,
    /// Print what happens as JSON, one object per line
    #[arg(long)]
    pub json: bool,
    /// Only watch: ask for no approval
    #[arg(long)]
    pub watch: bool,
}
