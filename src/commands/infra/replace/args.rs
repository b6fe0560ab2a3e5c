//! Arguments of `cockpit infra replace`.

use clap::Args;

/// Replace a resource, as `apply --replace` does: the plan is shown and approved first
#[derive(Debug, Clone, PartialEq, Args)]
#[command(override_usage = "cockpit infra replace [OPTIONS] --unit <NAME> [ENVIRONMENT] <ADDRESS>")]
pub struct Arguments {
    /// The environment, as with --env, and the resource's address
    #[arg(value_names = ["ENVIRONMENT", "ADDRESS"], num_args = 1..=2, required = true)]
    pub words: Vec<String>,
    /// The unit that the resource belongs to
    #[arg(short, long = "unit", value_name = "NAME", required = true)]
    pub unit: String,
}
