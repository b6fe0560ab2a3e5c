//! `cockpit infra lint`: what is typed.

use crate::commands::infra::target::Target;
use clap::Args;

/// Have tflint look at the code of units, where it is installed [table|json|yaml|csv]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Whose.
    #[command(flatten)]
    pub target: Target,
}
