//! `cockpit metrics`: its arguments.

use crate::cli::duration;
use clap::Args;
use jiff::SignedDuration;

/// Print traffic, errors, latency, CPU, memory, capacity, NAT and firewall as figures and curves [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "All curves of a report are one request of GetMetricData ($0.01 for 1,000 metrics); with --against two.

Examples:
  cockpit metrics                        everything of the last 3 hours
  cockpit metrics web alb --since 1d     a service and its load balancer
  cockpit metrics db -o csv
  cockpit metrics web --against 7d       beside the same time of last week"
)]
pub struct Arguments {
    /// `service`, `db`, `alb`, `nat`, `waf`, or a service: its curves and those of the load balancer in front of it
    #[arg(value_name = "WHAT")]
    pub what: Vec<String>,
    /// From this long ago (`2h`), or from this time (`14:02`, `2026-11-24 14:02`, RFC 3339)
    #[arg(long, value_name = "TIME", default_value = "3h")]
    pub since: String,
    /// Up to this time, in the same forms
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// All load balancers and firewalls of the region, not only those with the environment's names
    #[arg(long)]
    pub all: bool,
    /// Compare with the same time this long before: `7d` is last week
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub against: Option<SignedDuration>,
}
