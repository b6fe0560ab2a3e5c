//! `cockpit start`: its arguments.

use crate::commands::power_flags::Flags;
use clap::Args;

/// Start all services of the environment with the desired counts of before [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Arguments {
    /// How.
    #[command(flatten)]
    pub flags: Flags,
}
