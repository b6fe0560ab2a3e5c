//! Arguments of `cockpit man`.

use clap::Args;

/// Print the manual page
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Arguments {}
