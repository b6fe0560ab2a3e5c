//! Arguments of `cockpit instances`.

use clap::{Args, Subcommand};

/// List EC2 instances with state, status checks and metrics; start, stop or restart one, or open a session
/// [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "The instances of the environment are those listed in `instances` (ids, or patterns of names), else those with its tags
`Project` and `Environment`. CPU is read from EC2; memory and disks if the CloudWatch agent reports them.
Failed reads are reported with the action that was denied or failed, and the exit code is 3.

An instance is given by its id, its name, or an unambiguous part of its name. A change is planned, confirmed, recorded in the
audit file, and watched until the instance's state and its status checks show it.

Examples:
  cockpit instances
  cockpit instances stop bastion
  cockpit instances session bastion                      a shell; needs no SSH and no open port
  cockpit instances session bastion -- df -h"
)]
pub struct Arguments {
    /// The action on an instance; none lists them.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// The actions on an instance.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// Start an instance, and wait until its status checks pass [table|json|yaml]
    Start(Change),
    /// Stop an instance, and wait until it is stopped [table|json|yaml]
    Stop(Change),
    /// Restart an instance, and wait until its status checks pass again [table|json|yaml]
    Reboot(Change),
    /// Open a shell on an instance, or run a command there, through Session Manager
    Session(Session),
}

/// The arguments of a change.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Change {
    /// The instance by id, name, or unambiguous part of the name
    #[arg(value_name = "INSTANCE")]
    pub instance: String,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of a session.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Session {
    /// The instance by id, name, or unambiguous part of the name
    #[arg(value_name = "INSTANCE")]
    pub instance: String,
    /// The command with its arguments [default: a shell]
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}
