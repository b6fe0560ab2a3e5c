//! Arguments of `cockpit tasks`.

use clap::Args;

/// List tasks with their containers, and why they stopped [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Tasks that stopped within the last hour are listed too, with the reason. For monitoring agents beside a
task's own containers (Datadog, CloudWatch, OpenTelemetry, New Relic, Dynatrace, Fluent Bit) it shows their version and
whether they report, judged by their health check and the last lines of their log in CloudWatch.

Examples:
  cockpit tasks
  cockpit tasks api -o json"
)]
pub struct Arguments {
    /// Services by name, short name, unambiguous part of the name, or ARN [default: all]
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
}
