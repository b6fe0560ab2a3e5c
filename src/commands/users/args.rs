//! `cockpit users`: what is typed.

use clap::Args;

/// The user pool: users by status, second factor, password policy [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Which pool is the environment's: the one that `user_pools` names in the configuration (an id, a name or a pattern), else
the one whose name has the beginning of the environment's names. E-mail addresses and telephone numbers are masked unless
--reveal asks for them. What cannot be read is said with its action, and the exit code is 3.

Examples:
  cockpit users
  cockpit --env pantri users --status FORCE_CHANGE_PASSWORD
  cockpit users --declared                       the policy against what the states of Terraform have"
)]
pub struct Arguments {
    /// Only those of this status: `CONFIRMED`, `UNCONFIRMED`, `FORCE_CHANGE_PASSWORD`, …
    #[arg(long, value_name = "STATUS", value_parser = status)]
    pub status: Option<String>,
    /// Show e-mail addresses and telephone numbers
    #[arg(long)]
    pub reveal: bool,
    /// Hold the pool against the states of Terraform, which are read for it
    #[arg(long)]
    pub declared: bool,
}

fn status(text: &str) -> Result<String, String> {
    const KNOWN: &[&str] = &[
        "CONFIRMED",
        "UNCONFIRMED",
        "FORCE_CHANGE_PASSWORD",
        "RESET_REQUIRED",
        "EXTERNAL_PROVIDER",
        "ARCHIVED",
        "COMPROMISED",
        "UNKNOWN",
    ];
    let word = text.to_uppercase().replace('-', "_");
    if KNOWN.contains(&word.as_str()) { Ok(word) } else { Err(format!("there are {}", KNOWN.join(", "))) }
}
