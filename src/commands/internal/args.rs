//! Arguments of `cockpit internal`.

use clap::{Args, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Processes that the cockpit starts for itself
#[derive(Debug, Clone, PartialEq, Args)]
#[command(hide = true)]
pub struct Arguments {
    /// The process to run
    #[command(subcommand)]
    pub part: Part,
}

/// The internal processes.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Part {
    /// Drive a run over the units of an environment
    InfraSupervisor {
        /// The folder of the run
        folder: PathBuf,
    },
    /// Become Terraform, in its own session, with output to a file
    TfShim {
        /// The arguments of Terraform
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}
