//! The commands of the Query pane, one row each: keys, title and action.

use super::choices::{Prompt, Window};
use super::edits::EditKind;
use super::schema::update::is_shown;
use super::{
    connect, edit, editing, foreign_keys, line, plan, result_keys, schema, state, storage, text_keys, update, windows,
};
use crate::app::command::{Bottom, Id, Risk, Scope};
use crate::app::editor::{Cut, Step};
use crate::app::grid::Grid;
use crate::app::safety::WRITE_SESSION_RISK;
use crate::app::update::run;
use crate::app::{App, Command};

const OWN: Scope = Scope::Pane(state::ID.0);

/// Whether results are shown.
fn on_results(app: &App) -> bool {
    !is_shown(app)
}

/// The commands of the pane.
pub(super) const COMMANDS: &[Command] = &[
    Command::new(
        Id("query-enter"),
        Scope::Text,
        "run after ;",
        &["enter"],
        "Run the text if it ends with `;` or is a psql command; else begin a new line.",
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
    Command::new(
        Id("query-explain"),
        OWN,
        "explain",
        &["f6", "alt-e"],
        "Show the query plan (EXPLAIN) of the statement under the cursor, as a tree with costs.",
        |app| plan::explain(app, false),
    ),
    Command::new(
        Id("query-analyze"),
        OWN,
        "analyze",
        &["f7", "alt-a"],
        "Run the statement under the cursor with EXPLAIN ANALYZE: times, estimated and actual rows, the slowest node marked. Its changes are rolled back.",
        |app| plan::explain(app, true),
    )
    .on_bottom(Bottom::First(13)),
    Command::new(
        Id("query-compare"),
        OWN,
        "compare",
        &["="],
        "Compare the plan with the previous one, then with the one before that, then show it alone.",
        plan::compare,
    ),
    text_keys::COMPLETE.on_bottom(Bottom::First(3)),
    Command::new(
        Id("query-interrupt"),
        OWN,
        "cancel",
        &["ctrl-c"],
        "Cancel the running statement; else clear the typed text; else quit.",
        update::interrupt,
    )
    .on_bottom(Bottom::First(4)),
    Command::new(Id("query-history"), OWN, "history", &["ctrl-r"], "Search the history of statements.", |app| {
        windows::open(app, Window::History)
    })
    .on_bottom(Bottom::First(5)),
    Command::new(Id("query-older"), Scope::Text, "older", &["ctrl-p"], "The previous statement of the history.", |app| {
        editing::walk(app, true)
    }),
    Command::new(Id("query-newer"), Scope::Text, "newer", &["ctrl-n"], "The next statement of the history.", |app| {
        editing::walk(app, false)
    }),
    Command::new(
        Id("query-editor"),
        OWN,
        "own editor",
        &["ctrl-e"],
        "Edit the text in your own editor ($VISUAL, $EDITOR, else vi), like \\e.",
        storage::edit_typed,
    ),
    Command::new(Id("query-saved"), OWN, "saved", &["alt-o"], "Open a saved query.", storage::open)
        .on_bottom(Bottom::First(12)),
    Command::new(
        Id("query-save"),
        OWN,
        "save",
        &["alt-s"],
        "Save the editor's text under a name, as a file in the folder `queries`.",
        |app| line::prompt(app, Prompt::Save),
    ),
    Command::new(
        Id("query-record"),
        OWN,
        "record",
        &["i"],
        "Show one row field by field, or the grid again, like \\x.",
        |app| result_keys::record(app).unwrap_or_else(|| result_keys::report_no_result(app)),
    )
    .when(on_results)
    .on_bottom(Bottom::First(6)),
    Command::new(Id("query-search"), OWN, "search", &["/"], "Search the rows; n and N go to the next and the previous match.", |app| {
        if is_shown(app) { run::filter(app) } else { line::prompt(app, Prompt::Search) }
    })
    .on_bottom(Bottom::First(7)),
    Command::new(Id("query-filter"), OWN, "filter", &["&"], "Show only the rows that contain a text.", |app| {
        line::prompt(app, Prompt::Filter)
    })
    .on_bottom(Bottom::First(8)),
    Command::new(
        Id("query-sort"),
        OWN,
        "sort",
        &["s"],
        "Sort the loaded rows by the selected column: ascending, descending, original order; a filter stays.",
        result_keys::sort_loaded_rows,
    )
    .when(on_results)
    .on_bottom(Bottom::First(9)),
    Command::new(
        Id("query-order"),
        OWN,
        "server sort",
        &["o"],
        "Run the query again, sorted by the selected column on the server: ascending, then descending.",
        result_keys::sort_on_server,
    ),
    Command::new(Id("query-copy"), OWN, "copy", &["y"], "Copy the whole selected value; a plan as text.", result_keys::copy).when(on_results),
    Command::new(
        Id("query-copy-as"),
        OWN,
        "copy as",
        &["c"],
        "Copy the row, the selected rows or the column as CSV, TSV, INSERT, JSON or Markdown.",
        |app| windows::open(app, Window::Copy),
    )
    .when(on_results)
    .on_bottom(Bottom::First(10)),
    Command::new(
        Id("query-export"),
        OWN,
        "export",
        &["ctrl-s"],
        "Write the result to a new file; its extension sets the format: .csv, .tsv, .json, .jsonl, .sql, .md, .txt.",
        |app| line::prompt(app, Prompt::Export),
    )
    .on_bottom(Bottom::First(14)),
    Command::new(
        Id("query-save-value"),
        OWN,
        "save value",
        &["alt-y"],
        "Write the whole selected value to a new file; bytea as raw bytes.",
        |app| line::prompt(app, Prompt::Value),
    ),
    Command::new(
        windows::SAID,
        OWN,
        "messages",
        &["!"],
        "Show all messages of the server about the result: its status, notices and warnings.",
        windows::said,
    ),
    Command::new(
        Id("query-edit"),
        OWN,
        "edit",
        &["e"],
        "Edit the selected cell of a result of one table with its primary key; W applies the pending changes.",
        |app| edit::begin(app, EditKind::Cell),
    ),
    Command::new(Id("query-add-row"), OWN, "add row", &["A"], "Add a new row to the pending changes; W applies them.", |app| {
        edit::begin(app, EditKind::Add)
    })
    .with_risk(Risk::Change),
    Command::new(
        Id("query-delete-row"),
        OWN,
        "delete row",
        &["D"],
        "Mark the selected row for deletion, or unmark it; W applies the pending changes.",
        |app| edit::begin(app, EditKind::Delete),
    )
    .with_risk(Risk::Change),
    Command::new(Id("query-undo-change"), OWN, "undo", &["u"], "Undo the last pending change.", edit::undo),
    Command::new(
        Id("query-write"),
        OWN,
        "write",
        &["W"],
        "Show the statements of all pending changes, and apply them in one transaction after confirmation: each must change exactly one row.",
        edit::write,
    )
    .with_risk(Risk::Change),
    Command::new(
        Id("query-select"),
        OWN,
        "select rows",
        &["v"],
        "Start selecting rows here, or clear the selection.",
        result_keys::select,
    ),
    Command::new(Id("query-row"), OWN, "to row", &["#"], "Go to a row by its number.", |app| {
        line::prompt(app, Prompt::Row)
    }),
    Command::new(
        Id("query-first-column"),
        OWN,
        "first column",
        &["0", "^"],
        "To the first column of the result.",
        |app| result_keys::grid(app, |grid| grid.move_column(isize::MIN)),
    ),
    Command::new(Id("query-last-column"), OWN, "last column", &["$"], "To the last column of the result.", |app| {
        result_keys::grid(app, |grid| grid.move_column(isize::MAX))
    }),
    Command::new(Id("query-column"), OWN, "to column", &["|"], "Go to a column by its name.", |app| {
        windows::open(app, Window::Column)
    }),
    Command::new(
        Id("query-freeze"),
        OWN,
        "freeze",
        &["f"],
        "Freeze the columns up to the selected one at the left, or unfreeze them.",
        |app| result_keys::grid(app, Grid::freeze),
    ),
    Command::new(Id("query-columns"), OWN, "columns", &["a"], "Choose which columns are shown.", |app| {
        windows::open(app, Window::Columns)
    })
    .on_bottom(Bottom::First(11)),
    Command::new(Id("query-hide"), OWN, "hide column", &["minus"], "Hide the selected column.", result_keys::hide),
    Command::new(Id("query-show"), OWN, "show columns", &["+"], "Show all columns in their original order.", |app| {
        result_keys::grid(app, Grid::show_all)
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
    Command::new(Id("query-earlier"), OWN, "earlier result", &["["], "To the previous result or section.", |app| {
        if is_shown(app) { schema::update::switch_section(app, -1) } else { result_keys::switch_result(app, -1) }
    }),
    Command::new(Id("query-later"), OWN, "later result", &["]"], "To the next result or section.", |app| {
        if is_shown(app) { schema::update::switch_section(app, 1) } else { result_keys::switch_result(app, 1) }
    }),
    Command::new(
        Id("query-references"),
        OWN,
        "references",
        &["b"],
        "List the rows that the selected one refers to by foreign keys, and those that refer to it.",
        foreign_keys::references,
    )
    .when(on_results)
    .on_bottom(Bottom::First(16)),
    schema::keys::OPEN,
    schema::keys::READ,
    schema::keys::WRITE,
    schema::keys::REFRESH,
    Command::new(Id("query-close"), OWN, "close result", &["w"], "Close the shown result.", result_keys::close),
    Command::new(
        Id("query-writes"),
        OWN,
        "allow writes",
        &["U"],
        "Allow writes in a read-only session, after confirmation.",
        connect::writes,
    )
    .with_risk(WRITE_SESSION_RISK),
    Command::new(Id("query-disconnect"), OWN, "disconnect", &[], "Close the session, like \\q.", connect::quit),
    Command::new(
        Id("query-connect"),
        OWN,
        "connect to",
        &[],
        "Choose a writer or a reader and connect to it.",
        connect::again,
    ),
    Command::new(
        Id("text-undo"),
        Scope::Text,
        "undo",
        &["alt-u", "ctrl-7"],
        "Undo the last change.",
        editing::undo,
    ),
    Command::new(Id("text-redo"), Scope::Text, "redo", &["ctrl-y"], "Redo the undone change.", editing::redo),
    Command::new(
        Id("text-comment"),
        Scope::Text,
        "comment",
        &["alt-/"],
        "Comment the line out, or uncomment it.",
        editing::comment,
    ),
    text_keys::FIND,
    text_keys::FIND_NEXT,
    text_keys::FIND_PREVIOUS,
    text_keys::FORMAT,
    text_keys::EXPAND,
    text_keys::NEW,
    text_keys::EARLIER,
    text_keys::LATER,
    text_keys::RENAME,
    text_keys::CLOSE,
    Command::new(Id("text-new-line"), Scope::Text, "new line", &["ctrl-j"], "Begin a new line.", |app| {
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
