//! Arguments of `cockpit completions`.

use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit completions bash > ~/.local/share/bash-completion/completions/cockpit
  cockpit completions zsh > ~/.zfunc/_cockpit
  cockpit completions fish > ~/.config/fish/completions/cockpit.fish")]
pub struct Arguments {
    /// The shell to complete for
    #[arg(value_enum)]
    pub shell: Shell,
}
