//! A SQL session on the environment's database: an editor with psql's habits, results as grids that may be larger than memory.
//!
//! [`state`]: what is kept; [`connect`] and [`facts`]: the session; [`pump`] and [`run`]: what is run in it; [`guard`]: what asks first;
//! [`grid`], [`scan`], [`reading`]: rows; [`update`], [`editing`], [`moving`], [`result_keys`], [`pick`]: what keys do.

pub mod ask;
pub mod choice;
pub mod completing;
pub mod connect;
pub mod copy;
pub mod editing;
mod editor_view;
pub mod facts;
pub mod grid;
mod grid_view;
pub mod guard;
pub mod history;
pub mod keep;
pub mod layout;
pub mod looked;
pub mod moving;
pub mod pick;
pub mod place;
#[cfg(test)]
mod psql_tests;
pub mod pump;
pub mod reading;
pub mod result;
pub mod result_keys;
pub mod rows;
pub mod run;
pub mod scan;
pub mod state;
pub mod tell;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod update;
pub mod view;
pub mod windows;

use crate::app::command::{Bottom, Id, Risk, Scope};
use crate::app::data_status::note;
use crate::app::editor::{Cut, Step};
use crate::app::pane::{Data, DataStatus, Rows};
use crate::app::{Command, Hooks, Pane, Spec, View};
use choice::{Prompt, Window};
use state::{EDITOR, RESULT};

/// The pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Query",
    key: "5",
    doc: "Go to the SQL session.",
    heading: "In the SQL session",
    commands: COMMANDS,
    in_lists: &[],
    actions: &[Id::OPEN, Id("query-copy"), Id("query-copy-as"), Id("query-record"), Id("query-sort")],
    views: &[&VIEW],
    view: |_| &VIEW,
    hooks: Hooks {
        moves: moving::moves,
        back: update::back,
        open: update::open,
        inspect: result_keys::record,
        mouse: moving::mouse,
        edits: update::edits,
        text: editing::text,
        accepted: pick::accepted,
        lines: |app, which| Window::of(which).map_or_else(Vec::new, |window| windows::lines(app, window)),
        picked: pick::picked,
        confirm: windows::confirm,
        confirmed: pick::confirmed,
        plan: update::plan,
        answer: update::answer,
        loses: facts::loses,
        holds: update::holds,
        switched: update::switched,
        settle: layout::settle,
        next_tick: update::next_tick,
        ..Hooks::NONE
    },
};

static VIEW: View = View {
    name: "query",
    blocks: BLOCKS,
    beside: &[],
    layout: layout::blocks,
    summary: layout::summary,
    about: |_| None,
    services: None,
    sources: &[],
};

/// A block that draws itself.
const OWN_ROWS: Spec = Spec {
    block: RESULT,
    title: "Result",
    header: false,
    columns: &[],
    rows: Rows::None,
    follows_end: false,
    counts: |_| true,
    subject: |_, _| None,
    open: |_| None,
    whole: |_, _| Vec::new(),
    data: Data::Own(|_| DataStatus { empty: note(""), ..DataStatus::default() }),
};

const BLOCKS: &[&Spec] = &[&OWN_ROWS, &Spec { block: EDITOR, title: "SQL", ..OWN_ROWS }];

const OWN: Scope = Scope::Pane(state::ID.0);

const COMMANDS: &[Command] = &[
    Command::new(
        Id("query-enter"),
        Scope::Text,
        "run after ;",
        &["enter"],
        "Run the text where it ends with `;` or is a command of psql; else begin another line.",
        update::enter,
    )
    .on_bottom(Bottom::First(1)),
    Command::new(
        Id("query-run"),
        OWN,
        "run",
        &["f5", "alt-enter"],
        "Run the statement under the cursor; the text stays.",
        update::run_here,
    )
    .on_bottom(Bottom::First(2)),
    Command::new(Id("query-complete"), Scope::Text, "complete", &["tab"], "Complete what is typed.", completing::tab)
        .on_bottom(Bottom::First(3)),
    Command::new(
        Id("query-interrupt"),
        OWN,
        "cancel",
        &["ctrl-c"],
        "Cancel the statement that runs; else clear what is typed; else leave.",
        update::interrupt,
    )
    .on_bottom(Bottom::First(4)),
    Command::new(Id("query-history"), OWN, "history", &["ctrl-r"], "Find a statement that was run before.", |app| {
        windows::open(app, Window::History)
    })
    .on_bottom(Bottom::First(5)),
    Command::new(Id("query-older"), Scope::Text, "older", &["ctrl-p"], "The statement that was run before.", |app| {
        editing::walk(app, true)
    }),
    Command::new(Id("query-newer"), Scope::Text, "newer", &["ctrl-n"], "The statement that was run after.", |app| {
        editing::walk(app, false)
    }),
    Command::new(Id("query-saved"), OWN, "saved", &["alt-o"], "Open a query that was saved.", keep::open)
        .on_bottom(Bottom::First(12)),
    Command::new(
        Id("query-save"),
        OWN,
        "save",
        &["alt-s"],
        "Save what is in the editor by a name, as a file of the folder `queries`.",
        |app| pick::prompt(app, Prompt::Save),
    ),
    Command::new(
        Id("query-record"),
        OWN,
        "record",
        &["i"],
        "Show one row field by field, or the grid again, as \\x does.",
        |app| result_keys::record(app).unwrap_or_else(|| result_keys::none(app)),
    )
    .on_bottom(Bottom::First(6)),
    Command::new(Id("query-search"), OWN, "search", &["/"], "Look for a text in the rows; n and N go on.", |app| {
        pick::prompt(app, Prompt::Search)
    })
    .on_bottom(Bottom::First(7)),
    Command::new(Id("query-filter"), OWN, "filter", &["&"], "Show only the rows that have a text.", |app| {
        pick::prompt(app, Prompt::Filter)
    })
    .on_bottom(Bottom::First(8)),
    Command::new(
        Id("query-sort"),
        OWN,
        "sort",
        &["s"],
        "Sort the rows that are here by the selected column: upwards, downwards, as they came.",
        result_keys::sort,
    )
    .on_bottom(Bottom::First(9)),
    Command::new(
        Id("query-order"),
        OWN,
        "server sort",
        &["o"],
        "Run the query again, sorted by the selected column on the server.",
        result_keys::order,
    ),
    Command::new(Id("query-copy"), OWN, "copy", &["y"], "Copy the selected value, whole.", |app| {
        reading::value(app, state::Reading::Copy)
    }),
    Command::new(
        Id("query-copy-as"),
        OWN,
        "copy as",
        &["c"],
        "Copy the row, the selected rows or the column as CSV, TSV, INSERT, JSON or Markdown.",
        |app| windows::open(app, Window::Copy),
    )
    .on_bottom(Bottom::First(10)),
    Command::new(
        Id("query-select"),
        OWN,
        "select rows",
        &["v"],
        "Begin to select rows from here on, or let go of them.",
        result_keys::select,
    ),
    Command::new(Id("query-row"), OWN, "to row", &["#"], "Go to a row by its number.", |app| {
        pick::prompt(app, Prompt::Row)
    }),
    Command::new(
        Id("query-freeze"),
        OWN,
        "freeze",
        &["f"],
        "Keep the columns up to the selected one at the left, or none.",
        |app| result_keys::grid(app, grid::Grid::freeze),
    ),
    Command::new(Id("query-columns"), OWN, "columns", &["a"], "Choose which columns are shown.", |app| {
        windows::open(app, Window::Columns)
    })
    .on_bottom(Bottom::First(11)),
    Command::new(Id("query-hide"), OWN, "hide column", &["minus"], "Hide the selected column.", result_keys::hide),
    Command::new(Id("query-show"), OWN, "show columns", &["+"], "Show all columns in their own order.", |app| {
        result_keys::grid(app, grid::Grid::show_all)
    }),
    Command::new(Id("query-column-left"), OWN, "column left", &["<"], "Move the selected column to the left.", |app| {
        result_keys::grid(app, |grid| grid.shift(-1))
    }),
    Command::new(
        Id("query-column-right"),
        OWN,
        "column right",
        &[">"],
        "Move the selected column to the right.",
        |app| result_keys::grid(app, |grid| grid.shift(1)),
    ),
    Command::new(Id("query-narrow"), OWN, "narrower", &[","], "Make the selected column narrower.", |app| {
        result_keys::grid(app, |grid| grid.widen(-4))
    }),
    Command::new(Id("query-widen"), OWN, "wider", &["."], "Make the selected column wider.", |app| {
        result_keys::grid(app, |grid| grid.widen(4))
    }),
    Command::new(Id("query-earlier"), OWN, "earlier result", &["["], "To the result before.", |app| {
        result_keys::turn(app, -1)
    }),
    Command::new(Id("query-later"), OWN, "later result", &["]"], "To the result after.", |app| {
        result_keys::turn(app, 1)
    }),
    Command::new(Id("query-close"), OWN, "close result", &["w"], "Close the result that is shown.", result_keys::close),
    Command::new(
        Id("query-writes"),
        OWN,
        "allow writes",
        &["U"],
        "Let the transactions of a session that only reads write, after a question.",
        connect::writes,
    )
    .risks(Risk::Change),
    Command::new(Id("query-disconnect"), OWN, "disconnect", &[], "Close the session, as \\q does.", connect::quit),
    Command::new(
        Id("query-connect"),
        OWN,
        "connect to",
        &[],
        "Connect to a writer or a reader that is chosen.",
        connect::again,
    ),
    Command::new(
        Id("text-undo"),
        Scope::Text,
        "undo",
        &["alt-u", "ctrl-7"],
        "Take the last change back.",
        editing::undo,
    ),
    Command::new(Id("text-redo"), Scope::Text, "redo", &["ctrl-y"], "Do it again.", editing::redo),
    Command::new(Id("text-new-line"), Scope::Text, "new line", &["ctrl-j"], "Begin another line.", |app| {
        editing::text(app, "\n")
    }),
    Command::new(Id("text-left"), Scope::Text, "left", &["left", "ctrl-b"], "One character to the left.", |app| {
        editing::step(app, Step::Left)
    }),
    Command::new(Id("text-right"), Scope::Text, "right", &["right", "ctrl-f"], "One character to the right.", |app| {
        editing::step(app, Step::Right)
    }),
    Command::new(
        Id("text-word-left"),
        Scope::Text,
        "word left",
        &["ctrl-left", "alt-b"],
        "One word to the left.",
        |app| editing::step(app, Step::WordLeft),
    ),
    Command::new(
        Id("text-word-right"),
        Scope::Text,
        "word right",
        &["ctrl-right", "alt-f"],
        "One word to the right.",
        |app| editing::step(app, Step::WordRight),
    ),
    Command::new(
        Id("text-up"),
        Scope::Text,
        "up",
        &["up"],
        "One line up; above the first one to the history.",
        |app| editing::step(app, Step::Up),
    ),
    Command::new(
        Id("text-down"),
        Scope::Text,
        "down",
        &["down"],
        "One line down; below the last one to the history.",
        |app| editing::step(app, Step::Down),
    ),
    Command::new(Id("text-page-up"), Scope::Text, "page up", &["pageup"], "A page up.", |app| {
        let lines = app.panes.query.editor_size.0.max(1);
        editing::step(app, Step::PageUp(lines))
    }),
    Command::new(Id("text-page-down"), Scope::Text, "page down", &["pagedown"], "A page down.", |app| {
        let lines = app.panes.query.editor_size.0.max(1);
        editing::step(app, Step::PageDown(lines))
    }),
    Command::new(
        Id("text-line-start"),
        Scope::Text,
        "line start",
        &["home", "ctrl-a"],
        "To the line's start.",
        |app| editing::step(app, Step::LineStart),
    ),
    Command::new(Id("text-line-end"), Scope::Text, "line end", &["end"], "To the line's end.", |app| {
        editing::step(app, Step::LineEnd)
    }),
    Command::new(Id("text-start"), Scope::Text, "start", &["ctrl-home", "alt-<"], "To the start of the text.", |app| {
        editing::step(app, Step::Start)
    }),
    Command::new(Id("text-end"), Scope::Text, "end", &["ctrl-end", "alt->"], "To the end of the text.", |app| {
        editing::step(app, Step::End)
    }),
    Command::new(
        Id("text-delete-back"),
        Scope::Text,
        "delete back",
        &["backspace", "ctrl-h"],
        "Delete the character before the cursor.",
        |app| editing::cut(app, Cut::Back),
    ),
    Command::new(
        Id("text-delete"),
        Scope::Text,
        "delete",
        &["delete", "ctrl-d"],
        "Delete the character at the cursor.",
        |app| editing::cut(app, Cut::Here),
    ),
    Command::new(
        Id("text-delete-word"),
        Scope::Text,
        "delete word",
        &["ctrl-w"],
        "Delete the word before the cursor.",
        |app| editing::cut(app, Cut::WordBack),
    ),
    Command::new(
        Id("text-delete-start"),
        Scope::Text,
        "delete to start",
        &["ctrl-u"],
        "Delete to the line's start.",
        |app| editing::cut(app, Cut::ToLineStart),
    ),
    Command::new(
        Id("text-delete-end"),
        Scope::Text,
        "delete to end",
        &["ctrl-k"],
        "Delete to the line's end.",
        |app| editing::cut(app, Cut::ToLineEnd),
    ),
];
