//! Editing a result of a single table: changes are made cell by cell and row by row, then applied together.

use super::choices::Window;
use super::edit_line::prompt;
use super::edits::{Edit, EditKind, EditTarget, PendingEdit, SelectedCell};
use super::requests::look_up;
use super::sequence::{Script, Step, Then, Wanted};
use super::state::{DialogQuestion, State, ValueUse};
use super::{psql, server_sort, value, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::Grid;
use crate::app::overlays;
use crate::app::update::refresh::after_move;
use crate::app::update::windows::push_window;
use crate::model::sql::edit::{Change, Changes, Table, Value, decode_line, editable_table, key_positions, table_query};
use crate::model::sql::{ResultId, guard};

/// The purpose of looking up the table of a result.
pub const TABLE: &str = "table";

/// Shown if the result was closed or reloaded while a value was being typed.
const GONE: &str = "the rows that this was typed for are not here any more: nothing was changed";

/// Shown if the row cannot be identified.
const UNKEYED: &str = "the key of this row is incomplete in this result, or has two values";

/// Shown if the rows come from another database than the session's.
const ELSEWHERE: &str = "these rows are of another database than the session: connect there to change them";

/// Reports why nothing is edited; keys that may already be typed for the value are ignored.
fn refused(app: &mut App, why: impl Into<String>) -> Vec<Effect> {
    app.refuse_line(why);
    after_move(app)
}

fn report(app: &mut App, what: impl Into<String>) -> Vec<Effect> {
    app.show_message(what);
    after_move(app)
}

/// Edits the selected cell, adds a row, or marks the selected row for deletion, after looking up the table.
pub fn begin(app: &mut App, wish: EditKind) -> Vec<Effect> {
    let state = &app.panes.query;
    let Some(tab) = state.shown() else {
        // Without a result, the key has its general meaning.
        if wish == EditKind::Cell {
            let environments = overlays::environments(app);
            push_window(app, environments);
            return after_move(app);
        }
        return refused(app, "there is no result");
    };
    if tab.plan.is_some() {
        return refused(app, "a plan is not edited");
    }
    let Some(grid) = &tab.grid else { return refused(app, "this result has no rows") };
    if !state.is_on() {
        return refused(app, "there is no session: what is shown cannot be edited");
    }
    if state.running.as_ref().is_some_and(|running| running.result == tab.id) {
        return refused(app, "it is still being read: Ctrl-c cancels");
    }
    let Some(server) = &state.server else { return Vec::new() };
    if !tab.is_from(server) {
        return refused(app, ELSEWHERE);
    }
    match editable_table(query_of(&tab.statement), &grid.columns, server) {
        Err(why) => {
            let hint = if server.read_only && server.reader != Some(true) { "; U allows writes" } else { "" };
            refused(app, format!("it cannot be edited: {why}{hint}"))
        }
        Ok(table) => {
            // Remembers the selected row, in case the selection moves before the table is known.
            let (result, at) = (tab.id, SelectedCell::selected(grid));
            if at.is_none() && wish != EditKind::Add {
                return refused(app, "this row is not here yet");
            }
            if tab.edit.is_some() {
                return carry_out(app, result, wish, at);
            }
            if wish == EditKind::Cell {
                app.expect_line();
            }
            let asked =
                app.panes.query.pending_edits.iter().find(|wished| wished.result == result).map(|asked| asked.serial);
            let (mut effects, serial) = match asked {
                Some(serial) => (Vec::new(), serial),
                None => (look_up(app, TABLE, table_query(table)), app.panes.query.serial),
            };
            app.panes.query.pending_edits.push(PendingEdit { serial, result, kind: wish, cell: at });
            effects.extend(after_move(app));
            effects
        }
    }
}

/// The query whose rows the result contains. Sorting by the server does not matter for edits.
fn query_of(statement: &str) -> &str {
    server_sort::parts(statement).map_or(statement, |(query, ..)| query)
}

/// Handles the look-up of a result's table: carries out the waiting edits in their order.
pub fn table(app: &mut App, serial: u64, answer: Result<&[Vec<Option<String>>], &str>) {
    let waiting = std::mem::take(&mut app.panes.query.pending_edits);
    let (wished, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|wished| wished.serial == serial);
    app.panes.query.pending_edits = others;
    let Some(result) = wished.first().map(|wished| wished.result) else { return };
    let Some(tab) = app.panes.query.tab_of(result) else { return app.refuse_line(GONE) };
    let columns = tab.grid.as_ref().map(|grid| grid.columns.clone()).unwrap_or_default();
    let known = answer.map_err(str::to_owned).and_then(|rows| {
        let table = Table::of(rows).ok_or("it is of no table: views and the like are not changed here")?;
        let key = key_positions(&columns, &table)?;
        Ok(Edit { changes: Changes { table, list: Vec::new() }, key })
    });
    match known {
        Err(why) => app.refuse_line(format!("it cannot be edited: {why}")),
        Ok(edit) => {
            tab.edit = Some(edit);
            for PendingEdit { kind: wish, cell: at, .. } in wished {
                let effects = carry_out(app, result, wish, at);
                app.panes.query.effects.extend(effects);
            }
        }
    }
}

fn carry_out(app: &mut App, result: ResultId, wish: EditKind, at: Option<SelectedCell>) -> Vec<Effect> {
    let is_shown = app.panes.query.shown().is_some_and(|tab| tab.id == result);
    match (wish, at) {
        // An input line or dialog must belong to the result on the screen.
        (EditKind::Cell | EditKind::Add, _) if !is_shown => refused(app, "another result is shown: nothing is edited"),
        (EditKind::Cell, Some(at)) => cell(app, result, at),
        (EditKind::Add, _) => add(app),
        (EditKind::Delete, Some(at)) => delete(app, result, &at),
        (EditKind::Cell | EditKind::Delete, None) => Vec::new(),
    }
}

/// Starts to edit a cell.
fn cell(app: &mut App, result: ResultId, mut at: SelectedCell) -> Vec<Effect> {
    let Some((grid, edit)) = edited(&app.panes.query, result) else { return Vec::new() };
    let Some(column) = grid.columns.get(at.column).cloned() else { return Vec::new() };
    let (number, name) = (column.number, column.name.clone());
    // System columns have negative numbers.
    if column.table_oid == 0 || number <= 0 {
        return refused(app, format!("{name} is not a column of {}", edit.changes.table.qualified_name()));
    }
    if edit.changes.table.generated.contains(&number) {
        return refused(app, format!("{name} is made by the server itself"));
    }
    let Some(key) = edit.key_of(&at.cells) else { return refused(app, UNKEYED) };
    if edit.changes.is_deleted(&key) {
        return refused(app, "this row goes: D keeps it");
    }
    let changed = edit.changes.changed(&key, number).cloned();
    let row = edit.read_values(&grid.columns, &at.cells);
    app.panes.query.edit_target = Some(EditTarget::Cell { result, key, row, number });
    if let Some(value) = changed {
        prompt(app, value.as_deref());
        return after_move(app);
    }
    let cell = (at.column < at.cells.len()).then(|| at.cells.swap_remove(at.column));
    value::read(app, (result, at.row, at.column, column, cell), ValueUse::Edit)
}

/// Handles the value typed for a cell.
pub fn accepted(app: &mut App, line: &str) -> Vec<Effect> {
    let Some(edited) = app.panes.query.edit_target.take() else { return refused(app, GONE) };
    let value: Value = decode_line(line);
    let was = app.panes.query.original_value.take();
    let (EditTarget::Cell { result, .. } | EditTarget::New { result, .. }) = &edited;
    let edit = app.panes.query.tab_of(*result).and_then(|tab| tab.edit.as_mut());
    let Some(edit) = edit else { return refused(app, GONE) };
    match edited {
        EditTarget::Cell { key, row, number, .. } => {
            // For a value that was changed before, the original one is already recorded.
            edit.changes.set(&key, &row, number, was, value);
            after_move(app)
        }
        EditTarget::New { number, .. } => {
            if let Some(Change::Insert { values }) = edit.changes.list.last_mut() {
                match values.iter_mut().find(|(known, _)| *known == number) {
                    Some(known) => known.1 = value,
                    None => values.push((number, value)),
                }
            }
            windows::open(app, Window::Row)
        }
    }
}

/// Adds a row; a dialog shows its columns. If the last change is an unfinished new row, continues with it.
fn add(app: &mut App) -> Vec<Effect> {
    if let Some(edit) = app.panes.query.shown_mut().and_then(|tab| tab.edit.as_mut())
        && !matches!(edit.changes.list.last(), Some(Change::Insert { .. }))
    {
        edit.changes.list.push(Change::Insert { values: Vec::new() });
    }
    windows::open(app, Window::Row)
}

/// Handles a choice in the new row's dialog: another row, or a column.
pub fn column(app: &mut App, choice: &str) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown_mut() else { return Vec::new() };
    let (result, Some(edit)) = (tab.id, &mut tab.edit) else { return Vec::new() };
    let Ok(number) = choice.parse::<i16>() else {
        edit.changes.list.push(Change::Insert { values: Vec::new() });
        return windows::open(app, Window::Row);
    };
    let value = match edit.changes.list.last() {
        Some(Change::Insert { values }) => values.iter().find(|(known, _)| *known == number).cloned(),
        _ => None,
    };
    let text = value.map_or(Some(String::new()), |(_, value)| value);
    app.panes.query.edit_target = Some(EditTarget::New { result, number });
    prompt(app, text.as_deref());
    after_move(app)
}

/// Marks a row for deletion, or removes the mark.
fn delete(app: &mut App, result: ResultId, at: &SelectedCell) -> Vec<Effect> {
    let Some((grid, edit)) = edited(&app.panes.query, result) else { return Vec::new() };
    let Some(key) = edit.key_of(&at.cells) else { return report(app, UNKEYED) };
    let was = edit.read_values(&grid.columns, &at.cells);
    if let Some(edit) = app.panes.query.tab_of(result).and_then(|tab| tab.edit.as_mut()) {
        edit.changes.toggle_delete(&key, was);
    }
    after_move(app)
}

fn edited(state: &State, result: ResultId) -> Option<(&Grid, &Edit)> {
    let tab = state.tabs.iter().find(|tab| tab.id == result)?;
    Some((tab.grid.as_ref()?, tab.edit.as_ref()?))
}

/// Undoes the last change.
pub fn undo(app: &mut App) -> Vec<Effect> {
    let last = app.panes.query.shown_mut().and_then(|tab| tab.edit.as_mut()).and_then(|edit| edit.changes.list.pop());
    let message = match last {
        None => "nothing was changed",
        Some(Change::Insert { .. }) => "the new row is dropped",
        Some(Change::Delete { .. }) => "the row stays",
        Some(Change::Update { .. }) => "the row is as it was read",
    };
    report(app, message)
}

/// Shows the statements of the changes, and applies them after confirmation.
pub fn write(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.query;
    let changes = state.shown().and_then(|tab| Some((tab, tab.edit.as_ref()?)));
    let Some((tab, edit)) = changes.filter(|(_, edit)| !edit.changes.list.is_empty()) else {
        return report(app, "nothing was changed: e edits the selected cell, A adds a row, D deletes one");
    };
    // The server may have become a reader in the meantime.
    let columns = tab.grid.as_ref().map(|grid| grid.columns.as_slice()).unwrap_or_default();
    let Some(server) = state.server.as_ref().filter(|_| state.is_on()) else {
        return report(app, "there is no session: Enter connects again");
    };
    if !tab.is_from(server) {
        return report(app, ELSEWHERE);
    }
    if let Err(why) = editable_table(query_of(&tab.statement), columns, server) {
        return report(app, format!("it cannot be applied: {why}"));
    }
    if state.running.is_some() || state.pending.is_some() {
        return report(app, "a statement runs: Ctrl-c cancels it");
    }
    let statements = edit.changes.statements();
    let count = statements.len();
    let steps = statements.into_iter().map(|statement| Step { statement, wanted: Wanted::OneRow }).collect();
    match Script::new(state.transaction, true, steps, Then::Changed(tab.id, count)) {
        Ok(mut script) => {
            script.title = if count == 1 { "Apply 1 change".to_owned() } else { format!("Apply {count} changes") };
            "Apply".clone_into(&mut script.verb);
            script.why = vec!["Each statement must change exactly one row, otherwise all are rolled back.".to_owned()];
            windows::ask(app, DialogQuestion::Script(Box::new(script)))
        }
        Err(why) => report(app, why),
    }
}

/// Handles applied changes: reads the rows again if the query has no side effects.
pub fn applied(app: &mut App, result: ResultId) {
    let state = &mut app.panes.query;
    let Some(number) = state.tabs.iter().position(|tab| tab.id == result) else { return };
    state.tabs[number].edit = None;
    let statement = state.tabs[number].statement.clone();
    if !guard::judge(&statement).nature.only_reads() {
        return;
    }
    // The old rows stay until the new ones arrive.
    state.reselect = state.tabs[number].grid.as_ref().map(|grid| (grid.place, grid.column));
    state.replaced = Some((statement.clone(), result));
    psql::enqueue(app, &format!("{statement}\n;"));
}
