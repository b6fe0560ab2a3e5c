//! The state of the interpreter, and its two entry points: the next action, and the answer to it.

use super::action::{Action, Answer, Rows, Run, Target};
use super::arguments::Arguments;
use super::halt::Halt;
use crate::sql::describe::Describe;
use crate::sql::format::Options;
use crate::sql::scan::{Open, Scan};
use crate::sql::variables::Variables;
use crate::sql::{Server, ServerMessage, Transaction};
use std::collections::VecDeque;

/// Whether a person is at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nobody: what is left at the end of a text is run, and `ON_ERROR_STOP` ends all of it.
    Script,
    /// Somebody: an error ends the files that are run, not the session.
    Interactive,
}

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Line by line; data of a `COPY` follow in it.
    Input,
    /// `-c`, or the editor: it is whole, and data of a `COPY` are standard input.
    Command,
    /// A file, by its name.
    File(String),
}

/// A text that is being run.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub origin: Origin,
    /// The variable whose value it is.
    pub variable: Option<String>,
    pub text: String,
    /// So much of it is done, in bytes.
    pub at: usize,
    /// No more of it comes.
    pub ended: bool,
    /// It came from an editor: what is left of it waits to be ended.
    pub edited: bool,
    /// It is a file that another text runs, and comes piece by piece.
    pub opened: bool,
    /// The state outside, where another text runs it.
    pub outer: Option<Box<Outer>>,
    /// The line that is at hand, from 1.
    pub line: usize,
    pub branches: Vec<Branch>,
}

/// The statement in which a file was named, and the one before it.
#[derive(Debug, Clone)]
pub(super) struct Outer {
    pub buffer: String,
    pub begun: usize,
    pub scan: Scan,
    pub previous: String,
}

/// A `\if` that is open.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// Whether statements here are carried out.
    pub active: bool,
    /// A branch of it was done, or none may be.
    pub taken: bool,
    /// `\else` was there.
    pub last: bool,
    /// How the statement stood at its beginning.
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

/// A `\watch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watch {
    pub milliseconds: u64,
    pub left: Option<u64>,
    /// It ends where there are fewer rows.
    pub least: u64,
}

/// A statement that is under way.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub run: Box<Run>,
    pub used: Use,
    pub savepoint: bool,
}

/// A definition that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Routine {
    pub name: String,
    pub view: bool,
    pub edited: bool,
    pub numbered: bool,
    pub line: Option<usize>,
}

/// The answer that is waited for.
#[derive(Debug, Clone)]
pub(super) enum Waiting {
    Nothing,
    Statement(Box<Sent>),
    /// `BEGIN` or a savepoint before a statement: where it fails the statement is not run.
    Before,
    /// A savepoint's end.
    After,
    Described(Box<Describe>),
    Routine(Routine),
    Included(String),
    Edited,
    Shell(String, Arguments),
    Asked(String),
    Simple,
    /// A `\watch` waits for its next time.
    Pause(Box<Sent>),
}

/// Interprets what a person or a file says to psql.
#[derive(Debug, Clone)]
pub struct Interpreter {
    pub(super) mode: Mode,
    pub(super) variables: Variables,
    pub(super) options: Options,
    pub(super) timing: bool,
    pub(super) sources: Vec<Source>,
    /// The statement as far as it was read, and the line where it began.
    pub(super) buffer: String,
    pub(super) begun: usize,
    pub(super) scan: Scan,
    pub(super) previous: String,
    pub(super) transaction: Transaction,
    /// Savepoints of the transaction, the last one last.
    pub(super) savepoints: Vec<String>,
    pub(super) server: Server,
    pub(super) last_error: Option<(ServerMessage, String)>,
    pub(super) queue: VecDeque<(Action, Waiting)>,
    /// Statements that `\gexec` has and that did not begin: how each is sent depends on what those before it did.
    pub(super) generated: VecDeque<String>,
    pub(super) waiting: Waiting,
    pub(super) bind: Option<Vec<String>>,
    pub(super) restricted: Option<String>,
    pub(super) quit: Option<u8>,
    /// No more texts come.
    pub(super) over: bool,
    /// The code of the last text.
    pub(super) code: u8,
    /// Statements of the text that is run that were carried out.
    pub(super) done: usize,
    /// How far a text came that a failure has ended.
    pub(super) halted: Option<Halt>,
}

impl Interpreter {
    /// An interpreter with psql's defaults.
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
            over: false,
            code: 0,
            done: 0,
            halted: None,
        }
    }

    /// The variables.
    pub fn variables(&self) -> &Variables {
        &self.variables
    }

    /// The variables, to be set.
    pub fn variables_mut(&mut self) -> &mut Variables {
        &mut self.variables
    }

    /// How results are printed.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// How results are printed, to be set.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Whether it is told how long statements take.
    pub fn is_timing(&self) -> bool {
        self.timing
    }

    /// The state of the session.
    pub fn transaction(&self) -> Transaction {
        self.transaction
    }

    /// Savepoints that were set in the transaction and are still there, the last one last.
    pub fn savepoints(&self) -> &[String] {
        &self.savepoints
    }

    /// The session's transaction changed without a statement of ours: it was lost.
    pub fn set_transaction(&mut self, transaction: Transaction) {
        self.transaction = transaction;
        if transaction == Transaction::Idle {
            self.savepoints.clear();
        }
    }

    /// A whole text that comes after those that are there.
    pub fn run(&mut self, text: &str, origin: Origin) {
        if self.sources.is_empty() && self.mode == Mode::Interactive {
            self.done = 0;
            self.halted = None;
        }
        self.sources.insert(0, Source::new(text.to_owned(), origin, true));
    }

    /// More of what comes line by line, from there.
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

    /// No more comes: what is there is run, and then it is over.
    pub fn finish(&mut self) {
        for source in &mut self.sources {
            source.ended = true;
        }
        self.over = true;
    }

    /// Throws away what was read and not run, as Ctrl-C does.
    pub fn clear(&mut self) {
        self.sources.clear();
        self.queue.clear();
        self.generated.clear();
        self.waiting = Waiting::Nothing;
        self.reset_buffer();
    }

    /// Takes back that it was to be quit.
    pub fn stay(&mut self) {
        self.quit = None;
    }

    /// Why the statement is not over.
    pub fn open(&self) -> Open {
        self.scan.open()
    }

    /// The next action. One that waits for an answer is given once; until then this says so again only for
    /// [`Action::More`].
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

    /// Takes the outcome of the last action. One that nobody waits for changes nothing.
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
                    // As psql: what cannot be found out is not so.
                    if matches!(name.as_str(), "if" | "elif") && !self.sources.is_empty() {
                        self.condition(&name, "false");
                    }
                }
            },
            (Waiting::Asked(name), Answer::Text(text)) => match text {
                Ok(text) => self.set(&name, &text),
                Err(why) => self.fail(why),
            },
            // There is nothing to set it to, as with `\getenv`.
            (Waiting::Asked(_) | Waiting::Simple, Answer::Done(done)) => {
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

    pub(super) fn ask(&mut self, action: Action, waiting: Waiting) {
        self.queue.push_back((action, waiting));
    }

    pub(super) fn print(&mut self, text: impl Into<String>, target: Target) {
        self.ask(Action::Print { text: text.into(), target }, Waiting::Nothing);
    }

    /// Tells what was done, unless little is to be told.
    pub(super) fn tell(&mut self, text: &str) {
        if !self.variables.is_on("QUIET") {
            self.print(format!("{text}\n"), Target::Output);
        }
    }

    pub(super) fn line(&self) -> usize {
        self.sources.iter().rev().find(|source| source.variable.is_none()).map_or(1, |source| source.line)
    }

    /// A command of psql failed.
    pub(super) fn fail(&mut self, message: impl Into<String>) {
        let line = self.line();
        let file = self.file_name();
        let message = message.into();
        self.ask(Action::Fail { message: message.clone(), line, file }, Waiting::Nothing);
        self.halt_for(message);
    }

    /// Stops after a failure: a script ends where it is to, and a person's files do.
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

    /// A run of ours, which is not told.
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
