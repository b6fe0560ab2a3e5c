//! Arguments of `cockpit tunnel`.

use clap::Args;
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// Open a private database on a local port, and keep it open
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "The tunnel goes through a container of a service with ECS Exec, and stays up until Ctrl-C, even if AWS
closes the connection every hour, the network changes, the machine sleeps, or the task is
replaced. Connections that cannot be kept are reset, never closed as if their data were complete. The
session-manager-plugin is not needed. The keys of [environments.NAME.tunnel] set the destination and the way.
`cockpit with-db` uses an open tunnel.

Examples:
  cockpit tunnel staging                                 the writer, at 127.0.0.1:5432
  cockpit tunnel staging --to reader --port 0 --json     states as lines, at a free port
  cockpit tunnel staging --socket /tmp                   psql -h /tmp; only for this user's programs
  cockpit tunnel staging --listen 0.0.0.0                for containers of this machine, and for anyone who can reach it
  cockpit tunnel staging prod                            both; the second at its own port or the next free one"
)]
pub struct Arguments {
    /// The environments [default: that of --env, or the default environment]
    #[arg(value_name = "ENVIRONMENT")]
    pub environments: Vec<String>,
    /// The local port; 0 picks a free port. Several environments accept only 0: each of them takes its configured port,
    /// or the next free one
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Listen on this address of this machine instead of 127.0.0.1: anyone who can reach it can connect through the
    /// tunnel without authentication. 0.0.0.0 means every address, which programs in containers need
    #[arg(long, value_name = "ADDRESS", conflicts_with = "socket")]
    pub listen: Option<Ipv4Addr>,
    /// Listen on a Unix socket instead of a port: its path, or a folder, in which it gets the name that psql looks for.
    /// Only this user's programs can connect
    #[arg(long, value_name = "PATH", conflicts_with = "port")]
    pub socket: Option<PathBuf>,
    /// The destination: `writer`, `reader`, or a host and a port
    #[arg(long, value_name = "WHERE")]
    pub to: Option<String>,
    /// Tunnel through a task of this service, or through an instance: its id, `instance:NAME` or `tag:KEY=VALUE`
    #[arg(long, value_name = "SERVICE|INSTANCE")]
    pub through: Option<String>,
    /// Print the password in the connection strings; not possible with `--json`
    #[arg(long)]
    pub show_password: bool,
    /// Print one JSON object per line, like `-o json`
    #[arg(long)]
    pub json: bool,
}
