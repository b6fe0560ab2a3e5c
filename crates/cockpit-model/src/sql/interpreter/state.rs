//! The interpreter's state and its two entry points: the next action, and its answer.

use super::action::{Action, Answer, Rows, Run, Target};
use super::arguments::Arguments;
use super::halt::Halt;
use crate::sql::describe::Describe;
use crate::sql::format::Options;
use crate::sql::statement_end::{Open, Scan};
use crate::sql::variables::Variables;
use crate::sql::{Server, ServerMessage, Transaction};
use std::collections::VecDeque;

/// Whether a person is using the interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// No: an incomplete statement at the end of a text is run, and `ON_ERROR_STOP` ends the script.
    Script,
    /// Yes: an error ends the running files, but not the session.
    Interactive,
}

/// The origin of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Line-by-line input, which may contain the data of a `COPY`.
    Input,
    /// `-c`, or the editor: the text is complete, and `COPY` reads standard input.
    Command,
    /// A file, by name.
    File(String),
}

/// A running text.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub origin: Origin,
    /// The variable whose value it is.
    pub variable: Option<String>,
    pub text: String,
    /// Number of bytes processed.
    pub at: usize,
    /// Whether the text is complete.
    pub ended: bool,
    /// Whether it came from an editor, so that an incomplete statement at its end waits for more input.
    pub edited: bool,
    /// Whether it is an included file that arrives in pieces.
    pub opened: bool,
    /// The state of the including text.
    pub outer: Option<Box<Outer>>,
    /// The current line, from 1.
    pub line: usize,
    pub branches: Vec<Branch>,
}

/// The statement that includes a file, and the one before it.
#[derive(Debug, Clone)]
pub(super) struct Outer {
    pub buffer: String,
    pub begun: usize,
    pub scan: Scan,
    pub previous: String,
}

/// An open `\if`.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// Whether statements in the current branch are run.
    pub active: bool,
    /// Whether a branch has already been active, or none may be.
    pub taken: bool,
    /// Whether `\else` was read.
    pub last: bool,
    /// The statement's state at the beginning of the branch.
    pub scan: Scan,
    pub buffer: String,
}

/// The use of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Use {
    Show,
    Gset(String),
    Gexec,
    Gdesc,
    Crosstab(Vec<String>),
    Watch(Watch),
}

/// The parameters of a `\watch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watch {
    pub milliseconds: u64,
    pub left: Option<u64>,
    /// Ends when there are fewer rows than this.
    pub least: u64,
}

/// A statement being run.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub run: Box<Run>,
    pub used: Use,
    pub savepoint: bool,
}

/// A definition being looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Routine {
    pub name: String,
    pub view: bool,
    pub edited: bool,
    pub numbered: bool,
    pub line: Option<usize>,
}

/// The expected answer.
#[derive(Debug, Clone)]
pub(super) enum Waiting {
    Nothing,
    Statement(Box<Sent>),
    /// `BEGIN` or a savepoint before a statement. If it fails, the statement is not run.
    Before,
    /// The end of a savepoint.
    After,
    Described(Box<Describe>),
    Routine(Routine),
    Included(String),
    Edited,
    Shell(String, Arguments),
    SetVariable(String),
    Simple,
    /// A `\watch` waits for its next run.
    Pause(Box<Sent>),
}

/// Interprets psql input from a person or a file.
#[derive(Debug, Clone)]
pub struct Interpreter {
    pub(super) mode: Mode,
    pub(super) variables: Variables,
    pub(super) options: Options,
    pub(super) timing: bool,
    pub(super) sources: Vec<Source>,
    /// The statement read so far, and the line where it begins.
    pub(super) buffer: String,
    pub(super) begun: usize,
    pub(super) scan: Scan,
    pub(super) previous: String,
    pub(super) transaction: Transaction,
    /// The savepoints of the transaction, in order.
    pub(super) savepoints: Vec<String>,
    pub(super) server: Server,
    pub(super) last_error: Option<(ServerMessage, String)>,
    pub(super) queue: VecDeque<(Action, Waiting)>,
    /// Statements from `\gexec` that have not begun. How each is sent depends on the outcome of those before it.
    pub(super) generated: VecDeque<String>,
    pub(super) waiting: Waiting,
    pub(super) bind: Option<Vec<String>>,
    pub(super) restricted: Option<String>,
    pub(super) quit: Option<u8>,
    /// Whether no more texts follow.
    pub(super) input_finished: bool,
    /// The exit code of the last text.
    pub(super) code: u8,
    /// Number of executed statements of the running text.
    pub(super) done: usize,
    /// How far a text came before an error stopped it.
    pub(super) halted: Option<Halt>,
}

impl Interpreter {
    /// Returns an interpreter with psql's defaults.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            variables: Variables::default(),
            options: Options::default(),
            timing: false,
            sources: Vec::new(),
            buffer: String::new(),
            begun: 1,
            scan: Scan::default(),
            previous: String::new(),
            transaction: Transaction::Idle,
            savepoints: Vec::new(),
            server: Server::default(),
            last_error: None,
            queue: VecDeque::new(),
            generated: VecDeque::new(),
            waiting: Waiting::Nothing,
            bind: None,
            restricted: None,
            quit: None,
            input_finished: false,
            code: 0,
            done: 0,
            halted: None,
        }
    }

    /// Returns the variables.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// Returns the variables for changes.
    pub fn variables_mut(&mut self) -> &mut Variables {
        &mut self.variables
    }

    /// Returns the output options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Returns the output options for changes.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Returns whether execution times are printed.
    pub fn is_timing(&self) -> bool {
        self.timing
    }

    /// Returns the transaction state.
    pub fn transaction(&self) -> Transaction {
        self.transaction
    }

    /// Returns the open savepoints of the transaction, in order.
    pub fn savepoints(&self) -> &[String] {
        &self.savepoints
    }

    /// Sets a transaction state that changed without a statement of ours, because the connection was lost.
    pub fn set_transaction(&mut self, transaction: Transaction) {
        self.transaction = transaction;
        if transaction == Transaction::Idle {
            self.savepoints.clear();
        }
    }

    /// Queues a whole text after the existing ones.
    pub fn run(&mut self, text: &str, origin: Origin) {
        if self.sources.is_empty() && self.mode == Mode::Interactive {
            self.done = 0;
            self.halted = None;
        }
        self.sources.insert(0, Source::new(text.to_owned(), origin, true));
    }

    /// Adds line-by-line input from this origin.
    pub fn feed(&mut self, text: &str, origin: &Origin) {
        match self.sources.first_mut().filter(|source| source.origin == *origin && !source.ended) {
            Some(source) => {
                source.text.drain(..source.at);
                source.at = 0;
                source.text.push_str(text);
            }
            None => self.sources.insert(0, Source::new(text.to_owned(), origin.clone(), false)),
        }
    }

    /// Signals the end of input: what is left is run, then the interpreter quits.
    pub fn finish(&mut self) {
        for source in &mut self.sources {
            source.ended = true;
        }
        self.input_finished = true;
    }

    /// Discards what was read but not run, as Ctrl-C does.
    pub fn clear(&mut self) {
        self.sources.clear();
        self.queue.clear();
        self.generated.clear();
        self.waiting = Waiting::Nothing;
        self.reset_buffer();
    }

    /// Cancels a requested quit.
    pub fn cancel_quit(&mut self) {
        self.quit = None;
    }

    /// Returns why the statement is incomplete.
    pub fn open(&self) -> Open {
        self.scan.open()
    }

    /// Returns the next action. An action that needs an answer is returned once; until it is answered, only [`Action::NeedInput`]
    /// is returned again.
    pub fn step(&mut self) -> Action {
        loop {
            if let Some((action, waiting)) = self.queue.pop_front() {
                self.waiting = waiting;
                return action;
            }
            if let Some(code) = self.quit {
                return Action::Quit(code);
            }
            if !self.begin_generated() {
                self.advance();
            }
        }
    }

    /// Takes the outcome of the last action. An unexpected answer has no effect.
    pub fn answer(&mut self, answer: Answer) {
        let waiting = std::mem::replace(&mut self.waiting, Waiting::Nothing);
        match (waiting, answer) {
            (Waiting::Statement(sent), Answer::Ran(ran)) => self.ran(*sent, *ran),
            (Waiting::Before, Answer::Ran(ran)) => self.before_ran(*ran),
            (Waiting::After, Answer::Ran(ran)) => self.transaction = ran.transaction,
            (Waiting::Described(describe), Answer::Rows(rows)) => self.described(*describe, rows),
            (Waiting::Routine(routine), Answer::Rows(rows)) => self.routine_found(&routine, rows),
            (Waiting::Included(path), Answer::Text(text)) => self.included(path, text),
            (Waiting::Included(path), Answer::Opened) => self.begin_file(path),
            (Waiting::Edited, Answer::Text(text)) => self.edited(text),
            (Waiting::Shell(name, mut arguments), Answer::Text(text)) => match text {
                Ok(text) => {
                    arguments.fill(&text);
                    self.with_arguments(&name, arguments);
                }
                Err(why) => {
                    self.fail(why);
                    // As in psql, a condition that cannot be evaluated is false.
                    if matches!(name.as_str(), "if" | "elif") && !self.sources.is_empty() {
                        self.condition(&name, "false");
                    }
                }
            },
            (Waiting::SetVariable(name), Answer::Text(text)) => match text {
                Ok(text) => self.set(&name, &text),
                Err(why) => self.fail(why),
            },
            // An unset environment variable sets nothing, as in psql's `\getenv`.
            (Waiting::SetVariable(_) | Waiting::Simple, Answer::Done(done)) => {
                if let Err(why) = done {
                    self.fail(why);
                }
            }
            (Waiting::Simple, Answer::Text(text)) => {
                if let Err(why) = text {
                    self.fail(why);
                }
            }
            (Waiting::Pause(sent), Answer::Done(done)) => {
                if done.is_ok() {
                    self.queue.push_back((Action::Run(sent.run.clone()), Waiting::Statement(sent)));
                }
            }
            (waiting, _) => self.waiting = waiting,
        }
    }

    pub(super) fn enqueue(&mut self, action: Action, waiting: Waiting) {
        self.queue.push_back((action, waiting));
    }

    pub(super) fn print(&mut self, text: impl Into<String>, target: Target) {
        self.enqueue(Action::Print { text: text.into(), target }, Waiting::Nothing);
    }

    /// Prints a confirmation, unless `QUIET` is on.
    pub(super) fn confirm(&mut self, text: &str) {
        if !self.variables.is_on("QUIET") {
            self.print(format!("{text}\n"), Target::Output);
        }
    }

    pub(super) fn line(&self) -> usize {
        self.sources.iter().rev().find(|source| source.variable.is_none()).map_or(1, |source| source.line)
    }

    /// Reports that a psql command failed.
    pub(super) fn fail(&mut self, message: impl Into<String>) {
        let line = self.line();
        let file = self.file_name();
        let message = message.into();
        self.enqueue(Action::Fail { message: message.clone(), line, file }, Waiting::Nothing);
        self.halt_with(message);
    }

    /// Stops after an error if `ON_ERROR_STOP` is on: a script ends, and so do a person's running files.
    pub(super) fn stop(&mut self) {
        if self.sources.first().is_some_and(|source| source.origin == Origin::Command) {
            self.code = 1;
        }
        if !self.variables.is_on("ON_ERROR_STOP") {
            return;
        }
        self.queue.retain(|(_, waiting)| matches!(waiting, Waiting::Nothing | Waiting::After));
        self.generated.clear();
        let halt = self.halt();
        self.halted.get_or_insert(halt);
        match self.mode {
            Mode::Script => {
                self.quit = Some(if self.code == 0 { 3 } else { self.code });
                self.sources.clear();
            }
            Mode::Interactive => {
                self.sources.clear();
                self.reset_buffer();
            }
        }
    }

    pub(super) fn reset_buffer(&mut self) {
        self.buffer.clear();
        self.scan = Scan::default();
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        if let Err(why) = self.variables.set(name, value) {
            self.fail(why);
        }
    }

    /// Returns an implicit statement of ours, which is not reported.
    pub(super) fn hidden(&self, statement: &str) -> Action {
        Action::Run(Box::new(Run {
            statement: statement.into(),
            bind: None,
            copy: None,
            target: Target::Results,
            options: self.options.clone(),
            rows: Rows::Print,
            hidden: true,
            echo: false,
            line: self.begun,
            file: self.file_name(),
            statements: 1,
            every: None,
        }))
    }
}
