//! A result, or what came of a statement without one: a tab of the pane.

use super::edits::Edit;
use super::order;
use super::plan_tree::Tree;
use crate::app::grid::Grid;
use crate::model::sql::edit::Table;
use crate::model::sql::{Ended, ResultId, Server, ServerMessage, SessionId};
use jiff::Timestamp;
use std::time::Duration;

/// How many notices of a statement are kept.
const NOTICES: usize = 200;

/// How plans are asked for here, and what stands for it in a title.
const PLANS: [(&str, &str); 2] =
    [("EXPLAIN (FORMAT JSON) ", "plan:"), ("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ", "measured:")];

/// A result in its tab.
#[derive(Debug, Clone)]
pub struct Tab {
    /// The number of its result.
    pub id: ResultId,
    pub session: SessionId,
    /// Of which server, by its name, and database.
    pub of: Option<(String, String)>,
    /// The statement that it is of.
    pub statement: String,
    pub began: Timestamp,
    /// Its rows and columns; none where it has none, or none yet.
    pub grid: Option<Grid>,
    /// The statement's end; none while it goes on.
    pub ended: Option<Ended>,
    /// How long the statement took.
    pub took: Option<Duration>,
    /// Reading was stopped at a limit, in words.
    pub stopped: Option<String>,
    /// Which of several statements of one text it is, and what becomes of the others.
    pub part: Option<String>,
    /// Whether it was carried out, and taken back as a later statement of its text was not.
    pub taken_back: bool,
    /// Messages of the server in the meantime.
    pub notices: Vec<ServerMessage>,
    /// So many more of them are not kept.
    pub unkept: usize,
    /// Lines below its rows.
    pub footers: Vec<String>,
    /// All of it as text, where it is more than its rows: what `\d NAME` tells.
    pub whole: Option<String>,
    /// One row is shown at a time, field by field: the fields of the columns that the grid shows, in their order.
    pub record: bool,
    /// The search text, as it was typed.
    pub search: String,
    /// The filter that rows must match, as it was typed.
    pub filter: String,
    /// The filter stopped after so many rows, as more have it than are kept.
    pub looked: Option<u64>,
    /// By which column it is sorted, and whether downwards.
    pub sorted: Option<(usize, bool)>,
    /// The column by which the server has ordered it, and whether downwards.
    pub ordered: Option<(usize, bool)>,
    /// Its one table, once that was looked up; without a name where it is not there.
    pub table: Option<Table>,
    /// Its changes that are not applied yet, once its table is known.
    pub edit: Option<Edit>,
    /// The result from which a foreign key was followed to this one.
    pub from: Option<ResultId>,
    /// The result whose rows stand here until its own come.
    pub before: Option<ResultId>,
    /// Whether it is that result, read again: once its rows are here that one goes.
    pub replaces: bool,
    /// The plan, where the row is one.
    pub plan: Option<Tree>,
    /// Whether it was left out of `last ten`: it is the answer of a command, and stays no longer than the next one.
    pub passing: bool,
}

impl Tab {
    /// A tab for a statement that begins.
    pub fn new(id: ResultId, session: SessionId, statement: impl Into<String>, began: Timestamp) -> Self {
        let statement = statement.into();
        let ordered = order::parts(&statement).map(|(_, column, down)| (column, down));
        Self {
            id,
            session,
            of: None,
            statement,
            began,
            grid: None,
            ended: None,
            took: None,
            stopped: None,
            part: None,
            taken_back: false,
            notices: Vec::new(),
            unkept: 0,
            footers: Vec::new(),
            whole: None,
            record: false,
            search: String::new(),
            filter: String::new(),
            looked: None,
            sorted: None,
            ordered,
            table: None,
            edit: None,
            from: None,
            before: None,
            replaces: false,
            plan: None,
            passing: false,
        }
    }

    /// Whether the next statement takes its place: there is nothing in it that one would come back for.
    pub fn gives_way(&self) -> bool {
        self.passing || (self.grid.is_none() && self.ended.is_some())
    }

    /// Whether it has changes that were not applied.
    pub fn has_changes(&self) -> bool {
        self.edit.as_ref().is_some_and(|edit| !edit.changes.list.is_empty())
    }

    /// Whether its tables are those of this server: elsewhere their numbers may be of others.
    pub fn is_of(&self, server: &Server) -> bool {
        self.of.as_ref().is_some_and(|(host, database)| *host == server.host && *database == server.database)
    }

    /// Whether it has more than so many rows, or may still get them.
    pub fn is_more_than(&self, rows: u64) -> bool {
        self.ended.is_none() || self.grid.as_ref().is_some_and(|grid| grid.rows > rows)
    }

    /// Whether there is something of it to be seen: rows, or how it ended.
    pub fn has_come(&self) -> bool {
        self.ended.is_some() || self.grid.as_ref().is_some_and(|grid| grid.cells(grid.top).is_some())
    }

    /// Whether all its rows are here, and nothing of it is kept elsewhere.
    pub fn is_here(&self) -> bool {
        self.grid.as_ref().is_some_and(Grid::is_whole_here)
    }

    /// Keeps what the server said.
    pub fn notice(&mut self, said: ServerMessage) {
        if self.notices.len() < NOTICES {
            self.notices.push(said);
        } else {
            self.unkept += 1;
        }
    }

    /// The statement on one line, for its tab.
    pub fn title(&self) -> String {
        // What asks for a plan is no statement that somebody wrote.
        let told = PLANS.iter().find_map(|(asked, word)| Some((self.statement.strip_prefix(asked)?, *word)));
        let (statement, word) = told.unwrap_or((&self.statement, ""));
        word.split_whitespace().chain(statement.split_whitespace()).collect::<Vec<_>>().join(" ")
    }
}
