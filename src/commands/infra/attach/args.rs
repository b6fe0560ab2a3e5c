//! `cockpit infra attach`: what is typed.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Follow a run, and review its plans
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Which run.
    #[command(flatten)]
    pub of: Named,
    /// Print what happens as JSON, a line each
    #[arg(long)]
    pub json: bool,
    /// Only look: ask for no yes
    #[arg(long)]
    pub watch: bool,
}
