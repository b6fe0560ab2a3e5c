//! The activity of a server: sessions and their blockers, transactions, replication, connections. Holds the queries, the
//! parsing of their results, and the missing privilege if a result is incomplete.

use super::activity_statements::{CONNECTIONS, REPLICATION, indexes, locks, sessions, sizes, statements, unlocked};

/// The queries about a server's activity. Each has a purpose, which comes back with its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActivityQuery {
    /// The sessions, with their blockers.
    Sessions,
    /// Sessions in a transaction, the longest first.
    Transactions,
    /// Locks that can block others, with awaited ones first.
    Locks,
    /// The statements that took the most time (`pg_stat_statements`).
    Statements,
    /// The largest tables, with their share of dead rows.
    Sizes,
    /// Indexes that are unused, or made redundant by another index.
    Indexes,
    /// The replication lag of readers.
    Replication,
    /// The number of connections and the limit.
    Connections,
}

/// All questions, in the order in which `v` shows them.
pub const ACTIVITY_QUERIES: &[ActivityQuery] = &[
    ActivityQuery::Sessions,
    ActivityQuery::Transactions,
    ActivityQuery::Locks,
    ActivityQuery::Statements,
    ActivityQuery::Sizes,
    ActivityQuery::Indexes,
    ActivityQuery::Replication,
    ActivityQuery::Connections,
];

impl ActivityQuery {
    /// Returns the name of the question, which comes back with its result.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Sessions => "activity.sessions",
            Self::Transactions => "activity.transactions",
            Self::Locks => "activity.locks",
            Self::Statements => "activity.statements",
            Self::Sizes => "activity.sizes",
            Self::Indexes => "activity.indexes",
            Self::Replication => "activity.replication",
            Self::Connections => "activity.connections",
        }
    }

    /// Returns the question with this purpose.
    pub fn of(purpose: &str) -> Option<Self> {
        ACTIVITY_QUERIES.iter().copied().find(|question| question.purpose() == purpose)
    }

    /// Returns the statement for a server of this version (`150018`).
    pub fn statement(self, version: u32) -> String {
        match self {
            Self::Sessions | Self::Transactions => sessions(version),
            Self::Locks => locks(version),
            Self::Statements => statements(),
            Self::Sizes => sizes(),
            Self::Indexes => indexes(&format!("n.nspname !~ '^pg_' AND {}", unlocked("i.indrelid"))),
            Self::Replication => REPLICATION.into(),
            Self::Connections => CONNECTIONS.into(),
        }
    }

    /// Returns a hint if this SQLSTATE means that something is missing on the server; `None` for other failures.
    pub fn missing_hint(self, code: &str) -> Option<&'static str> {
        match (self, code) {
            // undefined_table, undefined_function
            (Self::Statements, "42P01" | "42883") => Some(
                "the extension pg_stat_statements is not installed: add it to shared_preload_libraries in the parameter group, \
                 then CREATE EXTENSION pg_stat_statements",
            ),
            // object_not_in_prerequisite_state
            (Self::Statements, "55000") => {
                Some("pg_stat_statements is not loaded: add it to shared_preload_libraries and restart")
            }
            // insufficient_privilege
            (_, "42501") => Some("the user lacks a right: GRANT pg_monitor TO the user"),
            // Also undefined_column and undefined_object: older catalogues have fewer columns.
            (_, "42P01" | "42883" | "42703" | "42704") => {
                Some("this server has no such catalogue: PostgreSQL 13 or newer is required")
            }
            _ => None,
        }
    }
}

type Row = [Option<String>];

fn text(row: &Row, at: usize) -> String {
    row.get(at).cloned().flatten().unwrap_or_default()
}

fn number<T: std::str::FromStr>(row: &Row, at: usize) -> Option<T> {
    row.get(at)?.as_ref()?.parse().ok()
}

fn truth(row: &Row, at: usize) -> bool {
    row.get(at).is_some_and(|cell| cell.as_deref() == Some("t"))
}

/// A session of the server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Session {
    /// The process id of the session's backend.
    pub pid: i32,
    /// The start time of that process, as returned by [`super::process::START_TIME`]; `None` if it is not visible.
    pub began: Option<String>,
    pub user: String,
    pub database: String,
    /// The client's name for itself (`application_name`).
    pub application: String,
    /// The client's address; empty for the server's own processes.
    pub client: String,
    /// `active`, `idle in transaction` …; empty if it is not visible.
    pub state: String,
    /// The awaited event: `Lock: transactionid`.
    pub waits: Option<String>,
    /// Seconds in the current state.
    pub in_state: Option<f64>,
    /// Age of the open transaction in seconds.
    pub transaction: Option<f64>,
    /// Seconds since its statement began.
    pub statement_age: Option<f64>,
    pub statement: String,
    /// The process ids of the sessions that block this one.
    pub blocked_by: Vec<i32>,
    /// Whether this is the session that ran the query.
    pub own: bool,
    /// Whether the session's activity is not visible to the user.
    pub hidden: bool,
}

/// Parses the sessions of a result.
pub fn sessions_of(rows: &[Vec<Option<String>>]) -> Vec<Session> {
    let session = |row: &Vec<Option<String>>| {
        let wait = text(row, 6);
        let statement = text(row, 11);
        Session {
            pid: number(row, 0).unwrap_or_default(),
            began: row.get(16).cloned().flatten(),
            user: text(row, 1),
            database: text(row, 2),
            application: text(row, 3),
            client: text(row, 4),
            state: text(row, 5),
            waits: (!wait.is_empty()).then(|| format!("{wait}: {}", text(row, 7))),
            in_state: number(row, 8),
            transaction: number(row, 9),
            statement_age: number(row, 10),
            // PostgreSQL's own placeholder.
            hidden: statement == "<insufficient privilege>",
            statement,
            blocked_by: pids(&text(row, 12)),
            own: truth(row, 15),
        }
    };
    rows.iter().map(session).collect()
}

/// Returns the tree of blocking sessions, as pairs of index in `sessions` and depth. Sessions that block others without
/// waiting themselves come first, each followed by all that wait for it. Sessions that neither block nor wait are left out.
pub fn blocked_tree(sessions: &[Session]) -> Vec<(usize, usize)> {
    let place = |pid: i32| sessions.iter().position(|session| session.pid == pid);
    let blocks = |pid: i32| sessions.iter().any(|session| session.blocked_by.contains(&pid));
    let mut tree = Vec::new();
    let mut seen = vec![false; sessions.len()];
    let roots = sessions
        .iter()
        .enumerate()
        .filter(|(_, session)| blocks(session.pid) && session.blocked_by.iter().all(|pid| place(*pid).is_none()));
    let mut stack: Vec<(usize, usize)> = roots.map(|(at, _)| (at, 0)).collect();
    stack.reverse();
    // In a cycle (a deadlock not yet detected) every session waits, so any of them can be the root.
    let waiting: Vec<usize> = (0..sessions.len()).filter(|at| !sessions[*at].blocked_by.is_empty()).collect();
    let mut rest = waiting.into_iter();
    loop {
        while let Some((at, depth)) = stack.pop() {
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            tree.push((at, depth));
            let below =
                sessions.iter().enumerate().filter(|(_, session)| session.blocked_by.contains(&sessions[at].pid));
            let below: Vec<usize> = below.map(|(at, _)| at).collect();
            stack.extend(below.into_iter().rev().map(|at| (at, depth + 1)));
        }
        match rest.find(|at| !seen[*at]) {
            Some(at) => stack.push((at, 0)),
            None => return tree,
        }
    }
}

/// Returns why the list of sessions is incomplete, or `None` if it is complete.
pub fn incomplete_reason(sessions: &[Session]) -> Option<String> {
    let hidden = sessions.iter().filter(|session| session.hidden).count();
    (hidden > 0).then(|| {
        let who = match hidden {
            1 => "one session of another user is".to_owned(),
            more => format!("{more} sessions of other users are"),
        };
        format!("{who} not fully visible: GRANT pg_read_all_stats (or pg_monitor) TO the user")
    })
}

/// A lock that a session holds or waits for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    pub pid: i32,
    /// The start time of the process.
    pub began: Option<String>,
    pub user: String,
    /// The locked object: a table, or the type of a lock that is not on a table.
    pub relation: String,
    /// `RowExclusiveLock` …
    pub mode: String,
    /// Whether the lock is held rather than awaited.
    pub granted: bool,
    /// Seconds the lock has been awaited, or its holder's statement has run.
    pub waited: Option<f64>,
    pub blocked_by: Vec<i32>,
    pub statement: String,
}

/// Parses the locks of a result.
pub fn locks_of(rows: &[Vec<Option<String>>]) -> Vec<Lock> {
    let lock = |row: &Vec<Option<String>>| {
        let granted = truth(row, 4);
        Lock {
            pid: number(row, 0).unwrap_or_default(),
            began: row.get(8).cloned().flatten(),
            user: text(row, 1),
            relation: text(row, 2),
            mode: text(row, 3),
            granted,
            waited: number(row, 5),
            // A process waits for at most one lock.
            blocked_by: if granted { Vec::new() } else { pids(&text(row, 6)) },
            statement: text(row, 7),
        }
    };
    rows.iter().map(lock).collect()
}

/// Parses `{5,6}`. The server repeats a process id that several parallel workers of a query wait for.
fn pids(text: &str) -> Vec<i32> {
    let mut pids: Vec<i32> = Vec::new();
    for pid in text.trim_matches(['{', '}']).split(',').filter_map(|pid| pid.parse::<i32>().ok()) {
        if !pids.contains(&pid) {
            pids.push(pid);
        }
    }
    pids
}

/// A statement with its cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StatementCost {
    /// The user that ran it.
    pub user: String,
    pub database: String,
    /// Number of executions.
    pub calls: u64,
    /// Milliseconds: total, mean, maximum.
    pub milliseconds: (f64, f64, f64),
    pub rows: u64,
    /// Blocks read from shared buffers and from disk.
    pub blocks: (u64, u64),
    /// Number of temporary-file blocks written.
    pub temporary: u64,
    /// The statement with its values replaced by parameters.
    pub statement: String,
    /// Whether it belongs to another user and its text is not visible.
    pub hidden: bool,
}

/// Parses the costliest statements of a result.
pub fn statements_of(rows: &[Vec<Option<String>>]) -> Vec<StatementCost> {
    let costly = |row: &Vec<Option<String>>| StatementCost {
        user: text(row, 0),
        database: text(row, 1),
        calls: number(row, 2).unwrap_or_default(),
        milliseconds: (
            number(row, 3).unwrap_or_default(),
            number(row, 4).unwrap_or_default(),
            number(row, 5).unwrap_or_default(),
        ),
        rows: number(row, 6).unwrap_or_default(),
        blocks: (number(row, 7).unwrap_or_default(), number(row, 8).unwrap_or_default()),
        temporary: number(row, 9).unwrap_or_default(),
        statement: text(row, 10),
        // Without the privilege the server returns NULL for the query id.
        hidden: row.get(11).is_some_and(Option::is_none),
    };
    rows.iter().map(costly).collect()
}

/// The size of a table, with rows and bloat.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Size {
    /// The schema and the name of the table.
    pub table: (String, String),
    /// Bytes: total, table, indexes.
    pub bytes: (u64, u64, u64),
    /// Estimated number of rows; `None` if the table was never analysed.
    pub rows: Option<u64>,
    /// Counted rows: dead, live.
    pub dead: (u64, u64),
    /// Seconds since the last vacuum and the last analyse; `None` means never.
    pub since: (Option<f64>, Option<f64>),
}

impl Size {
    /// Returns the estimated bytes taken by dead rows, from their share of all rows.
    pub fn bloat(&self) -> u64 {
        let total = self.dead.0 + self.dead.1;
        if total == 0 { 0 } else { (self.bytes.1 as f64 * self.dead.0 as f64 / total as f64) as u64 }
    }
}

/// Parses the table sizes of a result, the largest first.
pub fn sizes_of(rows: &[Vec<Option<String>>]) -> Vec<Size> {
    let size = |row: &Vec<Option<String>>| Size {
        table: (text(row, 0), text(row, 1)),
        bytes: (
            number(row, 2).unwrap_or_default(),
            number(row, 3).unwrap_or_default(),
            number(row, 4).unwrap_or_default(),
        ),
        rows: number::<i64>(row, 5).and_then(|rows| u64::try_from(rows).ok()),
        dead: (number(row, 7).unwrap_or_default(), number(row, 6).unwrap_or_default()),
        since: (number(row, 8), number(row, 9)),
    };
    rows.iter().map(size).collect()
}

/// An index and whether it is useful.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Schema, table and name.
    pub name: (String, String, String),
    pub bytes: u64,
    /// Number of scans since the statistics began; `None` if unknown.
    pub used: Option<u64>,
    /// Whether it is unique, excludes rows, backs a constraint or is the replica identity, and so is useful even if nothing
    /// reads it.
    pub needed: bool,
    /// Whether the index is valid.
    pub valid: bool,
    /// Another index that covers the same.
    pub duplicate_of: Option<String>,
    /// The statement that creates it.
    pub definition: String,
}

impl Index {
    /// Returns the index's problem; empty if there is none.
    pub fn finding(&self) -> String {
        if !self.valid {
            "not valid: build it again".to_owned()
        } else if let Some(like) = &self.duplicate_of {
            format!("{like} does the same")
        } else if self.used == Some(0) && !self.needed {
            "unused since the statistics began".to_owned()
        } else {
            String::new()
        }
    }
}

/// Parses the indexes of a result, the largest first.
pub fn indexes_of(rows: &[Vec<Option<String>>]) -> Vec<Index> {
    let index = |row: &Vec<Option<String>>| Index {
        name: (text(row, 0), text(row, 1), text(row, 2)),
        bytes: number(row, 3).unwrap_or_default(),
        used: number(row, 4),
        needed: truth(row, 5),
        valid: truth(row, 6),
        duplicate_of: row.get(7).cloned().flatten(),
        definition: text(row, 8),
    };
    rows.iter().map(index).collect()
}

/// A standby that replicates from this server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standby {
    /// The client's name for itself (`application_name`).
    pub name: String,
    /// The state, such as `streaming`.
    pub state: String,
    /// Bytes not yet replayed.
    pub lag_bytes: Option<u64>,
    /// Replication lag in seconds.
    pub lag: Option<f64>,
}

/// Parses the standbys of a result. Aurora readers are not among them, because they share the storage.
pub fn standbys_of(rows: &[Vec<Option<String>>]) -> Vec<Standby> {
    let follower = |row: &Vec<Option<String>>| Standby {
        name: text(row, 0),
        state: text(row, 2),
        lag_bytes: number(row, 4),
        lag: number(row, 5),
    };
    rows.iter().map(follower).collect()
}

/// The number of connections and the limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connections {
    /// Number of connections: total, active, idle in transaction.
    pub open: (u32, u32, u32),
    /// Number of connections that the server allows.
    pub limit: u32,
    /// Number of connections reserved for superusers.
    pub reserved: u32,
    /// Whether the user sees other users' activity.
    pub sees_all: bool,
}

/// Parses the connection counts of a result.
pub fn connections_of(rows: &[Vec<Option<String>>]) -> Option<Connections> {
    let row = rows.first()?;
    Some(Connections {
        open: (number(row, 0)?, number(row, 1)?, number(row, 2)?),
        limit: number(row, 3)?,
        reserved: number(row, 4).unwrap_or_default(),
        sees_all: truth(row, 5),
    })
}

#[cfg(test)]
#[path = "activity_tests.rs"]
mod tests;
