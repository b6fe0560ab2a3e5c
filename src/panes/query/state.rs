//! Identifiers of the Query pane and its blocks, and its state.

use super::completion::Completion;
use super::consent::Consent;
use super::editor_texts::Texts;
use super::edits::{EditTarget, PendingEdit};
use super::history::History;
use super::result::Tab;
use super::running::{CommandUse, Pending, Running};
use super::scan::Scan;
use super::schema::state::Schema;
use super::sequence::Script;
use crate::app::command::PaneId;
use crate::app::editor::Editor;
use crate::app::effect::Effect;
use crate::app::screen::Block;
use crate::feeds::queries::Saved;
use crate::feeds::sql::ConnectAs;
use crate::model::Failure;
use crate::model::sql::catalogue::Catalogue;
use crate::model::sql::format::Format;
use crate::model::sql::interpreter::{Interpreter, Mode};
use crate::model::sql::split::Split;
use crate::model::sql::{Column, ResultId, Server, SessionId, Transaction};
use crate::model::tunnel::remote_end::RemoteAddress;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The identifier of the Query pane.
pub const ID: PaneId = PaneId("query");
/// The block with the result.
pub const RESULT: Block = Block("query-result");
/// The block with the editor.
pub const EDITOR: Block = Block("query-editor");

/// Maximum number of results kept; further ones replace the oldest.
pub const RESULTS: usize = 10;

/// The state of the connection to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Link {
    /// Not connected yet, or disconnected.
    #[default]
    Off,
    /// Connecting; with a description.
    Opening(String),
    /// Connected.
    On,
    /// The session was lost, with the reason.
    Lost(String),
}

/// A pending automatic reconnection of a session that was lost or became read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconnection {
    pub since: Timestamp,
    /// Time of the next attempt.
    pub next_attempt: Timestamp,
    /// Number of attempts so far.
    pub tries: u32,
    /// Whether the lost session was with the writer.
    pub was_writer: bool,
    /// Whether another server has answered under the same name since.
    pub server_replaced: bool,
}

/// The target of results instead of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResultTarget {
    /// The end of a file.
    File(String),
    /// A command that reads them.
    Program {
        /// Serial number of its request.
        serial: u64,
        command: String,
    },
}

impl std::fmt::Display for ResultTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.write_str(path),
            Self::Program { command, .. } => write!(f, "|{command}"),
        }
    }
}

/// psql's interpreter with this pane's default: after a failure, the rest of the text is not run.
pub fn interpreter() -> Interpreter {
    let mut interpreter = Interpreter::new(Mode::Interactive);
    // This is a valid name and value for psql, so it cannot fail.
    let _ = interpreter.variables_mut().set("ON_ERROR_STOP", "on");
    interpreter
}

/// The question of the open dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialogQuestion {
    /// Whether to run a statement.
    Run {
        statement: String,
        /// The reasons for asking, in sentences.
        why: Vec<String>,
        /// Estimated number of affected rows, in words, once known.
        rows: Option<String>,
        /// Whether the statement removes a whole object or its contents.
        destroys: bool,
        /// Whether it makes a read-only session writable.
        lifts: bool,
        /// Whether a program on this machine receives its result or supplies its data.
        program: bool,
    },
    /// Whether to run a sequence of statements.
    Script(Box<Script>),
    /// Whether to run a command on this machine.
    Program { command: String, purpose: CommandUse },
    /// Whether to terminate the session's process on the server.
    Terminate,
    /// Whether to leave the session despite possible losses, and for which environment.
    Leave(Option<String>),
    /// Whether to allow writes in this session.
    Writes,
    /// Whether to close a result with changes that were not applied.
    Close(ResultId),
    /// Whether to replace a saved query.
    Replace(Saved),
}

/// An action that waits for the name of a result's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameUse {
    /// Copies the row, or the selected rows.
    Copy(Format),
    /// Exports the result to a file.
    Export(String, Format),
}

/// A running export of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exporting {
    /// Serial number of its request.
    pub serial: u64,
    pub result: ResultId,
    /// The path of the file.
    pub path: String,
    /// Number of rows written so far.
    pub written: u64,
    /// Total number of rows; `None` for a single value.
    pub of: Option<u64>,
}

/// The purpose of reading a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueUse {
    /// To show it.
    Show,
    /// To copy it.
    Copy,
    Edit,
}

/// The state of the Query pane: texts, results, and the session.
#[derive(Debug, Clone)]
pub struct State {
    /// The state of the connection.
    pub link: Link,
    /// Why the last connection attempt failed.
    pub failure: Option<Failure>,
    /// The server, as last known.
    pub server: Option<Server>,
    /// Description of what changed on the server since the connection was made.
    pub changed: Option<String>,
    pub session: Option<SessionId>,
    /// The address to connect to as soon as a tunnel leads there.
    pub awaited_address: Option<RemoteAddress>,
    /// The current or last address.
    pub place: Option<RemoteAddress>,
    /// The pending automatic reconnection.
    pub reconnection: Option<Reconnection>,
    /// When the session was last used.
    pub used: Option<Timestamp>,
    /// The writer of the database when the connection was made, according to AWS.
    pub writer: Option<String>,
    /// Serial number of the request that holds the session open.
    pub connection: u64,
    /// The user's consent to let the session write.
    pub consent: Consent,
    /// The state of the transaction.
    pub transaction: Transaction,
    /// The state of the transaction when the running text was entered.
    pub transaction_before: Transaction,
    /// The first result of the open transaction.
    pub transaction_result: Option<ResultId>,
    /// Whether a transaction was open when the session was lost: the next statement may be meant for it.
    pub lost_transaction: bool,
    /// The text being edited.
    pub editor: Editor,
    /// The text split into statements and commands.
    pub split: Split,
    /// The version of the text that was split.
    pub split_of: u64,
    /// The completion candidates at the cursor.
    pub completion: Option<Completion>,
    /// The first visible line and column of the editor.
    pub scrolled: (usize, usize),
    /// The other texts, and the search.
    pub texts: Texts,
    /// Number of lines and columns that fit into the editor.
    pub editor_size: (usize, usize),
    /// The results, the oldest first.
    pub tabs: Vec<Tab>,
    /// Index of the shown tab.
    pub tab: usize,
    /// The running statement.
    pub running: Option<Running>,
    /// psql's interpreter, which turns the text into statements and commands.
    pub interpreter: Interpreter,
    /// What the interpreter waits for.
    pub pending: Option<Pending>,
    /// The working folder for files, as an absolute path; `None` is where the program was started.
    pub folder: Option<String>,
    /// The target of results, if not the screen.
    pub result_target: Option<ResultTarget>,
    /// The user and database named by `\c`.
    pub login: ConnectAs,
    /// Output of commands that was not shown yet.
    pub printed: String,
    /// Names in the database, for completion.
    pub catalogue: Catalogue,
    /// Whether the catalogue was requested.
    pub catalogue_requested: bool,
    /// The schema browser.
    pub schema: Schema,
    /// A statement that follows a foreign key, and the result it starts from.
    pub followed: Option<(String, ResultId)>,
    /// A statement that reads a result again, and that result.
    pub replaced: Option<(String, ResultId)>,
    /// The last result of `\watch`, and whether the next run is due.
    pub watch: Option<(ResultId, bool)>,
    /// The purpose of each pending look-up, by serial number.
    pub look_ups: BTreeMap<u64, &'static str>,
    /// Statements that were run before.
    pub history: History,
    /// The saved queries.
    pub saved: Vec<Saved>,
    /// The question of the open dialog.
    pub open_question: Option<DialogQuestion>,
    /// Pending requests for rows, by serial number: the result, the first row, the number of rows and the version of the
    /// order at that time.
    pub windows: BTreeMap<u64, (ResultId, u64, u64, u64)>,
    /// The value being read: serial number, column, and purpose.
    pub value_read: Option<(u64, Column, ValueUse)>,
    /// Edits that wait until the tables of their results are known.
    pub pending_edits: Vec<PendingEdit>,
    /// The target of the value that is being typed.
    pub edit_target: Option<EditTarget>,
    /// The original value there.
    pub original_value: Option<String>,
    /// The row and column to select again when the rows have been reloaded.
    pub reselect: Option<(u64, usize)>,
    /// An action that waits for the name of a result's table.
    pub name_use: Option<(ResultId, NameUse)>,
    /// The running export.
    pub exporting: Option<Exporting>,
    /// Plans being read completely, by serial number, with their results.
    pub plans: BTreeMap<u64, ResultId>,
    /// The scan in progress.
    pub scan: Option<Scan>,
    /// Serial number of the request for the user's own editor, while it is open.
    pub external_editor: Option<u64>,
    /// Whether the history of earlier sessions was requested.
    pub history_requested: bool,
    /// Effects of answers, to be returned from the next `plan`.
    pub effects: Vec<Effect>,
    /// The last serial number given to a request.
    pub serial: u64,
    /// Requests up to this serial number belong to earlier sessions.
    pub stale_serial: u64,
    /// The last number given to a session.
    pub sessions: u64,
    /// The last number given to a result.
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
            awaited_address: Option::default(),
            place: Option::default(),
            reconnection: Option::default(),
            used: Option::default(),
            writer: Option::default(),
            connection: Default::default(),
            consent: Consent::default(),
            transaction: Transaction::default(),
            transaction_before: Transaction::default(),
            transaction_result: Option::default(),
            lost_transaction: Default::default(),
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
            result_target: Option::default(),
            login: ConnectAs::default(),
            printed: String::default(),
            catalogue: Catalogue::default(),
            catalogue_requested: Default::default(),
            schema: Schema::default(),
            followed: Option::default(),
            replaced: Option::default(),
            watch: Option::default(),
            look_ups: BTreeMap::default(),
            history: History::default(),
            saved: Vec::default(),
            open_question: Option::default(),
            windows: BTreeMap::default(),
            value_read: Option::default(),
            pending_edits: Vec::default(),
            edit_target: Option::default(),
            original_value: Option::default(),
            reselect: Option::default(),
            name_use: Option::default(),
            exporting: Option::default(),
            plans: BTreeMap::default(),
            scan: Option::default(),
            external_editor: Option::default(),
            history_requested: Default::default(),
            effects: Vec::default(),
            serial: Default::default(),
            stale_serial: Default::default(),
            sessions: Default::default(),
            results: Default::default(),
        }
    }
}

impl State {
    /// The shown tab.
    pub fn shown(&self) -> Option<&Tab> {
        self.tabs.get(self.tab)
    }

    /// The shown tab, mutable.
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

    /// Adds a tab and shows it. Returns the tabs removed to make room; one with pending changes is never removed.
    pub fn open(&mut self, tab: Tab) -> Vec<Tab> {
        let mut gone: Vec<Tab> = Vec::new();
        while let Some(last) = self.tabs.pop_if(|last| last.is_replaceable()) {
            gone.push(last);
        }
        // A result that is being replaced is removed separately.
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
