//! `cockpit stop`: its arguments.

use crate::commands::power_flags::Flags;
use clap::Args;

/// Stop all services of the environment, remembering their desired counts [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Arguments {
    /// How.
    #[command(flatten)]
    pub flags: Flags,
}
