//! Arguments of `cockpit infra resume`.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Resume a run whose supervisor was killed
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The run.
    #[command(flatten)]
    pub of: Named,
    /// Print events as JSON, one object per line
    #[arg(long)]
    pub json: bool,
}
