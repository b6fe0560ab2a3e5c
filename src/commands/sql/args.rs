//! Arguments of `cockpit sql`.

use clap::{ArgAction, Args};
use std::fmt;
use std::path::PathBuf;

/// Run SQL in an environment's database, or on a server given by a URL
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Statements come from -c, from a file (-f) or from standard input; rows go to standard output as they arrive, everything
else to standard error. It connects through a tunnel to the writer (--reader: to a reader), as the user configured in
[environments.NAME.database]; with --url it connects directly to a server, without an environment. In a guarded environment
and with --read-only the session only reads (default_transaction_read_only); --write opens one that may write, and
asks for confirmation. The first error ends it (ON_ERROR_STOP), unless -v ON_ERROR_STOP=0 is given. Ctrl-C cancels at the server.

In this command -c and -v have the meaning of psql: use --config for the configuration, --verbose for diagnostics.

Examples:
  cockpit sql staging -c 'select count(*) from bookmarks'
  cockpit sql prod --reader -o csv -c 'select * from users' > users.csv
  cockpit sql staging -1 -f migration.sql
  cockpit sql staging --er -o mermaid
  cockpit sql staging --ddl bookmarks
  cockpit sql --url postgres://app@localhost/shop -o jsonl < report.sql"
)]
pub struct Arguments {
    /// The environment [default: that of --env, or the default environment]
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: Option<String>,
    /// Run these statements; may be given several times
    #[arg(short = 'c', long = "command", value_name = "SQL")]
    pub commands: Vec<String>,
    /// Run this file, after all -c; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Set a variable; may be given several times
    #[arg(short = 'v', long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    pub variables: Vec<(String, String)>,
    /// Run everything in one transaction, which is committed as a whole or rolled back
    #[arg(short = '1', long)]
    pub single_transaction: bool,
    /// Print the tables and their foreign keys as a diagram: -o text, mermaid, dot or svg
    #[arg(long, conflicts_with_all = ["commands", "file", "write", "single_transaction"])]
    pub er: bool,
    /// Limit the diagram to this table and its neighbours by foreign keys; may be given several times
    #[arg(long, value_name = "TABLE", requires = "er", conflicts_with_all = ["commands", "file", "write", "single_transaction", "ddl"])]
    pub around: Vec<String>,
    /// Print the statements that recreate this object, as `pg_dump -s` does: a table, view, sequence, index, function,
    /// type or schema; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with_all = ["commands", "file", "write", "single_transaction", "er"])]
    pub ddl: Vec<String>,
    /// Connect to a reader instead of the writer
    #[arg(long, conflicts_with = "url")]
    pub reader: bool,
    /// Connect directly to this server: postgres://USER@HOST:PORT/DATABASE. Put a password into PGPASSWORD instead:
    /// other users of this machine can see command lines
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "environment",
        env = "COCKPIT_DATABASE_URL",
        hide_env_values = true
    )]
    pub url: Option<Url>,
    /// Open a session that may write; a guarded environment asks first
    #[arg(long)]
    pub write: bool,
    /// Tunnel through a task of this service, or through the instance with this id
    #[arg(long, value_name = "SERVICE|INSTANCE", conflicts_with = "url")]
    pub through: Option<String>,
    /// Use this file instead of `config.toml` in this folder or a parent and the user's own
    #[arg(id = "config", long = "config", value_name = "FILE", env = "COCKPIT_CONFIG", hide_env_values = true)]
    pub configuration: Option<PathBuf>,
    /// Write diagnostics to --log-file or to stderr; twice for more
    #[arg(id = "verbose", long = "verbose", action = ArgAction::Count)]
    pub diagnostics: u8,
}

/// A URL whose password must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(pub String);

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Url(…)")
    }
}

impl From<&str> for Url {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    if name.is_empty() { Err("a name before the `=`".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}
