//! `cockpit instances`: its arguments.

use clap::{Args, Subcommand};

/// Instances of EC2: state, status checks, figures; start, stop, restart one, open a session [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Which instances are the environment's: those that `instances` names (ids, or patterns of names), else those whose tags
`Project` and `Environment` are its own. CPU comes from EC2; memory and disks where the CloudWatch agent reports them.
What cannot be read is reported with the action that was denied or failed, and the exit code is 3.

An instance is named by its id, its name, or words that only its name has. A change is planned, asked for, written into the
audit file, and watched until the instance's state and its status checks say so.

Examples:
  cockpit instances
  cockpit instances stop bastion
  cockpit instances session bastion                      a shell; needs no SSH and no open port
  cockpit instances session bastion -- df -h"
)]
pub struct Arguments {
    /// What to do; without it they are listed.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// What to do with one.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// Start one, and wait until its status checks pass [table|json|yaml]
    Start(Change),
    /// Stop one, and wait until it is stopped [table|json|yaml]
    Stop(Change),
    /// Restart one, and wait until its status checks pass again [table|json|yaml]
    Reboot(Change),
    /// Open a shell on one, or run a command there, through Session Manager
    Session(Session),
}

/// The arguments of a change.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Change {
    /// Its id, its name, or words that only its name has
    #[arg(value_name = "INSTANCE")]
    pub instance: String,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of a session.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Session {
    /// Its id, its name, or words that only its name has
    #[arg(value_name = "INSTANCE")]
    pub instance: String,
    /// The command with its arguments; a shell without one
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}
