//! Arguments of `cockpit with-db`.

use clap::Args;

/// Run a command with a `DATABASE_URL` of an environment's database
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Uses a tunnel that `cockpit tunnel` or a session has open from the same environment to the same destination, else
opens one on a free port, which ends with the command. Waits until PostgreSQL answers, and runs the command. User
and password come from `tunnel.secret` or `tunnel.parameter` of the environment, and are passed only in the command's
environment: as a URL, and as PGHOST, PGUSER and so on for psql, pg_dump and other programs of libpq. Exit code, input
and signals are those of the command. Problems of the tunnel meanwhile are reported on stderr. With --read-only the
sessions start as read-only ones (default_transaction_read_only): that prevents mistakes, but not intentional writes.

Examples:
  cockpit with-db staging -- pnpm prisma migrate deploy
  cockpit --read-only with-db prod --reader --yes --confirm prod -- psql -c 'select count(*) from orders'"
)]
pub struct Arguments {
    /// The environment [default: that of --env, or the default environment]
    #[arg(value_name = "ENVIRONMENT")]
    pub environment: Option<String>,
    /// Use a reader instead of the writer
    #[arg(long, conflicts_with = "to")]
    pub reader: bool,
    /// The destination: `writer`, `reader`, or a host and a port
    #[arg(long, value_name = "WHERE")]
    pub to: Option<String>,
    /// Tunnel through a task of this service, or through an instance: its id, `instance:NAME` or `tag:KEY=VALUE`
    #[arg(long, value_name = "SERVICE|INSTANCE")]
    pub through: Option<String>,
    /// Open a new tunnel even if one is open
    #[arg(long)]
    pub new_tunnel: bool,
    /// The name of the environment variable
    #[arg(long, value_name = "NAME", default_value = "DATABASE_URL")]
    pub var: String,
    /// The command with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}
