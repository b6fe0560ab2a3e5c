//! Arguments of `cockpit infra output`.

use clap::Args;

/// Print outputs of units: names, addresses, endpoints [table|json|yaml|csv]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "With a name and without a format, only the value is printed, for scripts. Sensitive values are hidden; --sensitive shows
that of the named output.

Examples:
  cockpit infra output staging
  cockpit infra output staging website_url
  cockpit infra output staging --unit database master_password --sensitive"
)]
pub struct Arguments {
    /// The environment, as with --env, and the output's name; both may be left out
    #[arg(value_names = ["ENVIRONMENT", "NAME"], num_args = 0..=2)]
    pub words: Vec<String>,
    /// Only this unit; may be given several times
    #[arg(short, long = "unit", value_name = "NAME")]
    pub units: Vec<String>,
    /// Show the value of the named output even if it is sensitive
    #[arg(long)]
    pub sensitive: bool,
}
