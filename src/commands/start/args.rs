//! Arguments of `cockpit start`.

use crate::commands::power_flags::Flags;
use clap::Args;

/// Start all services of the environment with their previous desired counts [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Uses the environment's scheduler function if one is configured; otherwise each service gets the count that
`cockpit stop` kept in its tag.

Examples:
  cockpit start --dry-run
  cockpit --env staging start --databases"
)]
pub struct Arguments {
    /// The flags shared with `stop`.
    #[command(flatten)]
    pub flags: Flags,
}
