//! `cockpit instances`: what is typed.

use clap::Args;

/// List instances of EC2 with status checks, agents and figures [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Which instances are the environment's: those that `instances` names in the configuration, else those whose tag
Project is the environment's project and whose tag Environment, where they have one, is its name. Memory and disk are
known where the agent of CloudWatch reports them.

Examples:
  cockpit instances
  cockpit instances -o json"
)]
pub struct Arguments {}
