//! Arguments of `cockpit rollback`.

use clap::Args;

/// Roll back to the version that ran before [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Rolls back to the version that ran before, by the history of service deployments, or stops the
deployment that is in progress and rolls it back.

Examples:
  cockpit rollback web
  cockpit rollback web --to 41")]
pub struct Arguments {
    /// The service by name, short name, unambiguous part of the name, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The revision to roll back to (`41`, `family:41` or its ARN) [default: the one that ran before]
    #[arg(long, value_name = "REVISION")]
    pub to: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
