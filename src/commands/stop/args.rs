//! Arguments of `cockpit stop`.

use crate::commands::power_flags::Flags;
use clap::Args;

/// Stop all services of the environment, and remember their desired counts [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Uses the environment's scheduler function if one is configured; otherwise each service is set to 0 tasks.
The previous counts are kept in a tag of each service, so that `cockpit start` brings them back.

Examples:
  cockpit stop --dry-run
  cockpit --env staging stop --databases"
)]
pub struct Arguments {
    /// The flags shared with `start`.
    #[command(flatten)]
    pub flags: Flags,
}
