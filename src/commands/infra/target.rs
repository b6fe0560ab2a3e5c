//! Which environment, and which of its units: what is typed of most subcommands.

use clap::Args;

/// An environment.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Environment {
    /// The environment, as with --env
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: Option<String>,
}

/// Some units of an environment.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Target {
    /// The environment.
    #[command(flatten)]
    pub of: Environment,
    /// Only this unit; may be given several times
    #[arg(short, long = "unit", value_name = "NAME")]
    pub units: Vec<String>,
}
