//! Arguments of `cockpit metrics`.

use crate::cli::duration;
use clap::Args;
use jiff::SignedDuration;

/// Print traffic, errors, latency, CPU, memory, capacity, NAT and firewall metrics with curves [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "A report takes one GetMetricData request ($0.01 for 1,000 metrics), or two with --against.

Examples:
  cockpit metrics                        everything of the last 3 hours
  cockpit metrics web alb --since 1d     a service and its load balancer
  cockpit metrics db -o csv
  cockpit metrics web --against 7d       compared with the same time last week")]
pub struct Arguments {
    /// `service`, `db`, `alb`, `nat`, `waf`, or a service: its metrics and those of its load balancer [default:
    /// everything]
    #[arg(value_name = "WHAT")]
    pub what: Vec<String>,
    /// Start of the time range: a duration before now (`2h`), or a time (`14:02`, `2026-11-24 14:02`, RFC 3339)
    #[arg(long, value_name = "TIME", default_value = "3h")]
    pub since: String,
    /// End of the time range, in the same forms [default: now]
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Include all load balancers and firewalls of the region, not only those with the environment's names
    #[arg(long)]
    pub all: bool,
    /// Compare with the same range this much earlier: `7d` is last week
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub against: Option<SignedDuration>,
}
