//! The actions that the interpreter asks for, and their answers. Nothing is run here.

use crate::sql::describe::Looked;
use crate::sql::format::Options;
use crate::sql::scan::Open;
use crate::sql::sheet::Sheet;
use crate::sql::{Column, ServerMessage, Transaction};

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Target {
    /// Where results go: standard output, or what `\o` named.
    #[default]
    Results,
    /// Standard output, whatever `\o` named.
    Output,
    /// Standard error.
    Errors,
    File(String),
    /// A command that reads it.
    Pipe(String),
}

/// Which way the data of a `COPY` go on this side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer {
    /// The lines that follow in the text that is run, up to `\.`: [`super::Interpreter::data`] has them.
    Following,
    /// This process's own standard input or output.
    Standard,
    /// Where results go.
    Results,
    File(String),
    /// A command.
    Program(String),
}

/// A statement that is to be run in the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The statement, without psql's commands and its `;`.
    pub statement: String,
    /// Values for `$1`, `$2` …; none is that it is sent as it is.
    pub bind: Option<Vec<String>>,
    /// Where its data come from or go, where it is a `COPY`.
    pub copy: Option<Peer>,
    /// Where its result goes.
    pub target: Target,
    /// The format in which it is printed.
    pub options: Options,
    /// The use of its rows.
    pub rows: Rows,
    /// It is the interpreter's own (`BEGIN`, a savepoint): only its failure is told.
    pub hidden: bool,
    /// It is to be shown before it runs (`ECHO`).
    pub echo: bool,
    /// In which line of the text it begins, from 1.
    pub line: usize,
    /// The file whose line it is; none is what was typed or came by standard input.
    pub file: Option<String>,
    /// So many statements it has (`\;`): rows that are kept are those of the last one.
    pub statements: usize,
    /// It is run again and again, with so many milliseconds between (`\watch`).
    pub every: Option<u64>,
}

/// The use of the rows of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// They are printed.
    Print,
    /// They come back with the answer, at most so many, and are not printed.
    Keep(usize),
    /// It is not run: only its columns come back.
    Describe,
}

/// The next action for the caller.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Run it; answer with [`Answer::Ran`].
    Run(Box<Run>),
    /// Read from the catalogue: all rows are wanted; answer with [`Answer::Rows`]. `shown` is `ECHO_HIDDEN`.
    Look {
        statement: String,
        /// It is to be shown.
        shown: bool,
    },
    /// Print a text. No answer is waited for.
    Print {
        /// The text, with the ends of its lines.
        text: String,
        /// Where to.
        target: Target,
    },
    /// Print a table. No answer is waited for.
    Show {
        /// The table.
        sheet: Box<Sheet>,
        /// How.
        options: Box<Options>,
    },
    /// A command of psql failed, in psql's words. No answer is waited for.
    Fail {
        /// Why.
        message: String,
        /// In which line of the text, from 1.
        line: usize,
        /// The file whose line it is; none is what was typed or came by standard input.
        file: Option<String>,
    },
    /// Results go there from now on. Answer with [`Answer::Done`].
    Output(Target),
    /// Run a file: answer with its text ([`Answer::Text`]), or with [`Answer::Opened`] and give it piece by piece.
    Read {
        /// Its name.
        path: String,
    },
    /// Write a text to a file or a command. Answer with [`Answer::Done`].
    Write {
        text: String,
        /// Where to.
        target: Target,
    },
    /// Run a command in a shell and answer with what it wrote, without the last end of a line: [`Answer::Text`].
    Shell {
        /// The command; empty is a shell for the person.
        command: String,
        /// Its output is the answer; otherwise it goes to the terminal, and the answer's text is empty.
        captured: bool,
    },
    /// Open an editor and answer with [`Answer::Text`].
    Edit {
        /// The text that is edited.
        what: Edited,
        /// The line to begin with, from 1.
        line: Option<usize>,
    },
    /// Show the history, or write it to a file. Answer with [`Answer::Done`].
    History(Option<String>),
    /// Ask the person for a text: [`Answer::Text`].
    Ask(String),
    /// The value of an environment variable: [`Answer::Text`]; where there is none [`Answer::Done`], which sets nothing.
    Environment(String),
    /// Look for files there: [`Answer::Done`].
    Folder(Option<String>),
    /// Connect anew, with what is given: [`Answer::Done`]. Empty parts are as they are now.
    Connect(Connection),
    /// Wait so many milliseconds, for `\watch`: [`Answer::Done`]. An error is that the person ended it.
    Wait(u64),
    /// The text is at its end: [`super::Interpreter::feed`] more, or end it. The prompt shows why a statement is not over.
    More(Open),
    /// It is over. The code is that of psql: 0, or 3 after an error where those stop.
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

/// The kind of text that is edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// A text, which is run when it comes back.
    Text(String),
    /// A file, whose text is run.
    File(String),
}

/// How a statement went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    /// The failure, where it failed.
    pub failed: Option<ServerMessage>,
    /// The server's word for its end: `SELECT 3`.
    pub tag: String,
    pub columns: Vec<Column>,
    /// The rows that were to be kept.
    pub rows: Vec<Vec<Option<String>>>,
    /// How many rows there were, or were changed.
    pub count: u64,
    /// The state of the session after it.
    pub transaction: Transaction,
}

/// The outcome of an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Of [`Action::Run`].
    Ran(Box<Ran>),
    /// Of [`Action::Look`]: the rows, or why not.
    Rows(Result<Looked, Box<ServerMessage>>),
    /// A text, or why there is none, in words.
    Text(Result<String, String>),
    /// A file is open: [`super::Interpreter::feed_file`] has its text.
    Opened,
    /// It is done, or why not, in words.
    Done(Result<(), String>),
}
