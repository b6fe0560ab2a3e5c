//! The feed of SQL: sessions on PostgreSQL servers, statements run in them, and windows on results that may exceed memory. A
//! session lives as long as its [`Ask::Connect`]; other questions refer to it by number. Results are independent of their
//! session and stay until they are closed.

use super::lifetime::Lifetime;
use super::runs::Place as AuditPlace;
use crate::model::audit::Record;
use crate::model::sql::format::Options;
use crate::model::sql::process::Process;
use crate::model::sql::{Cell, Column, ResultId, Server, ServerMessage, SessionId, StatementOutcome, Transaction};
use std::time::Duration;

/// The address of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The real host name, which is in its certificate.
    pub host: String,
    /// The port on that host.
    pub port: u16,
    /// The local end of a tunnel to it, such as `127.0.0.1:5432`; `None` if it is reached directly.
    pub through: Option<String>,
}

/// A signal to another session of the server: cancel its statement, or terminate it.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    pub process: Process,
    /// Whether to terminate the session instead of only cancelling its statement.
    pub terminate: bool,
    /// The initial line for the audit file.
    pub record: Record,
    /// The location of the audit file.
    pub audit: AuditPlace,
}

/// The options of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunOptions {
    /// Values for `$1`, `$2` …
    pub bind: Option<Vec<String>>,
    /// The source of data for a `COPY … FROM STDIN`.
    pub data: Option<Data>,
    /// The destination and format of the result, if it is not kept for viewing.
    pub target: Option<(OutputTarget, Options)>,
    /// Whether only the result's columns are wanted, without running the statement.
    pub describe_only: bool,
}

/// The source of data for a `COPY … FROM STDIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// These lines.
    Lines(String),
    /// A local file.
    File(String),
    /// The output of a local shell command.
    Program(String),
}

/// The destination of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputTarget {
    /// A file, readable only by the user. An existing file is replaced once everything is written.
    File(String),
    /// The end of an existing file.
    Append(String),
    /// The standard input of a local shell command.
    Program(String),
    /// The running command that [`Ask::Program`] started under this number, and its command line.
    Kept(u64, String),
}

/// The user and database to connect as, if the user chose them instead of the environment's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectAs {
    /// The user. The environment's password is not used for a different user.
    pub user: Option<String>,
    pub database: Option<String>,
}

/// A question to a server or about a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Opens a session with the user and password of the opened environment, and reports its state until it is left. Leaving
    /// it closes the session; its results stay.
    Connect {
        /// The session's number, chosen anew by the caller each time.
        session: SessionId,
        /// The server to connect to.
        place: Place,
        /// The user and database, if they differ from the environment's.
        connect_as: ConnectAs,
        /// If set, transactions begin read-only; the reason for it.
        read_only: Option<String>,
    },
    /// Runs one statement, and reports its progress until it has ended.
    Run {
        /// The session to run it in.
        session: SessionId,
        /// The number of its first result. Further results of the statement count on from it (`\gexec` produces none here).
        result: ResultId,
        /// The statement, without psql commands.
        statement: String,
        /// The options of the statement.
        options: Box<RunOptions>,
    },
    /// Cancels the running statement of a session, with a request on a separate connection or from the catalogue session.
    Cancel {
        /// The session whose statement is cancelled.
        session: SessionId,
    },
    /// Terminates the server process of a session that does not react to a cancel.
    Terminate {
        /// The session whose process is terminated.
        session: SessionId,
    },
    /// Cancels or terminates another session of the server, from the second session. The audit file records it first.
    Signal {
        /// The session whose second session sends the signal.
        session: SessionId,
        order: Box<Signal>,
    },
    /// Reads consecutive rows of a result.
    Window {
        /// The result to read.
        result: ResultId,
        /// The first row, from 0.
        from: u64,
        /// Number of rows.
        count: u32,
    },
    /// Reads arbitrary rows of a result.
    Rows {
        /// The result to read.
        result: ResultId,
        /// The rows, from 0, in the order of the answer.
        rows: Vec<u64>,
        /// Values with more bytes are cut.
        most: usize,
    },
    /// Reads a value, or its beginning.
    Value {
        /// The result that contains the value.
        result: ResultId,
        /// The row, from 0.
        row: u64,
        /// The column, from 0.
        column: usize,
        /// Maximum number of bytes to read.
        most: u64,
    },
    /// Writes a whole value to a new file, like [`Ask::Export`] does a result. A `bytea` is written as binary data.
    Save {
        /// The result that contains the value.
        result: ResultId,
        /// The row, from 0.
        row: u64,
        /// The column, from 0.
        column: usize,
        /// The file, which must not exist.
        path: String,
    },
    /// Writes rows of a result to a new file, and reports the progress. Leaving it stops it and removes the file.
    Export {
        /// The result to write.
        result: ResultId,
        /// The file, which must not exist.
        path: String,
        /// The format, with the table named in `INSERT`.
        options: Box<Options>,
        /// The columns, in output order.
        columns: Vec<usize>,
        /// The rows, in output order; `None` means all.
        rows: Option<Vec<u64>>,
    },
    /// Starts a local shell command. With `text` it reads that and ends; without, it reads the results sent to it
    /// ([`OutputTarget::Kept`]) until it is left, and is then waited for. Its output is returned at its end.
    Program {
        /// The number under which results are sent to it.
        number: u64,
        command: String,
        /// The command's standard input.
        text: Option<String>,
    },
    /// Discards a result and its disk space. If it is still being read, the statement is cancelled on the server.
    Close {
        /// The result to discard.
        result: ResultId,
    },
    /// Runs a statement in the second, read-only session: for catalogue, completion, activity. All rows are returned at once.
    Query {
        /// The session whose second session is used.
        session: SessionId,
        /// The purpose, which comes back with the answer.
        purpose: &'static str,
        statement: String,
    },
}

impl Ask {
    /// Returns the lifetime. A session and what runs in it stay while another environment is opened. When it ends for any
    /// reason, the running statement is cancelled on the server.
    pub fn lifetime(&self) -> Lifetime {
        match self {
            Self::Connect { .. } | Self::Program { text: None, .. } => Lifetime::Closing,
            Self::Run { .. }
            | Self::Cancel { .. }
            | Self::Terminate { .. }
            | Self::Signal { .. }
            | Self::Window { .. }
            | Self::Rows { .. }
            | Self::Value { .. }
            | Self::Save { .. }
            | Self::Export { .. }
            | Self::Program { text: Some(_), .. }
            | Self::Close { .. }
            | Self::Query { .. } => Lifetime::Session,
        }
    }

    /// Sessions and commands continue until they are left. A file is no longer written, and nothing looked up, once the
    /// question is left.
    pub fn goes_on(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Export { .. } | Self::Save { .. } | Self::Program { .. } | Self::Query { .. }
        )
    }
}

/// An answer about a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The session is open. Sent again after the server has changed (a failover).
    Connected(Box<Server>),
    /// The session's transaction state, whenever it changes.
    Transaction(Transaction),
    /// Whether `\` is an escape in plain strings from now on (`standard_conforming_strings`).
    Escapes(bool),
    /// A message from the server that does not end a statement.
    Notice(Box<ServerMessage>),
    /// A statement has a result with these columns.
    Begun {
        /// The number of the result.
        result: ResultId,
        columns: Vec<Column>,
    },
    /// A result has grown.
    Grown {
        /// The result.
        result: ResultId,
        /// Number of rows available.
        rows: u64,
        /// Number of bytes of these rows.
        bytes: u64,
    },
    /// A statement has ended.
    Ended {
        /// The statement's result, or the number it would have had.
        result: ResultId,
        /// How the statement ended.
        ended: Box<StatementOutcome>,
        /// The duration.
        took: Duration,
        /// If set, reading stopped at the storage limit: an explanation with advice.
        stopped: Option<String>,
    },
    /// Rows of a result.
    Window {
        /// The result of the rows.
        result: ResultId,
        /// The first row.
        from: u64,
        /// The rows; fewer than requested if no more are available yet.
        rows: Vec<Vec<Cell>>,
    },
    /// Individually requested rows, in the requested order, without those that do not exist.
    Rows {
        /// The result of the rows.
        result: ResultId,
        rows: Vec<Vec<Cell>>,
    },
    /// The beginning of a value, and its full length in bytes; `None` is NULL. Bytes that are not UTF-8 are U+FFFD.
    Value(Option<(String, u64)>),
    /// The progress of writing a result or a value to a file.
    Exported {
        rows: u64,
        /// Bytes in the file.
        bytes: u64,
    },
    /// Success, without a message.
    Done,
    /// A command has ended, with this output.
    ProgramOutput(String),
    /// All rows of a statement in the second session.
    QueryRows {
        /// The purpose given with the question.
        purpose: &'static str,
        columns: Vec<Column>,
        /// The rows; `None` is NULL.
        rows: Vec<Vec<Option<String>>>,
    },
}
