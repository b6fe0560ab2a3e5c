//! Arguments of `cockpit users`.

use clap::Args;

/// Show the user pool: users by status, MFA, password policy [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "The pool of the environment is the one configured in `user_pools` (an id, a name or a pattern), else
the one whose name starts with the environment's name prefix. E-mail addresses and telephone numbers are masked without
--reveal. Failed reads are reported with the action that was denied or failed, and the exit code is 3.

Examples:
  cockpit users
  cockpit --env pantri users --status FORCE_CHANGE_PASSWORD
  cockpit users --declared                       the policy compared with the states of Terraform"
)]
pub struct Arguments {
    /// Only users with this status: `CONFIRMED`, `UNCONFIRMED`, `FORCE_CHANGE_PASSWORD`, …
    #[arg(long, value_name = "STATUS", value_parser = status)]
    pub status: Option<String>,
    /// Show e-mail addresses and telephone numbers
    #[arg(long)]
    pub reveal: bool,
    /// Read at most this many users; if there are more, a note says so and the exit code is 3
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = at_least_one)]
    pub limit: usize,
    /// Compare the pool with the states of Terraform, which are read for this
    #[arg(long)]
    pub declared: bool,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    let number = text.parse::<usize>().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "it is a number from 1 on".to_owned())
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
