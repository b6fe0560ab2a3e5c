//! The activity of a server as rows for people and for scripts. The screen and `cockpit db --activity` show the same.

use super::activity::{
    ActivityQuery, Session, blocked_tree, connections_of, incomplete_reason, indexes_of, locks_of, sessions_of,
    sizes_of, standbys_of, statements_of,
};
use super::activity_figures::{bytes, grouped};
use super::activity_limits::listed;
use super::process::Process;
use crate::time::short;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// Age in seconds from which an open transaction is flagged: it holds back vacuum, and is rarely intended.
const LONG_TRANSACTION: f64 = 300.0;
/// The share of dead rows from which a table is worth a vacuum.
const MUCH_DEAD: f64 = 0.2;
/// Size in bytes below which a table is not worth a vacuum.
const SMALL: u64 = 16 << 20;
/// The share of used connections from which the limit is near.
const NEARLY_FULL: f64 = 0.8;

/// A column of an activity list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading {
    /// The title shown to people.
    pub title: &'static str,
    /// The name in JSON and CSV.
    pub field: &'static str,
    /// Whether the values are right-aligned.
    pub right: bool,
}

pub(in crate::sql) const fn left(title: &'static str, field: &'static str) -> Heading {
    Heading { title, field, right: false }
}

pub(in crate::sql) const fn right(title: &'static str, field: &'static str) -> Heading {
    Heading { title, field, right: true }
}

/// How much attention a row deserves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Plain,
    /// Not actionable.
    Dim,
    /// Worth a look.
    Warn,
    /// Blocks somebody.
    Bad,
}

/// A value, both formatted and raw.
#[derive(Debug, Clone, PartialEq)]
pub struct DisplayValue {
    pub text: String,
    pub value: Value,
}

/// A row of an activity list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListingRow {
    /// The key that selects the row; for a session, its process ([`Process::key`]).
    pub key: String,
    pub cells: Vec<DisplayValue>,
    pub weight: Weight,
    /// The full text, such as the whole statement, for the detail view.
    pub full_text: String,
}

/// The result of a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub columns: &'static [Heading],
    pub rows: Vec<ListingRow>,
    /// The missing columns, with the privilege that each needs.
    pub notes: Vec<String>,
    /// The text shown if there are no rows.
    pub empty: &'static str,
}

/// Returns a value that is shown as it is.
pub(in crate::sql) fn word(text: &str) -> DisplayValue {
    DisplayValue { text: text.to_owned(), value: if text.is_empty() { Value::Null } else { json!(text) } }
}

/// Returns a statement on one line.
fn statement(text: &str) -> DisplayValue {
    DisplayValue { text: text.split_whitespace().collect::<Vec<_>>().join(" "), value: json!(text) }
}

fn age(seconds: Option<f64>) -> DisplayValue {
    let seconds = seconds.map(|seconds| seconds.max(0.0));
    let text = seconds.map_or_else(|| "–".to_owned(), |seconds| short(SignedDuration::from_secs(seconds as i64)));
    DisplayValue { text, value: json!(seconds) }
}

pub(in crate::sql) fn size(count: u64) -> DisplayValue {
    DisplayValue { text: bytes(count), value: json!(count) }
}

pub(in crate::sql) fn count(number: u64) -> DisplayValue {
    DisplayValue { text: grouped(number), value: json!(number) }
}

pub(in crate::sql) fn unknown() -> DisplayValue {
    DisplayValue { text: "–".to_owned(), value: Value::Null }
}

fn milliseconds(value: f64) -> DisplayValue {
    let text = if value >= 60_000.0 {
        short(SignedDuration::from_secs((value / 1000.0) as i64))
    } else if value >= 1000.0 {
        format!("{:.1}s", value / 1000.0)
    } else {
        format!("{value:.1}ms")
    };
    DisplayValue { text, value: json!(value) }
}

type Rows = [Vec<Option<String>>];

/// Returns the rows of a result.
pub fn listing(question: ActivityQuery, rows: &Rows) -> Listing {
    let (rows, more) = listed(question, rows);
    let mut listing = match question {
        ActivityQuery::Sessions => sessions(rows, false),
        ActivityQuery::Transactions => sessions(rows, true),
        ActivityQuery::Locks => locks(rows),
        ActivityQuery::Statements => statements(rows),
        ActivityQuery::Sizes => sizes(rows),
        ActivityQuery::Indexes => indexes(rows),
        ActivityQuery::Replication => replication(rows),
        ActivityQuery::Connections => connections(rows),
    };
    listing.notes.extend(more);
    listing
}

const SESSIONS: &[Heading] = &[
    // A tree, with its branches in the left column.
    left("PID", "pid"),
    left("USER", "user"),
    left("DATABASE", "database"),
    left("APPLICATION", "application"),
    left("STATE", "state"),
    left("WAITS FOR", "waits_for"),
    right("IN STATE", "state_seconds"),
    right("TRANSACTION", "transaction_seconds"),
    left("BLOCKED BY", "blocked_by"),
    left("STATEMENT", "statement"),
];

/// Lists sessions: first the tree of blocking and waiting ones, then the others by age of their transaction. With
/// `transactions`, lists only those in a transaction, the longest first.
fn sessions(rows: &Rows, transactions: bool) -> Listing {
    let sessions = sessions_of(rows);
    let mut order: Vec<(usize, Option<usize>)> = Vec::new();
    if transactions {
        let mut open: Vec<usize> =
            (0..sessions.len()).filter(|at| sessions[*at].transaction.is_some() && !sessions[*at].own).collect();
        open.sort_by(|a, b| {
            sessions[*b].transaction.partial_cmp(&sessions[*a].transaction).unwrap_or(std::cmp::Ordering::Equal)
        });
        order.extend(open.into_iter().map(|at| (at, None)));
    } else {
        let tree = blocked_tree(&sessions);
        let rest: Vec<usize> = (0..sessions.len()).filter(|at| tree.iter().all(|(other, _)| other != at)).collect();
        order.extend(tree.into_iter().map(|(at, depth)| (at, Some(depth))));
        order.extend(rest.into_iter().map(|at| (at, None)));
    }
    let rows = order.into_iter().map(|(at, depth)| session(&sessions, &sessions[at], depth)).collect();
    let empty = if transactions { "no transaction is open" } else { "nobody is connected" };
    let prepared = sessions.iter().any(|session| session.blocked_by.contains(&0));
    let notes = prepared.then(|| PREPARED.to_owned()).into_iter().chain(incomplete_reason(&sessions)).collect();
    Listing { columns: SESSIONS, rows, notes, empty }
}

/// The note shown when a prepared transaction, which belongs to no session, blocks others.
const PREPARED: &str =
    "a prepared transaction blocks: pg_prepared_xacts lists it, COMMIT PREPARED or ROLLBACK PREPARED ends it";

/// Formats a blocker: a process id, or a prepared transaction (`COMMIT PREPARED` ends it), which the server reports as 0.
fn blocker(pid: i32) -> String {
    if pid == 0 { "a prepared transaction".to_owned() } else { pid.to_string() }
}

fn session(all: &[Session], one: &Session, depth: Option<usize>) -> ListingRow {
    let blocks = all.iter().any(|other| other.blocked_by.contains(&one.pid));
    let long = one.transaction.is_some_and(|seconds| seconds >= LONG_TRANSACTION);
    let weight = match one {
        _ if blocks => Weight::Bad,
        one if !one.blocked_by.is_empty() || long || one.state.starts_with("idle in transaction") => Weight::Warn,
        one if one.own || one.state == "idle" || one.state.is_empty() => Weight::Dim,
        _ => Weight::Plain,
    };
    let branch = match depth {
        Some(depth) if depth > 0 => format!("{}└ {}", "  ".repeat(depth - 1), one.pid),
        _ => one.pid.to_string(),
    };
    let state = if one.hidden { "not visible" } else { one.state.as_str() };
    let state_value = if one.state.is_empty() { Value::Null } else { json!(one.state) };
    let application = if one.own { format!("{} (this)", one.application) } else { one.application.clone() };
    let blockers: Vec<String> = one.blocked_by.iter().map(|pid| blocker(*pid)).collect();
    ListingRow {
        key: Process { pid: one.pid, start_time: one.began.clone() }.key(),
        cells: vec![
            DisplayValue { text: branch, value: json!(one.pid) },
            word(&one.user),
            word(&one.database),
            DisplayValue { text: application, value: json!(one.application) },
            DisplayValue { text: state.to_owned(), value: state_value },
            word(one.waits.as_deref().unwrap_or_default()),
            age(one.in_state),
            age(one.transaction),
            DisplayValue { text: blockers.join(", "), value: json!(one.blocked_by) },
            statement(&one.statement),
        ],
        weight,
        full_text: one.statement.clone(),
    }
}

const LOCKS: &[Heading] = &[
    right("PID", "pid"),
    left("USER", "user"),
    left("RELATION", "relation"),
    left("MODE", "mode"),
    left("GRANTED", "granted"),
    right("SINCE", "seconds"),
    left("BLOCKED BY", "blocked_by"),
    left("STATEMENT", "statement"),
];

fn locks(rows: &Rows) -> Listing {
    let rows = locks_of(rows).into_iter().map(|lock| {
        let granted = if lock.granted { "yes" } else { "waits" };
        let blockers: Vec<String> = lock.blocked_by.iter().map(|pid| blocker(*pid)).collect();
        ListingRow {
            key: Process { pid: lock.pid, start_time: lock.began }.key(),
            cells: vec![
                DisplayValue { text: lock.pid.to_string(), value: json!(lock.pid) },
                word(&lock.user),
                word(&lock.relation),
                word(&lock.mode),
                DisplayValue { text: granted.to_owned(), value: json!(lock.granted) },
                age(lock.waited),
                DisplayValue { text: blockers.join(", "), value: json!(lock.blocked_by) },
                statement(&lock.statement),
            ],
            weight: if lock.granted { Weight::Plain } else { Weight::Bad },
            full_text: lock.statement,
        }
    });
    Listing {
        columns: LOCKS,
        rows: rows.collect(),
        notes: Vec::new(),
        empty: "no lock that could be in somebody's way",
    }
}

const STATEMENTS: &[Heading] = &[
    right("CALLS", "calls"),
    right("TOTAL", "total_ms"),
    right("MEAN", "mean_ms"),
    right("MAX", "max_ms"),
    right("ROWS", "rows"),
    right("CACHED", "cached_percent"),
    left("USER", "user"),
    left("STATEMENT", "statement"),
];

fn statements(rows: &Rows) -> Listing {
    let statements = statements_of(rows);
    let hidden = "statements of other users are not visible: GRANT pg_read_all_stats (or pg_monitor) TO the user";
    let notes = statements.iter().any(|costly| costly.hidden).then(|| hidden.to_owned());
    let rows = statements.into_iter().enumerate().map(|(number, costly)| {
        let (total, mean, most) = costly.milliseconds;
        let blocks = costly.blocks.0 + costly.blocks.1;
        let cached = if blocks == 0 {
            unknown()
        } else {
            let percent = costly.blocks.0 as f64 * 100.0 / blocks as f64;
            DisplayValue { text: format!("{percent:.0} %"), value: json!(percent) }
        };
        ListingRow {
            key: number.to_string(),
            cells: vec![
                count(costly.calls),
                milliseconds(total),
                milliseconds(mean),
                milliseconds(most),
                count(costly.rows),
                cached,
                word(&costly.user),
                if costly.hidden {
                    DisplayValue { text: "not visible".to_owned(), value: Value::Null }
                } else {
                    statement(&costly.statement)
                },
            ],
            weight: if costly.temporary > 0 { Weight::Warn } else { Weight::Plain },
            full_text: costly.statement,
        }
    });
    let (rows, notes) = (rows.collect(), notes.into_iter().collect());
    Listing { columns: STATEMENTS, rows, notes, empty: "no statement was counted yet" }
}

const SIZES: &[Heading] = &[
    left("TABLE", "table"),
    right("TOTAL", "total_bytes"),
    right("TABLE", "table_bytes"),
    right("INDEXES", "index_bytes"),
    right("ROWS", "rows"),
    right("DEAD", "dead_rows"),
    right("BLOAT", "bloat_bytes"),
    right("VACUUM", "vacuum_seconds"),
    right("ANALYZE", "analyze_seconds"),
];

fn sizes(rows: &Rows) -> Listing {
    let rows = sizes_of(rows).into_iter().map(|table| {
        let name = qualified(&table.table.0, &table.table.1);
        let total = table.dead.0 + table.dead.1;
        let much = total > 0 && table.dead.0 as f64 / total as f64 >= MUCH_DEAD && table.bytes.1 >= SMALL;
        let since = |seconds: Option<f64>| match seconds {
            Some(_) => age(seconds),
            None => DisplayValue { text: "never".to_owned(), value: Value::Null },
        };
        ListingRow {
            key: name.clone(),
            cells: vec![
                word(&name),
                size(table.bytes.0),
                size(table.bytes.1),
                size(table.bytes.2),
                table.rows.map_or_else(unknown, count),
                count(table.dead.0),
                size(table.bloat()),
                since(table.since.0),
                since(table.since.1),
            ],
            weight: if much { Weight::Warn } else { Weight::Plain },
            full_text: name,
        }
    });
    let notes = vec!["exclusively locked tables are left out; rows are estimates; bloat is the share of dead rows that the statistics count".to_owned()];
    Listing { columns: SIZES, rows: rows.collect(), notes, empty: "there is no table" }
}

fn qualified(schema: &str, name: &str) -> String {
    if schema == "public" { name.to_owned() } else { format!("{schema}.{name}") }
}

const INDEXES: &[Heading] = &[
    left("INDEX", "index"),
    left("TABLE", "table"),
    right("SIZE", "bytes"),
    right("USED", "scans"),
    left("", "finding"),
];

/// Lists the indexes, those with a problem first.
fn indexes(rows: &Rows) -> Listing {
    let listed = indexes_of(rows).into_iter().map(|index| {
        let finding = index.finding();
        let (schema, table, name) = &index.name;
        ListingRow {
            key: format!("{schema}.{name}"),
            cells: vec![
                word(&qualified(schema, name)),
                word(&qualified(schema, table)),
                size(index.bytes),
                index.used.map_or_else(unknown, count),
                word(&finding),
            ],
            weight: if finding.is_empty() { Weight::Plain } else { Weight::Warn },
            full_text: format!("{schema}.{name}"),
        }
    });
    let mut rows: Vec<ListingRow> = listed.collect();
    rows.sort_by_key(|row| row.weight == Weight::Plain);
    let notes = vec!["indexes of exclusively locked tables are left out; uses are counted on this server alone: a reader may use what the writer does not".to_owned()];
    Listing { columns: INDEXES, rows, notes, empty: "there is no index" }
}

const REPLICATION: &[Heading] =
    &[left("FOLLOWER", "name"), left("STATE", "state"), right("BEHIND", "behind_bytes"), right("LAG", "lag_seconds")];

fn replication(rows: &Rows) -> Listing {
    let rows = standbys_of(rows).into_iter().map(|follower| ListingRow {
        key: follower.name.clone(),
        cells: vec![
            word(&follower.name),
            word(&follower.state),
            follower.lag_bytes.map_or_else(unknown, size),
            follower.lag.map_or_else(unknown, |lag| milliseconds(lag * 1000.0)),
        ],
        weight: if follower.lag.is_some_and(|lag| lag >= 1.0) { Weight::Warn } else { Weight::Plain },
        full_text: follower.name,
    });
    let notes =
        vec!["Aurora readers share the writer's storage and are not listed: CloudWatch has their lag".to_owned()];
    Listing { columns: REPLICATION, rows: rows.collect(), notes, empty: "no standby follows this server" }
}

const CONNECTIONS: &[Heading] = &[
    right("OPEN", "open"),
    right("AT WORK", "active"),
    right("IDLE IN TRANSACTION", "idle_in_transaction"),
    right("LIMIT", "limit"),
    right("RESERVED", "reserved"),
    right("FREE", "free"),
];

fn connections(rows: &Rows) -> Listing {
    let Some(found) = connections_of(rows) else {
        let notes = vec!["the server did not report its number of connections".to_owned()];
        return Listing { columns: CONNECTIONS, rows: Vec::new(), notes, empty: "not known" };
    };
    let usable = found.limit.saturating_sub(found.reserved);
    let full = f64::from(found.open.0) >= f64::from(usable) * NEARLY_FULL;
    let row = ListingRow {
        key: "connections".to_owned(),
        cells: [
            found.open.0,
            found.open.1,
            found.open.2,
            found.limit,
            found.reserved,
            usable.saturating_sub(found.open.0),
        ]
        .map(|number| count(number.into()))
        .to_vec(),
        weight: if full { Weight::Warn } else { Weight::Plain },
        full_text: String::new(),
    };
    let hidden = "states of other users' sessions are not visible: GRANT pg_read_all_stats (or pg_monitor) TO the user";
    let notes = if found.sees_all { Vec::new() } else { vec![hidden.to_owned()] };
    Listing { columns: CONNECTIONS, rows: vec![row], notes, empty: "not known" }
}

#[cfg(test)]
#[path = "activity_listing_tests.rs"]
mod tests;
