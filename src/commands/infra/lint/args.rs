//! `cockpit infra lint`: its arguments.

use crate::commands::infra::target::Target;
use clap::Args;

/// Check the code of units with tflint, where it is installed [table|json|yaml|csv]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment, and which of its units.
    #[command(flatten)]
    pub target: Target,
}
