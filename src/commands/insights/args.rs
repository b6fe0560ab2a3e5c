//! Arguments of `cockpit insights`.

use clap::Args;

/// Search logs with CloudWatch Logs Insights [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Queries are billed by bytes scanned: an estimate is printed before a query over a long range, and the bytes after it.

Presets: errors (errors by message), slow (slowest routes), volume (lines by service over time)

Examples:
  cockpit insights errors --since 1d
  cockpit insights 'filter @message like /timeout/ | stats count(*) by bin(5m)' api --since 6h -o csv"
)]
pub struct Arguments {
    /// A query of CloudWatch Logs Insights, or the name of a preset or of one of the environment's `log_queries`
    #[arg(value_name = "QUERY")]
    pub query: String,
    /// Services whose log groups are searched [default: all]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// Start of the time range: a duration before now, or a time
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub since: String,
    /// End of the time range [default: now]
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// A log group, or groups by a pattern (`*`, `?`, `[a-c]`), instead of services; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "services")]
    pub group: Vec<String>,
    /// Print the estimated size and price of the scan, from the size of the groups, and run no query
    #[arg(long)]
    pub price: bool,
    /// Return at most N rows
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    pub limit: i32,
}
