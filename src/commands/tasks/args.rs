//! `cockpit tasks`: its arguments.

use clap::Args;

/// List tasks with their containers and why they stopped [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Tasks that stopped within the last hour are listed too, with the reason. For agents that run beside a
task's own containers (Datadog, CloudWatch, OpenTelemetry, New Relic, Dynatrace, Fluent Bit) it shows their version and
whether they report: their health check, and the last lines of their log in CloudWatch.

Examples:
  cockpit tasks
  cockpit tasks api -o json"
)]
pub struct Arguments {
    /// Names, short names, words that only one service's name has, or ARNs; all where none is given
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
}
