//! Arguments of `cockpit db`.

use crate::model::sql::activity::ActivityQuery;
use clap::{Args, ValueEnum};

/// List databases with members, capacity, lag, backups and snapshots; snapshot, restart, stop or start one
/// [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit db
  cockpit --env prod db -o json
  cockpit db --snapshot before-migration
  cockpit db aurora --reboot --member aurora-2
  cockpit db --stop --dry-run
  cockpit db --activity
  cockpit db --activity=statements -o json
  cockpit db --terminate 4711 --yes

--snapshot, --reboot, --stop and --start change one database and follow the change until it is done [table|json|yaml].")]
pub struct Arguments {
    /// Databases by identifier, unambiguous part of it, or ARN [default: all]
    #[arg(value_name = "DATABASE")]
    pub databases: Vec<String>,
    /// The change of one database.
    #[command(flatten)]
    pub change: Change,
    /// Show what the server is doing, through a tunnel like that of `cockpit sql`: sessions (a tree of blockers),
    /// transactions, locks, statements, sizes, indexes, replication or connections
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "sessions", conflicts_with_all = ["snapshot", "reboot", "stop", "start", "dry_run"])]
    pub activity: Option<What>,
    /// Cancel the running statement of the session with this process id
    #[arg(long, value_name = "PID", conflicts_with_all = ["snapshot", "reboot", "stop", "start", "activity", "dry_run"])]
    pub cancel: Option<i32>,
    /// Terminate the session with this process id
    #[arg(long, value_name = "PID", conflicts_with_all = ["snapshot", "reboot", "stop", "start", "activity", "dry_run", "cancel"])]
    pub terminate: Option<i32>,
    /// Connect to a reader instead of the writer
    #[arg(long)]
    pub reader: bool,
    /// Connect directly to this server, as `cockpit sql --url` does
    #[arg(long, value_name = "URL", hide = true)]
    pub url: Option<String>,
    /// Tunnel through a task of this service, or through the instance with this id
    #[arg(long, value_name = "SERVICE|INSTANCE")]
    pub through: Option<String>,
    /// The instance of a cluster that --reboot restarts
    #[arg(long, value_name = "INSTANCE", requires = "reboot", conflicts_with_all = ["snapshot", "stop", "start", "activity", "cancel", "terminate"])]
    pub member: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The change of one database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[group(multiple = false)]
pub struct Change {
    /// Make a snapshot with this name, and wait until it is available
    #[arg(long, value_name = "NAME")]
    pub snapshot: Option<String>,
    /// Restart an instance
    #[arg(long)]
    pub reboot: bool,
    /// Stop it; AWS starts it again automatically after seven days
    #[arg(long)]
    pub stop: bool,
    /// Start it
    #[arg(long)]
    pub start: bool,
}

/// The lists that a server's activity can be shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Sessions, and who blocks whom
    Sessions,
    /// Sessions in a transaction, the longest first
    Transactions,
    /// Locks that sessions wait for, or that can block others
    Locks,
    /// The statements that took the most time (`pg_stat_statements`)
    Statements,
    /// The largest tables, with an estimate of their bloat
    Sizes,
    /// Indexes, unused and redundant ones first
    Indexes,
    /// Replicas, and their lag
    Replication,
    /// Connections, and their limit
    Connections,
}

impl What {
    /// Returns the query.
    pub fn question(self) -> ActivityQuery {
        match self {
            Self::Sessions => ActivityQuery::Sessions,
            Self::Transactions => ActivityQuery::Transactions,
            Self::Locks => ActivityQuery::Locks,
            Self::Statements => ActivityQuery::Statements,
            Self::Sizes => ActivityQuery::Sizes,
            Self::Indexes => ActivityQuery::Indexes,
            Self::Replication => ActivityQuery::Replication,
            Self::Connections => ActivityQuery::Connections,
        }
    }
}

impl Arguments {
    /// Whether a session on the server must be opened.
    pub fn asks_the_server(&self) -> bool {
        self.activity.is_some() || self.cancel.is_some() || self.terminate.is_some()
    }

    /// Whether the arguments change a database rather than list databases.
    pub fn changes(&self) -> bool {
        self.change != Change::default()
    }
}
