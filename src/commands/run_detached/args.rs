//! `cockpit run-detached`: what it is given.

use clap::Args;
use std::path::PathBuf;

/// Watch over a detached run; started by the cockpit itself
#[derive(Debug, Clone, PartialEq, Args)]
#[command(hide = true)]
pub struct Arguments {
    /// The run's own folder
    pub folder: PathBuf,
}
