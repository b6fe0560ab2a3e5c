//! Arguments of `cockpit infra runs`.

use clap::Args;

/// List the runs of an environment, the latest first [table|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {}
