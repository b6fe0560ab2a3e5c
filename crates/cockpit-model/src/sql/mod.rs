//! A SQL session as data: the server, the transaction, results and server messages. Pure.

pub mod activity;
pub mod activity_figures;
mod activity_limits;
pub mod activity_listing;
mod activity_statements;
mod calls;
pub mod catalogue;
pub mod commands;
pub mod complete;
pub mod context;
pub mod copy;
pub mod copy_command;
pub mod describe;
pub mod edit;
pub mod er;
pub mod explain;
pub mod explain_table;
pub mod format;
mod functions;
pub mod guard;
pub mod help;
pub mod interpreter;
mod join;
pub mod json;
pub mod keywords;
pub mod nested_values;
pub mod open_sessions;
pub mod process;
mod read_only;
pub mod schema;
pub mod secret;
mod single_table;
pub mod small_table;
pub mod sort_key;
pub mod split;
pub mod star;
mod statement;
pub mod statement_end;
pub mod tidy;
pub mod token;
pub mod variables;
mod write_enabling;

use std::time::Duration;

/// The id of a SQL session, unique within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// The id of a result, unique within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResultId(pub u64);

/// The transaction state of a session, as reported by the server's `ReadyForQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transaction {
    /// No transaction is open (`I`).
    #[default]
    Idle,
    /// A transaction is open (`T`).
    Open,
    /// The open transaction has failed (`E`): the server accepts nothing but its end.
    Failed,
}

impl Transaction {
    /// The sign in psql's prompt: nothing, `*` or `!`.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Idle => "",
            Self::Open => "*",
            Self::Failed => "!",
        }
    }
}

/// The server that a session is connected to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Server {
    /// The server's real host name, not the local end of a tunnel.
    pub host: String,
    /// The port on that host.
    pub port: u16,
    pub database: String,
    pub user: String,
    /// `server_version`, as `15.18`.
    pub version: String,
    /// Whether the server is in recovery (`pg_is_in_recovery()`), that is, a reader. `None` if the query failed.
    pub reader: Option<bool>,
    /// Whether transactions begin read-only.
    pub read_only: bool,
    /// Why transactions are read-only, unless the user asked for it.
    pub read_only_why: Option<String>,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// `statement_timeout`; `None` means no limit.
    pub statement_timeout: Option<Duration>,
    /// `idle_in_transaction_session_timeout`; `None` means no limit.
    pub idle_timeout: Option<Duration>,
    /// The process id of the session's backend, for `pg_terminate_backend`.
    pub pid: i32,
    /// Whether `\` is an escape even in strings without an `E` prefix (`standard_conforming_strings` is off).
    pub escapes: bool,
    /// The server's own address and port, as it reports them. They tell two members behind one host name apart. `None` if
    /// unknown.
    pub address: Option<String>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name, which need not be unique.
    pub name: String,
    /// The object id of the type.
    pub type_oid: u32,
    /// The type modifier (`atttypmod`); -1 means none.
    pub modifier: i32,
    /// The object id of the table the column comes from; 0 means none.
    pub table_oid: u32,
    /// The number of the column in that table; 0 means none.
    pub number: i16,
}

impl Column {
    /// Returns whether values are right-aligned as in psql: numbers, object ids and money.
    pub fn is_right_aligned(&self) -> bool {
        // Source: psql's column_type_alignment: int8, int2, int4, oid, float4, float8, money, xid, cid, numeric, xid8.
        matches!(self.type_oid, 20 | 21 | 23 | 26 | 28 | 29 | 700 | 701 | 790 | 1700 | 5069)
    }
}

/// A value of a result, in the server's text format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// NULL, as distinct from an empty text.
    Null,
    Text {
        /// The beginning of the value, with bytes that are not UTF-8 replaced by U+FFFD. It may contain terminal control
        /// characters.
        text: Box<str>,
        /// Length of the whole value in bytes.
        bytes: u64,
        /// Whether `text` is shorter than the value.
        cut: bool,
    },
}

/// An error or a notice from the server. Source: PostgreSQL's documentation, "Error and Notice Message Fields".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerMessage {
    /// `ERROR`, `FATAL`, `NOTICE`, `WARNING` …
    pub severity: String,
    /// The SQLSTATE; empty if the message did not come from the server.
    pub code: String,
    pub message: String,
    /// More about the message.
    pub detail: Option<String>,
    /// The server's hint.
    pub hint: Option<String>,
    /// The position in the statement, in characters from 1.
    pub position: Option<u32>,
    /// The internally generated statement that `internal_position` refers to.
    pub internal_query: Option<String>,
    /// The position in that statement, in characters from 1.
    pub internal_position: Option<u32>,
    /// The call stack, as `PL/pgSQL function f() line 3 at RAISE`.
    pub context: Option<String>,
    /// The schema, table, column, type and constraint that the message is about.
    pub about: Vec<(&'static str, String)>,
    /// The location in the server's source code that reported it.
    pub location: Option<String>,
}

impl ServerMessage {
    /// Returns a warning of our own, shown in the same way as the server's.
    #[must_use]
    pub fn warning(message: String) -> Self {
        Self { severity: "WARNING".to_owned(), message, ..Self::default() }
    }

    /// Adds the advice for reading such text if the database has no encoding (`SQL_ASCII`) and the server refuses to send
    /// what is not UTF-8.
    #[must_use]
    pub fn with_encoding_hint(mut self) -> Self {
        if self.code == "22021" {
            let advice = "the database knows no encoding: SET client_encoding = 'SQL_ASCII' has the server send its bytes as they are";
            self.hint.get_or_insert_with(|| advice.to_owned());
        }
        self
    }

    /// Returns a warning for a changed setting: with a client encoding other than UTF8, text is decoded wrongly. `SQL_ASCII`
    /// passes bytes through unchanged and needs no warning.
    pub fn setting_warning(name: &str, value: &str) -> Option<Self> {
        let wrong = name == "client_encoding" && !matches!(value, "UTF8" | "SQL_ASCII");
        wrong.then(|| {
            Self::warning(format!(
                "client_encoding is {value}, and all that is read and sent here is UTF8: what is not ASCII is wrong from here on; SET \
                 client_encoding = 'UTF8' puts it right"
            ))
        })
    }

    /// Returns a notification (`NOTIFY`) as a message, shown in the same way as the server's notices.
    #[must_use]
    pub fn from_notification(channel: &str, text: &str, process: i32) -> Self {
        let message = format!("notification on {channel} from process {process}: {text}");
        Self { severity: "NOTIFY".to_owned(), message, ..Self::default() }
    }
}

/// How a statement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each result, not for each row")]
pub enum StatementOutcome {
    /// Successfully, with the server's command tag: `SELECT 3`, `UPDATE 1`, `BEGIN`.
    Done(String),
    Failed(ServerMessage),
    /// Cancelled on request.
    Cancelled,
    /// The connection was lost. Whether the statement took effect is unknown, unless a transaction was open: then that is
    /// lost.
    Lost(String),
}
