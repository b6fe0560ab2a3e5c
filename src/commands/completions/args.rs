//! `cockpit completions`: its arguments.

use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit completions bash > ~/.local/share/bash-completion/completions/cockpit
  cockpit completions zsh > ~/.zfunc/_cockpit
  cockpit completions fish > ~/.config/fish/completions/cockpit.fish")]
pub struct Arguments {
    /// Which shell
    #[arg(value_enum)]
    pub shell: Shell,
}
