//! `cockpit infra state`: its arguments.

use crate::commands::infra::target::Target;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Look at states: list the resources, show one, or print the whole state
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// What to look at.
    #[command(subcommand)]
    pub what: What,
}

/// What `cockpit infra state` looks at.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum What {
    /// List the resources [table|json|yaml|csv]
    List(Target),
    /// Show one resource, its sensitive values masked [table|json|yaml]
    Show(Show),
    /// Print the state of a unit, its sensitive values masked; --to writes it unmasked
    Pull(Pull),
    /// Push a state that could not be written at the end of an apply (errored.tfstate), after a yes
    Push(Push),
}

/// Which state is pushed.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Push {
    /// Of which environment, and unit.
    #[command(flatten)]
    pub target: Target,
    /// The file [default: the errored.tfstate of the unit]
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

/// Which resource.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(override_usage = "cockpit infra state show [OPTIONS] [ENVIRONMENT] <ADDRESS>")]
pub struct Show {
    /// The environment, as with --env, and the resource's address: `module.db.aws_db_instance.this[0]`
    #[arg(value_names = ["ENVIRONMENT", "ADDRESS"], num_args = 1..=2, required = true)]
    pub words: Vec<String>,
    /// Only this unit; may be given several times
    #[arg(short, long = "unit", value_name = "NAME")]
    pub units: Vec<String>,
}

/// Which state.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Pull {
    /// Of which environment, and unit.
    #[command(flatten)]
    pub target: Target,
    /// Print it unmasked, with its secrets
    #[arg(long, conflicts_with = "to")]
    pub sensitive: bool,
    /// Write it unmasked into this file, which must not exist yet and only you can read
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}
