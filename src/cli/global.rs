//! The global flags.

use super::duration;
use super::output::{Color, Output};
use clap::{ArgAction, Args};
use jiff::SignedDuration;
use std::path::PathBuf;

/// The flags that every command accepts.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The environment; needed unless the configuration has a default
    #[arg(short, long, global = true, value_name = "NAME", env = "COCKPIT_ENV", hide_env_values = true)]
    pub env: Option<String>,
    /// Use this file instead of `config.toml` in this folder or a parent and the user's own
    #[arg(short, long, global = true, value_name = "FILE", env = "COCKPIT_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Output format; `table` on a terminal. Each command lists the formats that it supports
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
    /// Refuse every command that changes anything
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Answer confirmations with yes; a guarded environment and destruction also need --confirm
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// Confirm a guarded or destructive change with the environment's name; repeat the flag for several environments
    #[arg(long, global = true, value_name = "NAME")]
    pub confirm: Vec<String>,
    /// A profile of the AWS configuration, as in the AWS CLI
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The MFA code for a profile with `mfa_serial`; without it the terminal prompts for one. It is valid for half a
    /// minute; the session is cached in the same way as by the AWS CLI
    #[arg(long, global = true, value_name = "CODE", value_parser = code)]
    pub mfa_code: Option<String>,
    /// The region, as in the AWS CLI
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Another endpoint for every service, as in the AWS CLI
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Time limit for the whole command: `30s`, `10m`, `2h30m`; `docs/limits.md` has the defaults
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<SignedDuration>,
    /// When to use colours; `NO_COLOR` is honoured
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Color,
    /// Write diagnostics to --log-file, or to stderr if there is no screen; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// The file for diagnostics
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

impl Global {
    /// Returns the name that `--confirm` gives for this environment, or the first one given if none matches.
    pub fn confirmed(&self, environment: &str) -> Option<String> {
        self.confirm.iter().find(|name| *name == environment).or(self.confirm.first()).cloned()
    }
}

/// Parses an MFA code. The error message does not repeat the input.
fn code(text: &str) -> Result<String, &'static str> {
    let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(text.to_owned()) } else { Err("a code has 6 digits") }
}
