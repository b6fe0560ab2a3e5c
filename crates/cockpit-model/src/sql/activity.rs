//! What a server is at: sessions and who blocks whom, transactions, replication, connections. The questions, what their
//! answers say, and which right is missing where an answer is not whole.

/// Questions of the activity, each with a purpose that comes back with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// The sessions, and who blocks whom.
    Sessions,
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

/// All of them.
pub const QUESTIONS: &[Question] = &[
    Question::Sessions,
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
            Self::Sessions => sessions(version),
            Self::Statements => statements(),
            Self::Sizes => SIZES.into(),
            Self::Indexes => INDEXES.into(),
            Self::Replication => REPLICATION.into(),
            Self::Connections => CONNECTIONS.into(),
        }
    }

    /// What is missing where the statement fails with this SQLSTATE, and what to do; none where it is another failure.
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
            (_, "42P01" | "42883") => {
                Some("this server has no such catalogue: it is no PostgreSQL of version 13 or newer")
            }
            _ => None,
        }
    }
}

fn sessions(version: u32) -> String {
    let query_id = if version >= 140_000 { "a.query_id" } else { "NULL" };
    format!(
        "SELECT a.pid, a.usename, a.datname, a.application_name, a.client_addr, a.state, a.wait_event_type, a.wait_event, \
         EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.state_change), EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start), \
         EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.query_start), a.query, pg_catalog.pg_blocking_pids(a.pid)::text, {query_id}, \
         a.backend_type, a.pid = pg_catalog.pg_backend_pid() \
         FROM pg_catalog.pg_stat_activity a WHERE a.backend_type = 'client backend' OR a.state IS NOT NULL OR (a.backend_type IS NULL AND a.usename IS NOT NULL) ORDER BY a.xact_start NULLS LAST, a.pid"
    )
}

fn statements() -> String {
    "SELECT r.rolname, d.datname, s.calls, s.total_exec_time, s.mean_exec_time, s.max_exec_time, s.rows, s.shared_blks_hit, s.shared_blks_read, \
     s.temp_blks_written, s.query FROM pg_stat_statements s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.userid \
     LEFT JOIN pg_catalog.pg_database d ON d.oid = s.dbid ORDER BY s.total_exec_time DESC LIMIT 50"
        .into()
}

/// What is dead is counted by the statistics collector; the bloat is an estimate from it.
const SIZES: &str = "SELECT n.nspname, c.relname, pg_catalog.pg_total_relation_size(c.oid), pg_catalog.pg_table_size(c.oid), pg_catalog.pg_indexes_size(c.oid), \
    c.reltuples::bigint, s.n_live_tup, s.n_dead_tup, EXTRACT(epoch FROM pg_catalog.clock_timestamp() - GREATEST(s.last_vacuum, s.last_autovacuum)), \
    EXTRACT(epoch FROM pg_catalog.clock_timestamp() - GREATEST(s.last_analyze, s.last_autoanalyze)), s.seq_scan, s.idx_scan \
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid \
    WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 3 DESC LIMIT 100";

/// Two indexes are alike where the columns, their order and the conditions of one are those of the other.
const INDEXES: &str = "SELECT n.nspname, t.relname, c.relname, pg_catalog.pg_relation_size(c.oid), s.idx_scan, i.indisunique, i.indisvalid, \
    (SELECT pg_catalog.min(o.relname) FROM pg_catalog.pg_index j JOIN pg_catalog.pg_class o ON o.oid = j.indexrelid \
    WHERE j.indrelid = i.indrelid AND j.indexrelid <> i.indexrelid AND j.indkey::text = i.indkey::text AND j.indclass::text = i.indclass::text \
    AND j.indoption::text = i.indoption::text AND COALESCE(j.indpred::text, '') = COALESCE(i.indpred::text, '') AND COALESCE(j.indexprs::text, '') = COALESCE(i.indexprs::text, '') \
    AND (j.indisunique OR NOT i.indisunique) AND (j.indexrelid < i.indexrelid OR j.indisunique <> i.indisunique)) \
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = i.indexrelid \
    WHERE n.nspname !~ '^pg_' ORDER BY 4 DESC LIMIT 200";

const REPLICATION: &str = "SELECT application_name, client_addr, state, sync_state, pg_catalog.pg_wal_lsn_diff(sent_lsn, replay_lsn), \
    EXTRACT(epoch FROM replay_lag) FROM pg_catalog.pg_stat_replication ORDER BY 1";

const CONNECTIONS: &str = "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE state = 'active'), pg_catalog.count(*) FILTER (WHERE state LIKE 'idle in transaction%'), \
    pg_catalog.current_setting('max_connections'), pg_catalog.current_setting('superuser_reserved_connections'), \
    pg_catalog.pg_has_role(pg_catalog.current_user(), 'pg_read_all_stats', 'USAGE') FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' OR (backend_type IS NULL AND usename IS NOT NULL)";

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
    /// Its process.
    pub pid: i32,
    /// Its user.
    pub user: String,
    /// Its database.
    pub database: String,
    /// What it calls itself.
    pub application: String,
    /// Where it comes from; empty is the server itself.
    pub client: String,
    /// `active`, `idle in transaction` …; empty is that it may not be seen.
    pub state: String,
    /// What it waits for: `Lock: transactionid`.
    pub waits: Option<String>,
    /// Seconds in its state.
    pub in_state: Option<f64>,
    /// Seconds that its transaction is open.
    pub transaction: Option<f64>,
    /// Seconds since its statement began.
    pub statement_age: Option<f64>,
    /// Its statement.
    pub statement: String,
    /// Who it waits for.
    pub blocked_by: Vec<i32>,
    /// It is the one that asked.
    pub own: bool,
    /// What it does may not be seen.
    pub hidden: bool,
}

/// The sessions.
pub fn sessions_of(rows: &[Vec<Option<String>>]) -> Vec<Session> {
    let session = |row: &Vec<Option<String>>| {
        let wait = text(row, 6);
        let statement = text(row, 11);
        let pids = text(row, 12);
        Session {
            pid: number(row, 0).unwrap_or_default(),
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
            blocked_by: pids.trim_matches(['{', '}']).split(',').filter_map(|pid| pid.parse().ok()).collect(),
            own: truth(row, 15),
        }
    };
    rows.iter().map(session).collect()
}

/// Who blocks whom, as a tree: places in the list of sessions with their depths. Those that block and wait for nobody come
/// first, each with all that wait for it below it; sessions that have nothing to do with locks are left out.
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
    // In a circle (a deadlock that is not found yet) nobody waits for nobody: it begins anywhere.
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
        format!(
            "{hidden} sessions of other users are not seen in full: GRANT pg_read_all_stats (or pg_monitor) TO the user"
        )
    })
}

/// A statement by what it cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Costly {
    /// Who ran it.
    pub user: String,
    /// In which database.
    pub database: String,
    /// How often.
    pub calls: u64,
    /// Milliseconds in all, on average, at most.
    pub milliseconds: (f64, f64, f64),
    /// Rows in all.
    pub rows: u64,
    /// Blocks from memory and from the disk.
    pub blocks: (u64, u64),
    /// Blocks of temporary files that were written.
    pub temporary: u64,
    /// The statement without its values.
    pub statement: String,
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
    };
    rows.iter().map(one).collect()
}

/// The size of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Size {
    /// Schema and name.
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
    /// Its bytes.
    pub bytes: u64,
    /// How often it was used since the statistics began; none is not known.
    pub used: Option<u64>,
    /// It keeps values unique, so it is of use without being read.
    pub unique: bool,
    /// It can be used.
    pub valid: bool,
    /// Another one that does the same.
    pub like: Option<String>,
}

/// Indexes, the largest first.
pub fn indexes_of(rows: &[Vec<Option<String>>]) -> Vec<Index> {
    let one = |row: &Vec<Option<String>>| Index {
        name: (text(row, 0), text(row, 1), text(row, 2)),
        bytes: number(row, 3).unwrap_or_default(),
        used: number(row, 4),
        unique: truth(row, 5),
        valid: truth(row, 6),
        like: row.get(7).cloned().flatten(),
    };
    rows.iter().map(one).collect()
}

/// A reader that follows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Follower {
    /// What it calls itself.
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
    /// So many may be open.
    pub limit: u32,
    /// So many of them are kept for superusers.
    pub reserved: u32,
    /// The user sees what others do.
    pub sees_all: bool,
}

/// Connections.
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
