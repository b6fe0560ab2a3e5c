//! Arguments of `cockpit infra attach`.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Follow a run, and review its plans
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Without a terminal there is no prompt: if plans wait for approval, it prints how to give it and exits with 7, unless
--yes or --watch is given. The run continues."
)]
pub struct Arguments {
    /// The run.
    #[command(flatten)]
    pub of: Named,
    /// Print events as JSON, one object per line
    #[arg(long)]
    pub json: bool,
    /// Only watch: do not ask for approval
    #[arg(long)]
    pub watch: bool,
}
