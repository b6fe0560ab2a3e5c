//! `cockpit internal`: its arguments.

use clap::{Args, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;

/// Processes that the cockpit starts for itself
#[derive(Debug, Clone, PartialEq, Args)]
#[command(hide = true)]
pub struct Arguments {
    /// Which part
    #[command(subcommand)]
    pub part: Part,
}

/// A part of the cockpit that is a process of its own.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Part {
    /// Drive a run over the units of an environment
    InfraSupervisor {
        /// The run's own folder
        folder: PathBuf,
    },
    /// Become Terraform, in a session of its own that prints into a file
    TfShim {
        /// What Terraform is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}
