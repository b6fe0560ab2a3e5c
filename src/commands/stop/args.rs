//! `cockpit stop`: its arguments.

use crate::commands::power_flags::Flags;
use clap::Args;

/// Stop all services of the environment, remembering their desired counts [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "The environment's scheduler function does it where one is configured; otherwise each service is set to 0 tasks.
The counts of before are kept in a tag of each service, so that `cockpit start` brings them back.

Examples:
  cockpit stop --dry-run
  cockpit --env staging stop --databases"
)]
pub struct Arguments {
    /// How.
    #[command(flatten)]
    pub flags: Flags,
}
