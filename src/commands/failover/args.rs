//! `cockpit failover`: its arguments.

use clap::Args;

/// Fail a database over to another member, and watch until that is the writer [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Of an Aurora cluster a reader becomes the writer: the one of the lowest promotion tier that is least
behind, or the one that --to names. A Multi-AZ instance goes to its standby. The plan says how far the reader is behind and
how many clients are connected; the verdict says how long there was no writer.

Examples:
  cockpit failover --dry-run
  cockpit --env prod failover --to bookmark-manager-prod-aurora-2 --yes --confirm prod"
)]
pub struct Arguments {
    /// Its identifier, words that only one identifier has, or its ARN; the only one where none is given
    #[arg(value_name = "DATABASE")]
    pub database: Option<String>,
    /// The member that becomes the writer
    #[arg(long, value_name = "MEMBER")]
    pub to: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
