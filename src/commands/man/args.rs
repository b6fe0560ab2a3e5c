//! `cockpit man`: its arguments.

use clap::Args;

/// Print the manual page
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Arguments {}
