//! Flags of every command.

use super::duration;
use super::output::{Color, Output};
use clap::{ArgAction, Args};
use jiff::SignedDuration;
use std::path::PathBuf;

/// Flags of every command.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// The environment; needed unless the configuration has a default
    #[arg(short, long, global = true, value_name = "NAME", env = "COCKPIT_ENV", hide_env_values = true)]
    pub env: Option<String>,
    /// Use this file instead of `config.toml` in this folder or a parent and the user's own
    #[arg(short, long, global = true, value_name = "FILE", env = "COCKPIT_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Format; `table` on a terminal. Each command says which it supports
    #[arg(short, long, global = true, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
    /// Refuse every command that changes anything
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Answer confirmations with yes; a guarded environment and destruction also need --confirm
    #[arg(short, long, global = true)]
    pub yes: bool,
    /// The environment's name, to confirm a change that is guarded or destroys something; again for each of several
    #[arg(long, global = true, value_name = "NAME")]
    pub confirm: Vec<String>,
    /// A profile of the AWS configuration, as in the AWS CLI
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The code of a second factor, where the profile has `mfa_serial`; without it the terminal is asked. It is valid
    /// for half a minute; the session that it opens is cached as the AWS CLI caches it
    #[arg(long, global = true, value_name = "CODE", value_parser = code)]
    pub mfa_code: Option<String>,
    /// The region, as in the AWS CLI
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Another endpoint for every service, as in the AWS CLI
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// Limit for the whole command: `30s`, `10m`, `2h30m`; `docs/limits.md` says how long it may take without one
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<SignedDuration>,
    /// When to colour; `NO_COLOR` is honoured
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Color,
    /// Diagnostics to --log-file, or to stderr where there is no screen; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Where diagnostics go
    #[arg(long, global = true, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
}

impl Global {
    /// The confirmation for this environment: its name, where `--confirm` gives it.
    pub fn confirmed(&self, environment: &str) -> Option<String> {
        self.confirm.iter().find(|name| *name == environment).or(self.confirm.first()).cloned()
    }
}

/// Digits alone; what was typed stands in no message.
fn code(text: &str) -> Result<String, &'static str> {
    let digits = text.len() >= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { Ok(text.to_owned()) } else { Err("a code has 6 digits") }
}
