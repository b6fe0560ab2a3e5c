//! A tab of the pane: a result, or the outcome of a statement without one.

use super::edits::Edit;
use super::plan_tree::Tree;
use super::server_sort;
use crate::app::grid::Grid;
use crate::model::sql::edit::Table;
use crate::model::sql::{ResultId, Server, ServerMessage, SessionId, StatementOutcome};
use jiff::Timestamp;
use std::time::Duration;

/// Maximum number of notices kept per statement.
const NOTICES: usize = 200;

/// The forms of EXPLAIN used here, and their labels in titles.
const PLANS: [(&str, &str); 2] =
    [("EXPLAIN (FORMAT JSON) ", "plan:"), ("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", "measured:")];

/// A tab with a result.
#[derive(Debug, Clone)]
pub struct Tab {
    /// The number of its result.
    pub id: ResultId,
    pub session: SessionId,
    /// The host name and the database it comes from.
    pub origin: Option<(String, String)>,
    /// Its statement.
    pub statement: String,
    pub began: Timestamp,
    /// Its rows and columns; `None` if it has none, or none yet.
    pub grid: Option<Grid>,
    /// The statement's end; `None` while it runs.
    pub ended: Option<StatementOutcome>,
    /// Duration of the statement.
    pub duration: Option<Duration>,
    /// Why reading stopped at a limit.
    pub stopped: Option<String>,
    /// Its position among the statements of one text, and what happens to the others.
    pub part: Option<String>,
    /// Whether it was carried out but rolled back, because a later statement of its text failed.
    pub rolled_back: bool,
    /// Messages of the server while it ran.
    pub notices: Vec<ServerMessage>,
    /// Number of further messages that were not kept.
    pub dropped_notices: usize,
    /// Lines below its rows.
    pub footers: Vec<String>,
    /// The complete output as text, if it contains more than rows, as for `\d NAME`.
    pub full_output: Option<String>,
    /// Whether one row is shown at a time, with one line per shown column, in their order.
    pub record: bool,
    /// The search text, as it was typed.
    pub search: String,
    /// The filter for the rows, as it was typed.
    pub filter: String,
    /// Number of rows after which the filter stopped, because more rows match than can be kept.
    pub filter_examined: Option<u64>,
    /// The column that rows are sorted by here, and whether in descending order.
    pub sorted: Option<(usize, bool)>,
    /// The column that the server sorted by, and whether in descending order.
    pub ordered: Option<(usize, bool)>,
    /// Its table, once looked up; without a name if there is none.
    pub table: Option<Table>,
    /// Its pending changes, once its table is known.
    pub edit: Option<Edit>,
    /// The result from which a foreign key was followed to this one.
    pub from: Option<ResultId>,
    /// The result whose rows are shown until its own arrive.
    pub stand_in_result: Option<ResultId>,
    /// Whether it is that result read again, which is removed when the new rows are here.
    pub replaces: bool,
    /// The plan, if the row is one.
    pub plan: Option<Tree>,
    /// Whether it is a command's answer, which does not count among the kept results and is replaced by the next one.
    pub transient: bool,
}

impl Tab {
    /// A tab for a statement that starts.
    pub fn new(id: ResultId, session: SessionId, statement: impl Into<String>, began: Timestamp) -> Self {
        let statement = statement.into();
        let ordered = server_sort::parts(&statement).map(|(_, column, down)| (column, down));
        Self {
            id,
            session,
            origin: None,
            statement,
            began,
            grid: None,
            ended: None,
            duration: None,
            stopped: None,
            part: None,
            rolled_back: false,
            notices: Vec::new(),
            dropped_notices: 0,
            footers: Vec::new(),
            full_output: None,
            record: false,
            search: String::new(),
            filter: String::new(),
            filter_examined: None,
            sorted: None,
            ordered,
            table: None,
            edit: None,
            from: None,
            stand_in_result: None,
            replaces: false,
            plan: None,
            transient: false,
        }
    }

    /// Whether the next statement replaces it, because it holds nothing worth returning to.
    pub fn is_replaceable(&self) -> bool {
        self.transient || (self.grid.is_none() && self.ended.is_some())
    }

    /// Whether it has pending changes.
    pub fn has_changes(&self) -> bool {
        self.edit.as_ref().is_some_and(|edit| !edit.changes.list.is_empty())
    }

    /// Whether it comes from this server and database; elsewhere the same table ids may mean other tables.
    pub fn is_from(&self, server: &Server) -> bool {
        self.origin.as_ref().is_some_and(|(host, database)| *host == server.host && *database == server.database)
    }

    /// Whether it has more than this many rows, or may still get them.
    pub fn is_more_than(&self, rows: u64) -> bool {
        self.ended.is_none() || self.grid.as_ref().is_some_and(|grid| grid.rows > rows)
    }

    /// Whether something of it can be shown: rows, or its end.
    pub fn has_content(&self) -> bool {
        self.ended.is_some() || self.grid.as_ref().is_some_and(|grid| grid.cells(grid.top).is_some())
    }

    /// Whether all its rows are in memory.
    pub fn is_in_memory(&self) -> bool {
        self.grid.as_ref().is_some_and(Grid::is_fully_loaded)
    }

    /// Adds a notice of the server.
    pub fn notice(&mut self, message: ServerMessage) {
        if self.notices.len() < NOTICES {
            self.notices.push(message);
        } else {
            self.dropped_notices += 1;
        }
    }

    /// The statement on one line, as the tab's title.
    pub fn title(&self) -> String {
        // The EXPLAIN prefix is not part of what the user wrote.
        let explained = PLANS.iter().find_map(|(asked, word)| Some((self.statement.strip_prefix(asked)?, *word)));
        let (statement, word) = explained.unwrap_or((&self.statement, ""));
        word.split_whitespace().chain(statement.split_whitespace()).collect::<Vec<_>>().join(" ")
    }
}
