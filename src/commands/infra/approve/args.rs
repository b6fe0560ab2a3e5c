//! Arguments of `cockpit infra approve`.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Approve plans of a run that wait for approval
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The run.
    #[command(flatten)]
    pub of: Named,
    /// Approve only the plan of this unit; may be given several times
    #[arg(short, long = "unit", value_name = "NAME")]
    pub units: Vec<String>,
    /// Approve the plan only if its hash starts with this
    #[arg(long, value_name = "SHA256")]
    pub plan: Option<String>,
}
