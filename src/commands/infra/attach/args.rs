//! `cockpit infra attach`: its arguments.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Follow a run, and review its plans
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Without a terminal nobody can be asked: where plans wait for a yes it says what gives it and ends with 7, unless --yes
answers or --watch only looks. The run goes on."
)]
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
