//! A SQL session as data: the server, the transaction, results and messages of the server. Pure.

pub mod activity;
pub mod activity_figures;
mod activity_limits;
pub mod activity_listing;
mod activity_statements;
mod calls;
pub mod catalogue;
pub mod commands;
pub mod complete;
pub mod connected;
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
mod kept;
pub mod keywords;
mod lifts;
pub mod nested;
mod one_table;
pub mod process;
pub mod scan;
pub mod schema;
pub mod secret;
pub mod sheet;
pub mod sort_key;
pub mod split;
pub mod star;
mod statement;
pub mod tidy;
pub mod token;
pub mod variables;

use std::time::Duration;

/// A SQL session among those of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A result among those of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResultId(pub u64);

/// The transaction state of a session, as the server's `ReadyForQuery` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transaction {
    /// None is open (`I`).
    #[default]
    Idle,
    /// One is open (`T`).
    Open,
    /// One is open in which a statement failed (`E`): only its end is taken.
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
    /// The host by its real name, not that of the tunnel's end.
    pub host: String,
    /// Its port there.
    pub port: u16,
    pub database: String,
    pub user: String,
    /// `server_version`, as `15.18`.
    pub version: String,
    /// Whether it is in recovery (`pg_is_in_recovery()`): a reader. None where it could not be asked.
    pub reader: Option<bool>,
    /// Transactions begin as read-only ones.
    pub read_only: bool,
    /// Why they do, where it was not the person who wanted it.
    pub read_only_why: Option<String>,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// `statement_timeout`; none is no limit.
    pub statement_timeout: Option<Duration>,
    /// `idle_in_transaction_session_timeout`; none is no limit.
    pub idle_timeout: Option<Duration>,
    /// The process of the session on the server, for `pg_terminate_backend`.
    pub pid: i32,
    /// A `\` in a text is an escape, also without an `E` before it: `standard_conforming_strings` is off.
    pub escapes: bool,
    /// Its own address and port, as it says itself: of two members behind one name they differ. None where it is not known.
    pub address: Option<String>,
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name. Two may have the same one.
    pub name: String,
    /// The object id of its type.
    pub type_oid: u32,
    /// The modifier of its type (`atttypmod`); -1 is none.
    pub modifier: i32,
    /// The object id of the table that it comes from; 0 is none.
    pub table_oid: u32,
    /// The number of the column in that table; 0 is none.
    pub number: i16,
}

impl Column {
    /// Whether its values are aligned to the right, as psql does it: numbers, object ids and money.
    pub fn is_right_aligned(&self) -> bool {
        // Source: psql's column_type_alignment: int8, int2, int4, oid, float4, float8, money, xid, cid, numeric, xid8.
        matches!(self.type_oid, 20 | 21 | 23 | 26 | 28 | 29 | 700 | 701 | 790 | 1700 | 5069)
    }
}

/// A value of a result, in the server's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// NULL, which is not an empty text.
    Null,
    Text {
        /// Its beginning; a byte that is not UTF-8 is U+FFFD. It may hold what acts on a terminal.
        text: Box<str>,
        /// How many bytes the whole value has.
        bytes: u64,
        /// Whether there is more of it.
        cut: bool,
    },
}

/// An error or a notice of the server. Source: PostgreSQL's documentation, "Error and Notice Message Fields".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerMessage {
    /// `ERROR`, `FATAL`, `NOTICE`, `WARNING` …
    pub severity: String,
    /// The SQLSTATE; empty where it did not come from the server.
    pub code: String,
    pub message: String,
    /// More about the message.
    pub detail: Option<String>,
    /// The server's hint.
    pub hint: Option<String>,
    /// Where in the statement, in characters from 1.
    pub position: Option<u32>,
    /// The statement of the server's own in which `internal_position` lies.
    pub internal_query: Option<String>,
    /// Where in that statement, in characters from 1.
    pub internal_position: Option<u32>,
    /// The call stack, as `PL/pgSQL function f() line 3 at RAISE`.
    pub context: Option<String>,
    /// The schema, table, column, type and constraint that it is about.
    pub about: Vec<(&'static str, String)>,
    /// Where in the server's source it is said.
    pub location: Option<String>,
}

impl ServerMessage {
    /// A warning of our own, told as those of the server are.
    #[must_use]
    pub fn warning(message: String) -> Self {
        Self { severity: "WARNING".to_owned(), message, ..Self::default() }
    }

    /// The same with what reads such a text, where the database knows no encoding (`SQL_ASCII`) and the server does not send what is no UTF-8.
    #[must_use]
    pub fn of_no_encoding(mut self) -> Self {
        if self.code == "22021" {
            let advice = "the database knows no encoding: SET client_encoding = 'SQL_ASCII' has the server send its bytes as they are";
            self.hint.get_or_insert_with(|| advice.to_owned());
        }
        self
    }

    /// A note on a setting that has changed: with another encoding than UTF8, text is not what it seems. Bytes as they
    /// are (`SQL_ASCII`) need none.
    pub fn of_setting(name: &str, value: &str) -> Option<Self> {
        let wrong = name == "client_encoding" && !matches!(value, "UTF8" | "SQL_ASCII");
        wrong.then(|| {
            Self::warning(format!(
                "client_encoding is {value}, and all that is read and sent here is UTF8: what is not ASCII is wrong from here on; SET \
                 client_encoding = 'UTF8' puts it right"
            ))
        })
    }

    /// A notification (`NOTIFY`), told as notices of the server are.
    #[must_use]
    pub fn notified(channel: &str, text: &str, process: i32) -> Self {
        let message = format!("notification on {channel} from process {process}: {text}");
        Self { severity: "NOTIFY".to_owned(), message, ..Self::default() }
    }
}

/// How a statement ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each result, not for each row")]
pub enum Ended {
    /// With the server's word: `SELECT 3`, `UPDATE 1`, `BEGIN`.
    Done(String),
    Failed(ServerMessage),
    /// It was cancelled, as somebody asked for.
    Cancelled,
    /// The connection was lost: whether it was carried out is not known, unless a transaction was open, which is lost.
    Lost(String),
}
