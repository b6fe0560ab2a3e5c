//! The statement that runs, and what the interpreter waits for.

use super::sequence::Script;
use crate::model::sql::interpreter::{Ran, Run};
use crate::model::sql::{Cell, Column, Ended, ResultId};
use jiff::Timestamp;

/// A statement that runs, or several that are sent as one text (`\;`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The number of its first result.
    pub result: ResultId,
    /// The number of its question.
    pub serial: u64,
    /// The text that was sent.
    pub statement: String,
    /// Where its results are seen.
    pub seen: Seen,
    pub since: Timestamp,
    /// When it was asked to stop.
    pub cancelled: Option<Timestamp>,
    /// Whether ending the server's process was offered.
    pub offered: bool,
    /// The end as far as it is known: of the first of its statements that was not carried out, else of the last one.
    pub ended: Option<Ended>,
    /// Reading was stopped at a limit, in words.
    pub stopped: Option<String>,
    /// The result of its statement that has ended last.
    pub last: Option<ResultId>,
    /// The rows that came last.
    pub read: Option<Read>,
    /// Results before this one were committed by one of its statements.
    pub kept: ResultId,
    /// Whether something was created, altered or dropped.
    pub altered: bool,
}

/// Where the results of a statement are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Each has a tab.
    Tabs,
    /// None has one: who asked gets its rows.
    Nowhere,
    /// Their tab was closed: nobody wants them.
    Closed,
}

/// Rows of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub result: ResultId,
    pub columns: Vec<Column>,
    /// How many there are so far.
    pub rows: u64,
}

impl Running {
    /// One that begins.
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

    /// One of its statements has ended.
    pub fn ends(&mut self, result: ResultId, how: &Ended) {
        self.last = Some(result);
        if let Ended::Done(tag) = how {
            self.altered |= ["CREATE", "ALTER", "DROP"].iter().any(|word| tag.starts_with(word));
            if tag == "COMMIT" || tag == "PREPARE TRANSACTION" {
                self.kept = ResultId(result.0 + 1);
            }
        }
        if matches!(self.ended, None | Some(Ended::Done(_))) {
            self.ended = Some(how.clone());
        }
    }

    /// The rows of its last statement; none where it has no columns.
    pub fn of_last(&self) -> Option<&Read> {
        self.read.as_ref().filter(|read| self.last == Some(read.result))
    }
}

/// The answer that the interpreter waits for.
#[derive(Debug, Clone, PartialEq)]
pub enum Pending {
    /// Whether this is run: a window asks.
    Asked(Box<Run>),
    /// The end of what runs.
    Run(Box<Run>),
    /// The end of what is looked up in the session.
    Look,
    /// The end of one of several statements that belong together.
    Script(Box<Script>),
    /// Rows of what ran.
    Rows(Box<Gathered>),
    /// The text of a file, under this number.
    File(u64),
    /// A file that results go to from now on, under this number.
    Output(u64, String),
    /// The folder that files are looked for in from now on, under this number.
    Folder(u64),
    /// A line that is typed for a variable.
    Typed,
    /// A time, for `\watch`.
    Wait(Timestamp),
    /// A command of this machine, under this number.
    Program {
        /// The number of its question.
        serial: u64,
        command: String,
        purpose: CommandUse,
    },
}

/// Rows that the interpreter wants, as far as they have come.
#[derive(Debug, Clone, PartialEq)]
pub struct Gathered {
    /// The number of the question.
    pub serial: u64,
    pub result: ResultId,
    /// Whether it was looked up: its rows are wanted for nothing else.
    pub looked: bool,
    /// The statement's outcome.
    pub ran: Box<Ran>,
    /// How many rows are wanted.
    pub count: u32,
    pub rows: Vec<Vec<Cell>>,
    /// Those of them that are asked for again, as a value of theirs was cut.
    pub cut: Vec<u64>,
}

/// The use of a command of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandUse {
    /// Results go to it from now on (`\o |COMMAND`).
    Results,
    /// It reads this text (`\w |COMMAND`), or none (`\!`); what it says is shown.
    Reads(String),
    /// Its output is put into a command (backticks).
    Captured,
}
