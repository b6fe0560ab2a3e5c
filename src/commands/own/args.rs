//! `cockpit run`: its arguments.

use clap::Args;

/// Run a command of the configuration [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "The commands are those of [[commands]] in the configuration: docs/configuration.md says what each is given.
One that changes something shows what will be run, and asks first.

Examples:
  cockpit run flush-cache --service web
  cockpit run report --env prod --yes --confirm prod"
)]
pub struct Arguments {
    /// The command's name
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The service that it is run on
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The task that it is run on: its id
    #[arg(long, value_name = "ID")]
    pub task: Option<String>,
    /// The container that it is run on
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// The database that it is run on
    #[arg(long, value_name = "ID")]
    pub database: Option<String>,
    /// The instance of a database that it is run on
    #[arg(long, value_name = "ID")]
    pub instance: Option<String>,
    /// The alarm that it is run on
    #[arg(long, value_name = "NAME")]
    pub alarm: Option<String>,
    /// Any other text that it is run on
    #[arg(long, value_name = "TEXT")]
    pub row: Option<String>,
    /// Print what would be run and run nothing
    #[arg(long)]
    pub dry_run: bool,
}
