//! Arguments of `cockpit infra lint`.

use crate::commands::infra::target::Target;
use clap::Args;

/// Check the code of units with tflint, which must be installed [table|json|yaml|csv]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
}
