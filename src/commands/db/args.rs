//! `cockpit db`: its arguments.

use crate::model::sql::activity::Question;
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

With --snapshot, --reboot, --stop or --start one database is changed, and followed until it is done [table|json|yaml].")]
pub struct Arguments {
    /// Identifiers, words that only one identifier has, or ARNs; all where none is given
    #[arg(value_name = "DATABASE")]
    pub databases: Vec<String>,
    /// What is done to one.
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
    /// Ask a reader instead of the writer
    #[arg(long)]
    pub reader: bool,
    /// Connect straight to this server, as `cockpit sql --url` does
    #[arg(long, value_name = "URL", hide = true)]
    pub url: Option<String>,
    /// The service through whose tasks the tunnel goes, or an instance by its id
    #[arg(long, value_name = "SERVICE|INSTANCE")]
    pub through: Option<String>,
    /// The instance of a cluster that --reboot restarts
    #[arg(long, value_name = "INSTANCE", requires = "reboot", conflicts_with_all = ["snapshot", "stop", "start", "activity", "cancel", "terminate"])]
    pub member: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is done to one database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[group(multiple = false)]
pub struct Change {
    /// Make a snapshot with this name, and wait until it is available
    #[arg(long, value_name = "NAME")]
    pub snapshot: Option<String>,
    /// Restart an instance
    #[arg(long)]
    pub reboot: bool,
    /// Stop it; AWS starts it again by itself after seven days
    #[arg(long)]
    pub stop: bool,
    /// Start it
    #[arg(long)]
    pub start: bool,
}

/// What a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Sessions, and who blocks whom
    Sessions,
    /// Those in a transaction, the longest first
    Transactions,
    /// Locks that sessions wait for, or that can block others
    Locks,
    /// The statements that took the most time (`pg_stat_statements`)
    Statements,
    /// The largest tables, with an estimate of their bloat
    Sizes,
    /// Indexes, those that are unused or needless first
    Indexes,
    /// Replicas, and how far they are behind
    Replication,
    /// Connections, and their limit
    Connections,
}

impl What {
    /// The question.
    pub fn question(self) -> Question {
        match self {
            Self::Sessions => Question::Sessions,
            Self::Transactions => Question::Transactions,
            Self::Locks => Question::Locks,
            Self::Statements => Question::Statements,
            Self::Sizes => Question::Sizes,
            Self::Indexes => Question::Indexes,
            Self::Replication => Question::Replication,
            Self::Connections => Question::Connections,
        }
    }
}

impl Arguments {
    /// Whether a session on the server is opened.
    pub fn asks_the_server(&self) -> bool {
        self.activity.is_some() || self.cancel.is_some() || self.terminate.is_some()
    }

    /// Whether something is changed, rather than listed.
    pub fn changes(&self) -> bool {
        self.change != Change::default()
    }
}
