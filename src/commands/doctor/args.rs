//! `cockpit doctor`: what is typed.

use clap::Args;

/// Check tools, credentials, account, clock, permissions and the terminal [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Arguments {}
