//! `cockpit infra approve`: its arguments.

use crate::commands::infra::run_args::Named;
use clap::Args;

/// Approve the plans of a run that wait for it
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Which run.
    #[command(flatten)]
    pub of: Named,
    /// Only the plan of this unit; may be given several times
    #[arg(short, long = "unit", value_name = "NAME")]
    pub units: Vec<String>,
    /// Only if the plan has this hash, or one that begins with it
    #[arg(long, value_name = "SHA256")]
    pub plan: Option<String>,
}
