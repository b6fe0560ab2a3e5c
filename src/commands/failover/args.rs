//! Arguments of `cockpit failover`.

use clap::Args;

/// Fail a database over to another member, and watch until that member is the writer [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "In an Aurora cluster a reader becomes the writer: the one with the lowest promotion tier and the least
lag, or the one given with --to. A Multi-AZ instance fails over to its standby. The plan shows the lag of the reader and
the number of connected clients; the verdict shows how long there was no writer.

Examples:
  cockpit failover --dry-run
  cockpit --env prod failover --to bookmark-manager-prod-aurora-2 --yes --confirm prod"
)]
pub struct Arguments {
    /// The database by identifier, unambiguous part of it, or ARN [default: the only one]
    #[arg(value_name = "DATABASE")]
    pub database: Option<String>,
    /// The member that becomes the writer
    #[arg(long, value_name = "MEMBER")]
    pub to: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
