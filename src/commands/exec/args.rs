//! `cockpit exec`: its arguments.

use clap::Args;

/// Open a shell, or run a command, in a container of a service
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    override_usage = "cockpit exec [OPTIONS] [ENVIRONMENT] <SERVICE> [-- <COMMAND>...]",
    after_help = "It needs ECS Exec on the service; the session-manager-plugin is not needed. With a terminal every key goes to the
container, Ctrl-C too. The exit code is the command's where the agent reports it; many agents do not, and then
a message says so. The command is written into the audit file, what is typed is not.

Examples:
  cockpit exec staging web                               a shell
  cockpit exec staging web -- node scripts/check.js      a command
  echo 'select 1' | cockpit exec staging web --container app -- cat"
)]
pub struct Arguments {
    /// The environment, unless `--env` names it or there is a default, and the service
    #[arg(value_names = ["ENVIRONMENT", "SERVICE"], required = true, num_args = 1..=2)]
    pub words: Vec<String>,
    /// A task, by the beginning of its id
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// The container
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// The command with its arguments; a shell without one
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}
