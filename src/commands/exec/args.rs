//! Arguments of `cockpit exec`.

use clap::Args;

/// Open a shell, or run a command, in a container of a service
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    override_usage = "cockpit exec [OPTIONS] [ENVIRONMENT] <SERVICE> [-- <COMMAND>...]",
    after_help = "Requires ECS Exec on the service, but not the session-manager-plugin. In a terminal every key goes to the
container, including Ctrl-C. The exit code is the command's if the agent reports it; many agents do not, and then
a message says so. The command is written to the audit file; keyboard input is not.

Examples:
  cockpit exec staging web                               a shell
  cockpit exec staging web -- node scripts/check.js      a command
  echo 'select 1' | cockpit exec staging web --container app -- cat"
)]
pub struct Arguments {
    /// The environment (optional with --env or a default environment), and the service
    #[arg(value_names = ["ENVIRONMENT", "SERVICE"], required = true, num_args = 1..=2)]
    pub words: Vec<String>,
    /// The task, by the first characters of its id
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// The container
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// The command with its arguments [default: a shell]
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}
