//! Arguments of `cockpit audit`.

use clap::Args;

/// Show what was changed, by whom and how it ended [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Shows the operations of the chosen environment, the newest last.

Examples:
  cockpit audit
  cockpit audit --all --last 100 -o json")]
pub struct Arguments {
    /// Show the N newest
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one)]
    pub last: usize,
    /// Show the operations of all environments
    #[arg(long)]
    pub all: bool,
}

/// Parses a count. Zero is rejected: an empty list would look as if nothing had been changed.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) => Err("at least one is shown".to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(error.to_string()),
    }
}
