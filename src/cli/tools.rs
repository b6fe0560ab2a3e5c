//! Flags of `config`, `schema`, `completions`.

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Flags of `cockpit config`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Config {
    /// What to do with it.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What `cockpit config` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigAction {
    /// Print every value and where it came from
    Show,
    /// Report all mistakes at once; exit 2 if there are any
    Check,
}

/// Flags of `cockpit schema`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Schema {
    /// Of what
    #[arg(value_enum, default_value_t = SchemaName::Snapshot)]
    pub name: SchemaName,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// `cockpit snapshot -o json`
    Snapshot,
    /// `cockpit services -o json`
    Services,
    /// `cockpit tasks -o json`
    Tasks,
    /// `cockpit autoscaling -o json`
    Autoscaling,
    /// `cockpit db -o json`
    Db,
    /// `cockpit alarms -o json`
    Alarms,
    /// `cockpit doctor -o json`
    Doctor,
    /// `cockpit deploy`, `rollback`, `scale`, `stop`, `start`, `stop-task` with `-o json`
    Operation,
    /// `cockpit schedule -o json`
    Schedule,
    /// `cockpit audit -o json`
    Audit,
}

/// Flags of `cockpit completions`.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit completions bash > ~/.local/share/bash-completion/completions/cockpit
  cockpit completions zsh > ~/.zfunc/_cockpit
  cockpit completions fish > ~/.config/fish/completions/cockpit.fish")]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub shell: Shell,
}
