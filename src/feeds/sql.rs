//! The feed of SQL: sessions on a PostgreSQL server, what is run in them, and windows on results that may be larger than
//! memory. A session lives as long as its [`Ask::Connect`]; what is done in it names it by its number. A result is its own: it
//! stays until it is closed, whatever becomes of the session that it came from.

use super::lifetime::Lifetime;
use super::runs::Place as AuditPlace;
use crate::model::audit::Record;
use crate::model::sql::format::Options;
use crate::model::sql::process::Process;
use crate::model::sql::{Cell, Column, Ended, ResultId, Server, ServerMessage, SessionId, Transaction};
use std::time::Duration;

/// Where a server is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Its real name, which its certificate has.
    pub host: String,
    /// Its port there.
    pub port: u16,
    /// The local end of a tunnel to it, as `127.0.0.1:5432`; none where it is reached directly.
    pub through: Option<String>,
}

/// A signal to somebody else's session of the server: cancel its statement, or end it.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    pub process: Process,
    /// It is ended, not only what it does cancelled.
    pub terminate: bool,
    /// The line of the audit file that it begins with.
    pub record: Record,
    /// Which audit file.
    pub audit: AuditPlace,
}

/// The settings of a statement beside its text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Beside {
    /// Values for `$1`, `$2` …
    pub bind: Option<Vec<String>>,
    /// Where the data of a `COPY … FROM STDIN` come from.
    pub data: Option<Data>,
    /// Where its result goes, instead of being kept to be looked at; with the form it has there.
    pub outlet: Option<(Outlet, Options)>,
    /// It is not run: only its columns are reported, as for a result without rows.
    pub describes: bool,
}

/// Where the data of a `COPY … FROM STDIN` come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// These lines.
    Lines(String),
    /// A file of this machine.
    File(String),
    /// The output of a command of this machine's shell.
    Program(String),
}

/// Where a result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlet {
    /// A file, which nobody else may read. One that is there is replaced once all of it is written.
    File(String),
    /// The end of a file.
    Append(String),
    /// A command of this machine's shell, which reads it.
    Program(String),
    /// The command that [`Ask::Program`] keeps under this number; with how it was typed.
    Kept(u64, String),
}

/// The user and database to connect as, where a person named them instead of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// The user. The password of another one is not used for it.
    pub user: Option<String>,
    pub database: Option<String>,
}

/// A question to a server, or about a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Opens a session with the user and the password that the opened environment names, and tells how it stands until it is
    /// left. Leaving it closes it; its results stay.
    Connect {
        /// Its number, which whoever asks chooses anew each time.
        session: SessionId,
        /// The server to connect to.
        place: Place,
        /// The user and database, where they are not those of the environment.
        who: Who,
        /// Transactions begin as read-only ones, and why, in words.
        read_only: Option<String>,
    },
    /// Runs one statement, and tells of it until it has ended.
    Run {
        /// The session to run it in.
        session: SessionId,
        /// The number of its first result; a statement with several (`\gexec` has none here) counts on from there.
        result: ResultId,
        /// The statement, without psql's commands in it.
        statement: String,
        /// The settings of the statement beside its text.
        beside: Box<Beside>,
    },
    /// Cancels what runs in a session: with a request on a connection of its own, or from the session for the catalogue.
    Cancel {
        /// The session whose statement is cancelled.
        session: SessionId,
    },
    /// Ends the server's process of a session that does not listen to a cancel.
    Terminate {
        /// The session whose process is ended.
        session: SessionId,
    },
    /// Cancels what another session of the server does, or ends it, from the second session. It is written down before.
    Signal {
        /// The session beside whose second session this is sent.
        session: SessionId,
        order: Box<Signal>,
    },
    /// Rows of a result.
    Window {
        /// The result whose rows are read.
        result: ResultId,
        /// From this row on, from 0.
        from: u64,
        /// So many.
        count: u32,
    },
    /// Rows of a result that lie anywhere in it.
    Rows {
        /// The result whose rows are read.
        result: ResultId,
        /// Which, from 0, in the order in which they are wanted.
        rows: Vec<u64>,
        /// A value with more bytes is cut.
        most: usize,
    },
    /// A value, or the beginning of it.
    Value {
        /// The result that the value is in.
        result: ResultId,
        /// The row, from 0.
        row: u64,
        /// The column, from 0.
        column: usize,
        /// The most bytes of it to read.
        most: u64,
    },
    /// Writes a value whole to a new file, as [`Ask::Export`] does a result; bytes (`bytea`) as what they are.
    Save {
        /// The result that the value is in.
        result: ResultId,
        /// The row, from 0.
        row: u64,
        /// The column, from 0.
        column: usize,
        /// The file, which must not be there yet.
        path: String,
    },
    /// Writes rows of a result to a new file, and tells how far it is. Leaving it ends it, and takes the file away.
    Export {
        /// The result that is written.
        result: ResultId,
        /// The file, which must not be there yet.
        path: String,
        /// In which form, with the table that `INSERT` names.
        options: Box<Options>,
        /// Which columns, in which order.
        columns: Vec<usize>,
        /// Which rows, in which order; none is all of them.
        rows: Option<Vec<u64>>,
    },
    /// Starts a command of this machine's shell. It reads `text` and ends; without one it reads the results that are sent to it
    /// ([`Outlet::Kept`]) until it is left, and is then waited for. What it says comes at its end.
    Program {
        /// The number that results are sent to it under.
        number: u64,
        command: String,
        /// The command's standard input.
        text: Option<String>,
    },
    /// Forgets a result, and what it takes on the disk. One that is still read is cancelled at the server.
    Close {
        /// The result to forget.
        result: ResultId,
    },
    /// Runs a statement in the second session, which reads only: catalogue, completion, activity. All rows come at once.
    Look {
        /// Beside which session.
        session: SessionId,
        /// The purpose, which comes back with the answer.
        purpose: &'static str,
        statement: String,
    },
}

impl Ask {
    /// A session stays open while another environment is looked at, and so does what runs in it. Whatever ends it, what runs
    /// is cancelled at the server.
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
            | Self::Look { .. } => Lifetime::Session,
        }
    }

    /// A session goes on until it is left, and so does a command; a file is no longer written once nobody wants it, and nothing
    /// looked up.
    pub fn goes_on(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Export { .. } | Self::Save { .. } | Self::Program { .. } | Self::Look { .. }
        )
    }
}

/// An answer about a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The session is open; again after something about the server changed (a failover).
    Connected(Box<Server>),
    /// The session's transaction, whenever it changes.
    Transaction(Transaction),
    /// `\` in a text is an escape from now on, or is none any more (`standard_conforming_strings`).
    Escapes(bool),
    /// The server said something that belongs to no statement's end.
    Notice(Box<ServerMessage>),
    /// A statement has a result with these columns.
    Begun {
        /// Its number.
        result: ResultId,
        columns: Vec<Column>,
    },
    /// A result has grown.
    Grown {
        /// The result that has grown.
        result: ResultId,
        /// The number of rows that can be looked at.
        rows: u64,
        /// The number of bytes of these rows.
        bytes: u64,
    },
    /// A statement has ended.
    Ended {
        /// Its result, or the number that it would have had.
        result: ResultId,
        /// The statement's end.
        ended: Box<Ended>,
        /// How long it took.
        took: Duration,
        /// Reading was stopped at the limit of what may be kept, in words with what to do.
        stopped: Option<String>,
    },
    /// Rows of a result.
    Window {
        /// The result that the rows are of.
        result: ResultId,
        /// From this row on.
        from: u64,
        /// The rows; fewer than asked for where there are no more yet.
        rows: Vec<Vec<Cell>>,
    },
    /// Rows that were asked for one by one, in the order in which they were wanted; fewer where there are no such ones.
    Rows {
        /// The result that the rows are of.
        result: ResultId,
        rows: Vec<Vec<Cell>>,
    },
    /// The beginning of a value, and how many bytes all of it has; none is NULL. Bytes that are not UTF-8 are U+FFFD.
    Value(Option<(String, u64)>),
    /// So much of a result, or of a value, is written to a file.
    Exported {
        rows: u64,
        /// Bytes of the file.
        bytes: u64,
    },
    /// It was done, and there is nothing to say.
    Done,
    /// A command has ended, and said this.
    Said(String),
    /// All rows of a statement of the second session.
    Looked {
        /// The purpose that was asked with.
        purpose: &'static str,
        columns: Vec<Column>,
        /// Its rows; none is NULL.
        rows: Vec<Vec<Option<String>>>,
    },
}
