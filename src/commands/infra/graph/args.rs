//! `cockpit infra graph`: what is typed.

use crate::commands::infra::target::Target;
use clap::Args;

/// Show the units and what they depend on [table|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// Whose.
    #[command(flatten)]
    pub target: Target,
}
