//! The running statement, and what the interpreter waits for.

use super::sequence::Script;
use crate::model::sql::interpreter::{Ran, Run};
use crate::model::sql::{Cell, Column, ResultId, StatementOutcome};
use jiff::Timestamp;

/// A running statement, or several sent as one text (`\;`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The number of its first result.
    pub result: ResultId,
    /// Serial number of its request.
    pub serial: u64,
    /// The text that was sent.
    pub statement: String,
    /// Where its results are shown.
    pub seen: Seen,
    pub since: Timestamp,
    /// When it was cancelled.
    pub cancelled: Option<Timestamp>,
    /// Whether terminating the server's process was offered.
    pub offered: bool,
    /// Its end so far: that of the first statement that failed, or else of the last one.
    pub ended: Option<StatementOutcome>,
    /// Why reading stopped at a limit.
    pub stopped: Option<String>,
    /// The result of the statement that ended last.
    pub last: Option<ResultId>,
    /// The rows that arrived last.
    pub read: Option<Read>,
    /// Results before this one were committed by one of its statements.
    pub kept: ResultId,
    /// Whether something was created, altered or dropped.
    pub altered: bool,
}

/// Where the results of a statement are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Each result has a tab.
    Tabs,
    /// Results have no tab; their rows go to whoever requested them.
    Nowhere,
    /// The tab was closed, so the results are not needed.
    Closed,
}

/// The rows of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub result: ResultId,
    pub columns: Vec<Column>,
    /// Number of rows so far.
    pub rows: u64,
}

impl Running {
    /// A statement that starts.
    pub fn new(result: ResultId, serial: u64, statement: String, seen: Seen, since: Timestamp) -> Self {
        Self {
            result,
            serial,
            statement,
            seen,
            since,
            cancelled: None,
            offered: false,
            ended: None,
            stopped: None,
            last: None,
            read: None,
            kept: result,
            altered: false,
        }
    }

    /// Records the end of one of its statements.
    pub fn ends(&mut self, result: ResultId, how: &StatementOutcome) {
        self.last = Some(result);
        if let StatementOutcome::Done(tag) = how {
            self.altered |= ["CREATE", "ALTER", "DROP"].iter().any(|word| tag.starts_with(word));
            if tag == "COMMIT" || tag == "PREPARE TRANSACTION" {
                self.kept = ResultId(result.0 + 1);
            }
        }
        if matches!(self.ended, None | Some(StatementOutcome::Done(_))) {
            self.ended = Some(how.clone());
        }
    }

    /// The rows of its last statement; `None` if that has no columns.
    pub fn of_last(&self) -> Option<&Read> {
        self.read.as_ref().filter(|read| self.last == Some(read.result))
    }
}

/// What the interpreter waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Pending {
    /// The confirmation for a statement.
    Asked(Box<Run>),
    /// The end of the running statement.
    Run(Box<Run>),
    /// The end of a look-up in the session.
    Look,
    /// The end of one statement of a sequence.
    Script(Box<Script>),
    /// The rows of a finished statement.
    Rows(Box<Gathered>),
    /// The text of a file; the number is the request's serial.
    File(u64),
    /// A file that receives further results; the number is the request's serial.
    Output(u64, String),
    /// The new working folder for files; the number is the request's serial.
    Folder(u64),
    /// A line typed for a variable.
    Typed,
    /// A time, for `\watch`.
    Wait(Timestamp),
    /// A command on this machine.
    Program {
        /// Serial number of its request.
        serial: u64,
        command: String,
        purpose: CommandUse,
    },
}

/// Rows that the interpreter needs, as far as they have arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered {
    /// Serial number of the request.
    pub serial: u64,
    pub result: ResultId,
    /// Whether it was a look-up, whose rows serve no other purpose.
    pub looked: bool,
    /// The statement's outcome.
    pub ran: Box<Ran>,
    /// Number of rows needed.
    pub count: u32,
    pub rows: Vec<Vec<Cell>>,
    /// Rows requested again because they have truncated values.
    pub cut: Vec<u64>,
}

/// The use of a command on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandUse {
    /// Receives further results (`\o |COMMAND`).
    Results,
    /// Reads this text (`\w |COMMAND`), or nothing (`\!`); its output is shown.
    Reads(String),
    /// Its output is inserted into a command (backticks).
    Captured,
}
