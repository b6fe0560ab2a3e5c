//! The name of the Query pane, those of its blocks, and what it remembers.

use super::completion::Completion;
use super::consent::Consent;
use super::edits::{Edited, Wished};
use super::history::History;
use super::result::Tab;
use super::running::{CommandUse, Pending, Running};
use super::scan::Scan;
use super::schema::state::Schema;
use super::sequence::Script;
use super::texts::Texts;
use crate::app::command::PaneId;
use crate::app::editor::Editor;
use crate::app::effect::Effect;
use crate::app::screen::Block;
use crate::feeds::queries::Saved;
use crate::feeds::sql::Who;
use crate::model::Failure;
use crate::model::sql::catalogue::Catalogue;
use crate::model::sql::format::Format;
use crate::model::sql::interpreter::{Interpreter, Mode};
use crate::model::sql::split::Split;
use crate::model::sql::{Column, ResultId, Server, SessionId, Transaction};
use crate::model::tunnel::far::RemoteAddress;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The name of the Query pane.
pub const ID: PaneId = PaneId("query");
/// The block with the result.
pub const RESULT: Block = Block("query-result");
/// The block with the editor.
pub const EDITOR: Block = Block("query-editor");

/// How many results stay until they are closed.
pub const RESULTS: usize = 10;

/// The state of the connection to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Link {
    /// Nobody has connected yet, or it was left.
    #[default]
    Off,
    /// On its way, in words.
    Opening(String),
    /// There is a session.
    On,
    /// There was one: why it is gone.
    Lost(String),
}

/// A session that was lost, or that does not write any more, is made anew by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Return {
    pub since: Timestamp,
    /// When it is tried next.
    pub at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// Whether the session that was lost was one with the writer.
    pub wrote: bool,
    /// Whether another server has answered under the same name since.
    pub another: bool,
}

/// Where results go instead of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Out {
    /// To the end of a file.
    File(String),
    /// To a command that reads them.
    Program {
        /// The number of its question.
        serial: u64,
        command: String,
    },
}

impl std::fmt::Display for Out {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Program { command, .. } => write!(f, "|{command}"),
        }
    }
}

/// psql's interpreter as it begins here: what follows a statement that failed is not run.
pub fn interpreter() -> Interpreter {
    let mut interpreter = Interpreter::new(Mode::Interactive);
    // A name and a value of psql's own: it is not refused.
    let _ = interpreter.variables_mut().set("ON_ERROR_STOP", "on");
    interpreter
}

/// The question in a window with buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asking {
    /// Whether a statement is run, with why that is asked.
    Run {
        statement: String,
        /// Why, in sentences.
        why: Vec<String>,
        /// How many rows it would touch, as far as that was asked: in words.
        rows: Option<String>,
        /// Whether nothing is left of what it touches.
        destroys: bool,
        /// Whether it lets a session write that only reads.
        lifts: bool,
        /// Whether a program of this machine gets its result, or its data are what one writes.
        program: bool,
    },
    /// Whether several statements that belong together are run.
    Script(Box<Script>),
    /// Whether a command of this machine is run.
    Program { command: String, purpose: CommandUse },
    /// Whether the server's process of the session is ended.
    Terminate,
    /// Whether the session is left though a transaction is open, and for which environment.
    Leave(Option<String>),
    /// Whether writing is allowed in this session.
    Writes,
    /// Whether a result is closed that has changes which were not applied.
    Close(ResultId),
    /// Whether a saved query is replaced.
    Replace(Saved),
}

/// The action that waits for the name of a result's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The row, or the selected ones, are copied.
    Copy(Format),
    /// The result is written to a file.
    Export(String, Format),
}

/// A file that a result is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exporting {
    /// The number of its question.
    pub serial: u64,
    pub result: ResultId,
    /// The file.
    pub path: String,
    /// Rows that are written.
    pub written: u64,
    /// How many rows there are; none: it is a single value.
    pub of: Option<u64>,
}

/// The use of a value that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// To be looked at.
    Show,
    /// To be copied.
    Copy,
    Edit,
}

/// The state of the Query pane: texts, results, the session.
#[derive(Debug, Clone)]
pub struct State {
    /// The state of the connection to the server.
    pub link: Link,
    /// Why it could not connect the last time.
    pub failure: Option<Failure>,
    /// The server, as it was last known.
    pub server: Option<Server>,
    /// Changes of the server since it was connected to, in words.
    pub changed: Option<String>,
    pub session: Option<SessionId>,
    /// Where it goes to as soon as a tunnel leads there.
    pub wanted: Option<RemoteAddress>,
    /// Where it goes to, or went last.
    pub place: Option<RemoteAddress>,
    /// It is connected to again by itself.
    pub returns: Option<Return>,
    /// When somebody connected, or ran something.
    pub used: Option<Timestamp>,
    /// Which member of the database wrote when it was connected to, as AWS says it.
    pub writer: Option<String>,
    /// The number of the question that holds the session.
    pub connection: u64,
    /// Whether somebody agreed to let the session write.
    pub consent: Consent,
    /// The state of the transaction.
    pub transaction: Transaction,
    /// The state of the transaction when what is run now was typed.
    pub before: Transaction,
    /// From this result on they are of the transaction that is open.
    pub opened: Option<ResultId>,
    /// Whether a transaction was open when the session was lost: what is typed next may be meant for it.
    pub lost_open: bool,
    /// The text that is edited.
    pub editor: Editor,
    /// The text split into statements and commands.
    pub split: Split,
    /// The version of the text that was split.
    pub split_of: u64,
    /// The completions at the cursor.
    pub completion: Option<Completion>,
    /// The first line and the first column of it that are shown.
    pub scrolled: (usize, usize),
    /// The other texts, and what is looked for in this one.
    pub texts: Texts,
    /// Lines and cells of it that fit.
    pub editor_size: (usize, usize),
    /// Results, the oldest first.
    pub tabs: Vec<Tab>,
    /// Which tab is shown.
    pub tab: usize,
    /// The statement that runs.
    pub running: Option<Running>,
    /// psql's interpreter: it makes commands and statements of the text.
    pub interpreter: Interpreter,
    /// The answer that the pane waits for.
    pub pending: Option<Pending>,
    /// Where files are looked for, whole; none is where the program was started.
    pub folder: Option<String>,
    /// Where results go, if not here.
    pub out: Option<Out>,
    /// The user and database to connect as, where `\c` named them.
    pub who: Who,
    /// Output of commands that nobody has seen yet.
    pub printed: String,
    /// Names in the database, for completion.
    pub catalogue: Catalogue,
    /// Whether it was asked for.
    pub catalogued: bool,
    /// Objects of the database, to be looked through.
    pub schema: Schema,
    /// A statement that follows a foreign key, and from which result.
    pub followed: Option<(String, ResultId)>,
    /// A statement that reads a result again, and which.
    pub replaced: Option<(String, ResultId)>,
    /// The result of what `\watch` ran last, and whether it is to run again now.
    pub watch: Option<(ResultId, bool)>,
    /// Look-ups under way: their purpose, by the number of the question.
    pub looks: BTreeMap<u64, &'static str>,
    /// Statements that were run before.
    pub history: History,
    /// Queries that were saved.
    pub saved: Vec<Saved>,
    /// The question in a window with buttons.
    pub asking: Option<Asking>,
    /// Rows that were asked for, by the number of the question: of which result, from which place on, how many rows it had, and
    /// in which of its orders.
    pub windows: BTreeMap<u64, (ResultId, u64, u64, u64)>,
    /// A value that is being read: the number of the question, the column, and what for.
    pub reading: Option<(u64, Column, Reading)>,
    /// Edits that wait until the tables of their results are known.
    pub wishes: Vec<Wished>,
    /// The place that the typed line is the new value of.
    pub edited: Option<Edited>,
    /// The value that was read there.
    pub was: Option<String>,
    /// The place and the column that are selected again when the rows have come anew.
    pub again: Option<(u64, usize)>,
    /// The action that waits for the name of a result's table.
    pub naming: Option<(ResultId, Named)>,
    /// A file that a result is written to.
    pub exporting: Option<Exporting>,
    /// Plans that are being read whole: of which result.
    pub plans: BTreeMap<u64, ResultId>,
    /// Rows that are being read through.
    pub scan: Option<Scan>,
    /// A text is in the person's own editor: the number of the question.
    pub outside: Option<u64>,
    /// Whether what earlier sessions ran was asked for.
    pub kept: bool,
    /// Effects of answers that are still to be carried out.
    pub effects: Vec<Effect>,
    /// The last number that was given to a question.
    pub serial: u64,
    /// Questions up to this number were asked in sessions before this one.
    pub asked_before: u64,
    /// The last number that was given to a session.
    pub sessions: u64,
    /// The last number that was given to a result.
    pub results: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            link: Link::default(),
            failure: Option::default(),
            server: Option::default(),
            changed: Option::default(),
            session: Option::default(),
            wanted: Option::default(),
            place: Option::default(),
            returns: Option::default(),
            used: Option::default(),
            writer: Option::default(),
            connection: Default::default(),
            consent: Consent::default(),
            transaction: Transaction::default(),
            before: Transaction::default(),
            opened: Option::default(),
            lost_open: Default::default(),
            editor: Editor::default(),
            split: Split::default(),
            split_of: Default::default(),
            completion: Option::default(),
            scrolled: Default::default(),
            texts: Texts::default(),
            editor_size: Default::default(),
            tabs: Vec::default(),
            tab: Default::default(),
            running: Option::default(),
            interpreter: interpreter(),
            pending: Option::default(),
            folder: Option::default(),
            out: Option::default(),
            who: Who::default(),
            printed: String::default(),
            catalogue: Catalogue::default(),
            catalogued: Default::default(),
            schema: Schema::default(),
            followed: Option::default(),
            replaced: Option::default(),
            watch: Option::default(),
            looks: BTreeMap::default(),
            history: History::default(),
            saved: Vec::default(),
            asking: Option::default(),
            windows: BTreeMap::default(),
            reading: Option::default(),
            wishes: Vec::default(),
            edited: Option::default(),
            was: Option::default(),
            again: Option::default(),
            naming: Option::default(),
            exporting: Option::default(),
            plans: BTreeMap::default(),
            scan: Option::default(),
            outside: Option::default(),
            kept: Default::default(),
            effects: Vec::default(),
            serial: Default::default(),
            asked_before: Default::default(),
            sessions: Default::default(),
            results: Default::default(),
        }
    }
}

impl State {
    /// The tab that is shown.
    pub fn shown(&self) -> Option<&Tab> {
        self.tabs.get(self.tab)
    }

    /// The shown result, to change it.
    pub fn shown_mut(&mut self) -> Option<&mut Tab> {
        self.tabs.get_mut(self.tab)
    }

    /// The tab of the result with this number.
    pub fn tab_of(&mut self, result: ResultId) -> Option<&mut Tab> {
        self.tabs.iter_mut().find(|tab| tab.id == result)
    }

    /// Whether there is a session.
    pub fn is_on(&self) -> bool {
        self.link == Link::On
    }

    /// Puts a tab at the end and shows it. Gives back those that made room for it; one with changes that were not applied never does.
    pub fn open(&mut self, tab: Tab) -> Vec<Tab> {
        let mut gone: Vec<Tab> = Vec::new();
        while let Some(last) = self.tabs.pop_if(|last| last.gives_way()) {
            gone.push(last);
        }
        // One that it takes the place of goes by itself.
        let most = RESULTS + usize::from(tab.replaces);
        while self.tabs.len() >= most {
            let Some(oldest) = self.tabs.iter().position(|tab| !tab.has_changes()) else { break };
            gone.push(self.tabs.remove(oldest));
        }
        self.tabs.push(tab);
        self.tab = self.tabs.len() - 1;
        gone
    }
}
