//! Arguments of `cockpit infra state`.

use crate::commands::infra::target::Target;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Inspect states: list resources, show one, print a whole state, or push one
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The action on states.
    #[command(subcommand)]
    pub what: What,
}

/// The actions of `cockpit infra state`.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum What {
    /// List the resources [table|json|yaml|csv]
    List(Target),
    /// Show one resource, with sensitive values masked [table|json|yaml]
    Show(Show),
    /// Print the state of a unit with sensitive values masked; --to writes it unmasked
    Pull(Pull),
    /// Push a state that could not be written at the end of an apply (errored.tfstate), after confirmation
    Push(Push),
}

/// The state to push.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Push {
    /// The environment and its unit.
    #[command(flatten)]
    pub target: Target,
    /// The file [default: the errored.tfstate of the unit]
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

/// The resource to show.
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

/// The state to print.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Pull {
    /// The environment and its unit.
    #[command(flatten)]
    pub target: Target,
    /// Print it unmasked, with its secrets
    #[arg(long, conflicts_with = "to")]
    pub sensitive: bool,
    /// Write it unmasked to this file, which must not exist yet and is readable only by you
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
}
