//! `cockpit tunnel`: its arguments.

use clap::Args;
use std::net::Ipv4Addr;
use std::path::PathBuf;

/// Open a private database on a local port, and keep it open
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "It goes through a container of a service with ECS Exec, and stays up until Ctrl-C: when the service
closes the connection every hour, when the network changes or the machine sleeps, when the task is
replaced. Connections that cannot be saved are reset, never ended as if their data were complete. The
session-manager-plugin is not needed. The keys of [environments.NAME.tunnel] say where to and through what.
`cockpit with-db` uses one that is open.

Examples:
  cockpit tunnel staging                                 the writer, at 127.0.0.1:5432
  cockpit tunnel staging --to reader --port 0 --json     states as lines, at a free port
  cockpit tunnel staging --socket /tmp                   psql -h /tmp; this user's programs alone
  cockpit tunnel staging --listen 0.0.0.0                for containers of this machine, and for whoever reaches it
  cockpit tunnel staging prod                            both; the second at its own port or the next free one"
)]
pub struct Arguments {
    /// The environments; `--env` or the default one without any
    #[arg(value_name = "ENVIRONMENT")]
    pub environments: Vec<String>,
    /// The local port; 0 takes a free one. One port for several environments is refused: without this, each takes the one that
    /// is configured, else the next that is free
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Listen at this address of this machine instead of 127.0.0.1: whoever reaches it connects through the tunnel unasked.
    /// 0.0.0.0 is every address, which programs in containers need
    #[arg(long, value_name = "ADDRESS", conflicts_with = "socket")]
    pub listen: Option<Ipv4Addr>,
    /// A Unix socket instead of a port: its path, or a folder, in which it gets the name that psql looks for. Only this
    /// user's programs can connect
    #[arg(long, value_name = "PATH", conflicts_with = "port")]
    pub socket: Option<PathBuf>,
    /// Where to: `writer`, `reader`, or a host and a port
    #[arg(long, value_name = "WHERE")]
    pub to: Option<String>,
    /// The service through whose tasks it goes, or an instance: its id, `instance:NAME` or `tag:KEY=VALUE`
    #[arg(long, value_name = "SERVICE|INSTANCE")]
    pub through: Option<String>,
    /// Print the password in the connection strings; not possible with `--json`
    #[arg(long)]
    pub show_password: bool,
    /// One JSON object per line, the same as `-o json`
    #[arg(long)]
    pub json: bool,
}
