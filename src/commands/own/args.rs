//! Arguments of `cockpit run`.

use clap::Args;

/// Run a command defined in the configuration [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Commands are defined by [[commands]] in the configuration; docs/configuration.md lists what is passed to them.
A command that changes something shows what will be run, and asks first.

Examples:
  cockpit run flush-cache --service web
  cockpit run report --env prod --yes --confirm prod"
)]
pub struct Arguments {
    /// The name of the command
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The service to run it on
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The task to run it on, by its id
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// The container to run it on
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// The database to run it on
    #[arg(long, value_name = "ID")]
    pub database: Option<String>,
    /// The database instance to run it on
    #[arg(long, value_name = "ID")]
    pub instance: Option<String>,
    /// The alarm to run it on
    #[arg(long, value_name = "NAME")]
    pub alarm: Option<String>,
    /// Any other text to run it on
    #[arg(long, value_name = "TEXT")]
    pub row: Option<String>,
    /// Print what would be run and run nothing
    #[arg(long)]
    pub dry_run: bool,
}
