//! The selection of an environment and its units, shared by most subcommands.

use clap::Args;

/// The selection of an environment.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Environment {
    /// The environment, as with --env
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: Option<String>,
}

/// The selection of units of an environment.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Target {
    /// The environment.
    #[command(flatten)]
    pub of: Environment,
    /// Only this unit; may be given several times
    #[arg(short, long = "unit", value_name = "NAME")]
    pub units: Vec<String>,
}
