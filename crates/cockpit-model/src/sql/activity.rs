//! The activity of a server: sessions and who blocks whom, transactions, replication, connections. The questions, what
//! their answers say, and which right is missing where an answer is not whole.

use super::activity_statements::{CONNECTIONS, REPLICATION, indexes, locks, sessions, sizes, statements, unlocked};

/// Questions of the activity, each with a purpose that comes back with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// The sessions, and who blocks whom.
    Sessions,
    /// Sessions in a transaction, the longest first.
    Transactions,
    /// Locks that can be in somebody's way, those that are waited for first.
    Locks,
    /// The statements that took the most time (`pg_stat_statements`).
    Statements,
    /// The largest tables, with what of them is dead.
    Sizes,
    /// Indexes that nothing uses, and those that another one makes needless.
    Indexes,
    /// How far readers are behind.
    Replication,
    /// Connections and their limit.
    Connections,
}

/// All questions, in the order in which `v` shows them.
pub const QUESTIONS: &[Question] = &[
    Question::Sessions,
    Question::Transactions,
    Question::Locks,
    Question::Statements,
    Question::Sizes,
    Question::Indexes,
    Question::Replication,
    Question::Connections,
];

impl Question {
    /// Its name, which comes back with the answer.
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

    /// The one of a purpose.
    pub fn of(purpose: &str) -> Option<Self> {
        QUESTIONS.iter().copied().find(|question| question.purpose() == purpose)
    }

    /// The statement, for a server of this version (`150018`).
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

    /// The hint where the statement fails with this SQLSTATE for something that is missing; none for other failures.
    pub fn missing(self, code: &str) -> Option<&'static str> {
        match (self, code) {
            // undefined_table, undefined_function
            (Self::Statements, "42P01" | "42883") => Some(
                "the extension pg_stat_statements is not there: add it to shared_preload_libraries in the parameter group, \
                 then CREATE EXTENSION pg_stat_statements",
            ),
            // object_not_in_prerequisite_state
            (Self::Statements, "55000") => {
                Some("pg_stat_statements is not loaded: add it to shared_preload_libraries and restart")
            }
            // insufficient_privilege
            (_, "42501") => Some("the user lacks a right: GRANT pg_monitor TO the user"),
            // Also undefined_column and undefined_object: an older catalogue has fewer columns.
            (_, "42P01" | "42883" | "42703" | "42704") => {
                Some("this server has no such catalogue: it is no PostgreSQL of version 13 or newer")
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
    /// The id of its process on the server.
    pub pid: i32,
    /// When that began, as [`super::process::BEGAN`] has it; none where it may not be seen.
    pub began: Option<String>,
    pub user: String,
    pub database: String,
    /// The client's name for itself (`application_name`).
    pub application: String,
    /// Where it comes from; empty is the server itself.
    pub client: String,
    /// `active`, `idle in transaction` …; empty is that it may not be seen.
    pub state: String,
    /// The event that it waits for: `Lock: transactionid`.
    pub waits: Option<String>,
    /// Seconds in its state.
    pub in_state: Option<f64>,
    /// Seconds that its transaction is open.
    pub transaction: Option<f64>,
    /// Seconds since its statement began.
    pub statement_age: Option<f64>,
    pub statement: String,
    /// The processes that block it.
    pub blocked_by: Vec<i32>,
    /// Whether it is the one that asked.
    pub own: bool,
    /// Whether what it does may not be seen.
    pub hidden: bool,
}

/// The sessions of an answer.
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
            // PostgreSQL's own words for it.
            hidden: statement == "<insufficient privilege>",
            statement,
            blocked_by: pids(&text(row, 12)),
            own: truth(row, 15),
        }
    };
    rows.iter().map(session).collect()
}

/// The tree of sessions that block others: places in the list of sessions with their depths. Those that block and wait
/// for nobody come first, each with all that wait for it below it; sessions that have nothing to do with locks are left
/// out.
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
    // In a circle (a deadlock not yet detected) no session waits for none: any can be the first.
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

/// Why the list of sessions is not whole, where it is not.
pub fn missing_of_sessions(sessions: &[Session]) -> Option<String> {
    let hidden = sessions.iter().filter(|session| session.hidden).count();
    (hidden > 0).then(|| {
        let who = match hidden {
            1 => "one session of another user is".to_owned(),
            more => format!("{more} sessions of other users are"),
        };
        format!("{who} not seen in full: GRANT pg_read_all_stats (or pg_monitor) TO the user")
    })
}

/// A lock that a session holds or waits for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    pub pid: i32,
    /// When the process began.
    pub began: Option<String>,
    pub user: String,
    /// The locked object: a table, or the kind of a lock that is of no table.
    pub relation: String,
    /// `RowExclusiveLock` …
    pub mode: String,
    /// Whether it is held, not waited for.
    pub granted: bool,
    /// Seconds that it is waited for, or that its statement runs.
    pub waited: Option<f64>,
    pub blocked_by: Vec<i32>,
    pub statement: String,
}

/// The locks of an answer.
pub fn locks_of(rows: &[Vec<Option<String>>]) -> Vec<Lock> {
    let one = |row: &Vec<Option<String>>| {
        let granted = truth(row, 4);
        Lock {
            pid: number(row, 0).unwrap_or_default(),
            began: row.get(8).cloned().flatten(),
            user: text(row, 1),
            relation: text(row, 2),
            mode: text(row, 3),
            granted,
            waited: number(row, 5),
            // A process may wait for one lock alone.
            blocked_by: if granted { Vec::new() } else { pids(&text(row, 6)) },
            statement: text(row, 7),
        }
    };
    rows.iter().map(one).collect()
}

/// `{5,6}`: one that several workers of a query wait for stands there several times.
fn pids(text: &str) -> Vec<i32> {
    let mut pids: Vec<i32> = Vec::new();
    for pid in text.trim_matches(['{', '}']).split(',').filter_map(|pid| pid.parse::<i32>().ok()) {
        if !pids.contains(&pid) {
            pids.push(pid);
        }
    }
    pids
}

/// A statement by what it cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Costly {
    /// The user that ran it.
    pub user: String,
    pub database: String,
    /// How many times it was run.
    pub calls: u64,
    /// Milliseconds in all, on average, at most.
    pub milliseconds: (f64, f64, f64),
    pub rows: u64,
    /// Blocks from memory and from the disk.
    pub blocks: (u64, u64),
    /// Blocks of temporary files that were written.
    pub temporary: u64,
    /// The statement without its values.
    pub statement: String,
    /// Whether it is another user's, and what it says may not be seen.
    pub hidden: bool,
}

/// The costliest statements.
pub fn statements_of(rows: &[Vec<Option<String>>]) -> Vec<Costly> {
    let one = |row: &Vec<Option<String>>| Costly {
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
        // Without the right the server gives no number of it.
        hidden: row.get(11).is_some_and(Option::is_none),
    };
    rows.iter().map(one).collect()
}

/// The size of a table, with rows and bloat.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Size {
    /// The schema and the name of the table.
    pub table: (String, String),
    /// Bytes in all, of the table, of its indexes.
    pub bytes: (u64, u64, u64),
    /// Rows as they are estimated; none is that it was never analysed.
    pub rows: Option<u64>,
    /// Rows that are dead, and those that live, as they are counted.
    pub dead: (u64, u64),
    /// Seconds since it was vacuumed and analysed; none is never.
    pub since: (Option<f64>, Option<f64>),
}

impl Size {
    /// Bytes of the table that dead rows take, as an estimate: by their share of all rows.
    pub fn bloat(&self) -> u64 {
        let all = self.dead.0 + self.dead.1;
        if all == 0 { 0 } else { (self.bytes.1 as f64 * self.dead.0 as f64 / all as f64) as u64 }
    }
}

/// The sizes of tables, the largest first.
pub fn sizes_of(rows: &[Vec<Option<String>>]) -> Vec<Size> {
    let one = |row: &Vec<Option<String>>| Size {
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
    rows.iter().map(one).collect()
}

/// An index and whether it is of use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Schema, table and name.
    pub name: (String, String, String),
    pub bytes: u64,
    /// How often it was used since the statistics began; none is not known.
    pub used: Option<u64>,
    /// Whether it keeps rows apart, or a constraint stands on it: it is of use without being read.
    pub kept: bool,
    /// Whether the index can be used.
    pub valid: bool,
    /// Another one that does the same.
    pub like: Option<String>,
    /// The statement that makes it.
    pub definition: String,
}

impl Index {
    /// The fault of the index; empty where there is none.
    pub fn finding(&self) -> String {
        if !self.valid {
            "not valid: build it again".to_owned()
        } else if let Some(like) = &self.like {
            format!("{like} does the same")
        } else if self.used == Some(0) && !self.kept {
            "unused since the statistics began".to_owned()
        } else {
            String::new()
        }
    }
}

/// Indexes, the largest first.
pub fn indexes_of(rows: &[Vec<Option<String>>]) -> Vec<Index> {
    let one = |row: &Vec<Option<String>>| Index {
        name: (text(row, 0), text(row, 1), text(row, 2)),
        bytes: number(row, 3).unwrap_or_default(),
        used: number(row, 4),
        kept: truth(row, 5),
        valid: truth(row, 6),
        like: row.get(7).cloned().flatten(),
        definition: text(row, 8),
    };
    rows.iter().map(one).collect()
}

/// A reader that follows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Follower {
    /// The client's name for itself (`application_name`).
    pub name: String,
    /// `streaming` and the like.
    pub state: String,
    /// Bytes that it has not replayed.
    pub behind: Option<u64>,
    /// Seconds that it is behind.
    pub lag: Option<f64>,
}

/// Readers that follow. Aurora's are not among them: they share the storage.
pub fn followers_of(rows: &[Vec<Option<String>>]) -> Vec<Follower> {
    let one = |row: &Vec<Option<String>>| Follower {
        name: text(row, 0),
        state: text(row, 2),
        behind: number(row, 4),
        lag: number(row, 5),
    };
    rows.iter().map(one).collect()
}

/// Connections beside their limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Connections {
    /// All, those at work, those that are idle in a transaction.
    pub open: (u32, u32, u32),
    /// How many connections the server allows.
    pub limit: u32,
    /// How many of them are kept for superusers.
    pub reserved: u32,
    /// Whether the user sees what others do.
    pub sees_all: bool,
}

/// The connections of an answer, by state.
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
