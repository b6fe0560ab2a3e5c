//! `cockpit start`: its arguments.

use crate::commands::power_flags::Flags;
use clap::Args;

/// Start all services of the environment with the desired counts of before [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "The environment's scheduler function does it where one is configured; otherwise each service gets the count that
`cockpit stop` kept in its tag.

Examples:
  cockpit start --dry-run
  cockpit --env staging start --databases"
)]
pub struct Arguments {
    /// How.
    #[command(flatten)]
    pub flags: Flags,
}
