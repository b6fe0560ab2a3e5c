//! The actions that the interpreter requests, and their answers. Nothing is run here.

use crate::sql::describe::QueryResult;
use crate::sql::format::Options;
use crate::sql::small_table::Sheet;
use crate::sql::statement_end::Open;
use crate::sql::{Column, ServerMessage, Transaction};

/// The destination of output.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// The current output for results: standard output, or what `\o` set.
    #[default]
    Results,
    /// Standard output, regardless of `\o`.
    Output,
    /// Standard error.
    Errors,
    File(String),
    /// The standard input of a command.
    Pipe(String),
}

/// The source or destination of a `COPY`'s data on the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// The lines that follow in the running text, up to `\.`; [`super::Interpreter::data`] returns them.
    Following,
    /// This process's own standard input or output.
    Standard,
    /// The current output for results.
    Results,
    File(String),
    /// A command.
    Program(String),
}

/// A statement to run in the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The statement, without psql commands and the final `;`.
    pub statement: String,
    /// Values for `$1`, `$2` …; `None` sends the statement with the simple protocol.
    pub bind: Option<Vec<String>>,
    /// The source or destination of its data, if it is a `COPY`.
    pub copy: Option<Peer>,
    /// The destination of its result.
    pub target: Target,
    /// The output format.
    pub options: Options,
    /// The use of its rows.
    pub rows: Rows,
    /// Whether it is the interpreter's own (`BEGIN`, a savepoint), of which only a failure is reported.
    pub hidden: bool,
    /// Whether to show it before it runs (`ECHO`).
    pub echo: bool,
    /// The line of the text in which it begins, from 1.
    pub line: usize,
    /// The file that contains this line; `None` for typed text and standard input.
    pub file: Option<String>,
    /// Number of statements in it (`\;`). Rows to keep are those of the last one.
    pub statements: usize,
    /// Milliseconds between repeated runs (`\watch`).
    pub every: Option<u64>,
}

/// The use of the rows of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Print them.
    Print,
    /// Return this number of rows at most with the answer, without printing them.
    Keep(usize),
    /// Do not run the statement: return only its columns.
    Describe,
}

/// The next action for the caller.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Run a statement; answer with [`Answer::Ran`].
    Run(Box<Run>),
    /// Query the catalogue and read all rows; answer with [`Answer::Rows`].
    Query {
        statement: String,
        /// Whether to show the query (`ECHO_HIDDEN`).
        shown: bool,
    },
    /// Print a text. Needs no answer.
    Print {
        /// The text, including its line ends.
        text: String,
        /// The destination.
        target: Target,
    },
    /// Print a table. Needs no answer.
    Show {
        /// The table.
        sheet: Box<Sheet>,
        /// The output options.
        options: Box<Options>,
    },
    /// A psql command failed; the message is psql's. Needs no answer.
    Fail {
        /// The reason.
        message: String,
        /// The line of the text, from 1.
        line: usize,
        /// The file that contains this line; `None` for typed text and standard input.
        file: Option<String>,
    },
    /// Redirect the output of results. Answer with [`Answer::Done`].
    Output(Target),
    /// Read a file: answer with its whole text ([`Answer::Text`]), or with [`Answer::Opened`] and feed it in pieces.
    Read {
        /// The file name.
        path: String,
    },
    /// Write a text to a file or a command. Answer with [`Answer::Done`].
    Write {
        text: String,
        /// The destination.
        target: Target,
    },
    /// Run a command in a shell; answer with its output, without the last line end: [`Answer::Text`].
    Shell {
        /// The command; empty starts an interactive shell.
        command: String,
        /// Whether the output is the answer. Otherwise it goes to the terminal, and the answer's text is empty.
        captured: bool,
    },
    /// Open an editor; answer with [`Answer::Text`].
    Edit {
        /// The text to edit.
        what: Edited,
        /// The line to start at, from 1.
        line: Option<usize>,
    },
    /// Show the history, or write it to a file. Answer with [`Answer::Done`].
    History(Option<String>),
    /// Prompt the user for a text; answer with [`Answer::Text`].
    Prompt(String),
    /// Read an environment variable; answer with [`Answer::Text`], or with [`Answer::Done`] if it is unset, which sets
    /// nothing.
    Environment(String),
    /// Change the folder for relative file names; answer with [`Answer::Done`].
    Folder(Option<String>),
    /// Reconnect with these parameters; answer with [`Answer::Done`]. Missing parts keep their current values.
    Connect(Connection),
    /// Wait this number of milliseconds, for `\watch`; answer with [`Answer::Done`]. An error means that the user ended the
    /// wait.
    Wait(u64),
    /// The text is used up: [`super::Interpreter::feed`] more, or finish. The value is why a statement is incomplete, for the
    /// prompt.
    NeedInput(Open),
    /// The end, with psql's exit code: 0, or 3 after an error that stopped a script.
    Quit(u8),
}

/// The arguments of `\c`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Connection {
    /// The database, or a whole connection string.
    pub database: Option<String>,
    pub user: Option<String>,
    pub host: Option<String>,
    pub port: Option<String>,
}

/// What is edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// A text, which is run after editing.
    Text(String),
    /// A file, whose text is run after editing.
    File(String),
}

/// The result of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    /// The error, if it failed.
    pub failed: Option<ServerMessage>,
    /// The server's command tag: `SELECT 3`.
    pub tag: String,
    pub columns: Vec<Column>,
    /// The rows to keep.
    pub rows: Vec<Vec<Option<String>>>,
    /// Number of rows returned or changed.
    pub count: u64,
    /// The state of the transaction afterwards.
    pub transaction: Transaction,
}

/// The outcome of an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The outcome of [`Action::Run`].
    Ran(Box<Ran>),
    /// The outcome of [`Action::Query`]: the rows, or the error.
    Rows(Result<QueryResult, Box<ServerMessage>>),
    /// A text, or the reason there is none.
    Text(Result<String, String>),
    /// The file is open; [`super::Interpreter::feed_file`] passes its text.
    Opened,
    /// Success, or the reason for failure.
    Done(Result<(), String>),
}
