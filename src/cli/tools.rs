//! `config`, `schema`, `completions`, `man`; the last two are rendered here, from the command itself.

use super::Cli;
use clap::{Args, CommandFactory, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::io::{self, Write};

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

/// Writes the completions for a shell.
pub fn completions(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    // The generator panics when its writer fails; a buffer cannot.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cockpit", &mut text);
    out.write_all(&text)
}

/// Writes the manual page, with a section for each command.
pub fn man(out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    let mut command = Cli::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let page = clap_mangen::Man::new(sub.clone());
        text.extend_from_slice(format!(".SH \"COCKPIT {}\"\n", sub.get_name().to_uppercase()).as_bytes());
        page.render_synopsis_section(&mut text)?;
        page.render_description_section(&mut text)?;
    }
    out.write_all(&text)
}
