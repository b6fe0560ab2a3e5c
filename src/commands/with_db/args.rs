//! `cockpit with-db`: its arguments.

use clap::Args;

/// Run a command with a `DATABASE_URL` that leads to an environment's database
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "It takes a tunnel that `cockpit tunnel` or the screen has open from the same environment to the same place, else
opens one, on a free port, which ends with the command. It waits until PostgreSQL answers, and runs the command. User
and password come from `tunnel.secret` or `tunnel.parameter` of the environment, and stand in the command's
environment alone: as a URL, and as PGHOST, PGUSER and so on for psql, pg_dump and others of libpq. Its exit code, its input and its signals are the command's. What becomes of
the tunnel meanwhile is said on stderr, where it is not as it should be. With --read-only the sessions begin as read-only ones (default_transaction_read_only): that keeps from mistakes, not from intent.

Examples:
  cockpit with-db staging -- pnpm prisma migrate deploy
  cockpit --read-only with-db prod --reader --yes --confirm prod -- psql -c 'select count(*) from orders'"
)]
pub struct Arguments {
    /// The environment; `--env` or the default one without it
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: Option<String>,
    /// The reader instead of the writer
    #[arg(long, conflicts_with = "to")]
    pub reader: bool,
    /// Where to: `writer`, `reader`, or a host and a port
    #[arg(long, value_name = "WHERE")]
    pub to: Option<String>,
    /// The service through whose tasks it goes, or an instance: its id, `instance:NAME` or `tag:KEY=VALUE`
    #[arg(long, value_name = "SERVICE|INSTANCE")]
    pub through: Option<String>,
    /// Open a tunnel of its own, also where one is open
    #[arg(long)]
    pub new_tunnel: bool,
    /// The variable
    #[arg(long, value_name = "NAME", default_value = "DATABASE_URL")]
    pub var: String,
    /// The command with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}
