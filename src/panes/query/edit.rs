//! Changes of a result of one table: made cell by cell and row by row, then applied together.

use super::ask::look;
use super::choice::Window;
use super::edit_line::prompt;
use super::edits::{At, Edit, Edited, Wish, Wished};
use super::sequence::{Script, Step, Then, Wanted};
use super::state::{Asking, Reading, State};
use super::{order, pump, value, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::Grid;
use crate::app::overlays;
use crate::app::update::settle::done;
use crate::app::update::windows::push_window;
use crate::model::sql::edit::{Change, Changes, Table, Value, key_of, of_a_line, question, table_of};
use crate::model::sql::{ResultId, guard};

/// The purpose with which the table of a result is looked up.
pub const TABLE: &str = "table";

/// The result was closed, or read anew, while its value was typed.
const GONE: &str = "the rows that this was typed for are not here any more: nothing was changed";

/// Which row it is cannot be said.
const UNKEYED: &str = "the key of this row is not here whole, or stands there with two values";

/// Rows outlive the session that they came from.
const ELSEWHERE: &str = "these rows are of another database than the session: connect there to change them";

/// Says why nothing is edited: the value may be typed already.
fn refused(app: &mut App, why: impl Into<String>) -> Vec<Effect> {
    app.no_line(why);
    done(app)
}

fn says(app: &mut App, what: impl Into<String>) -> Vec<Effect> {
    app.say(what);
    done(app)
}

/// Edits the selected cell, adds a row, or has the selected one go; looks first what table that is.
pub fn begin(app: &mut App, wish: Wish) -> Vec<Effect> {
    let state = &app.panes.query;
    let Some(tab) = state.shown() else {
        // Without a result the key is what it is everywhere.
        if wish == Wish::Cell {
            let environments = overlays::environments(app);
            push_window(app, environments);
            return done(app);
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
        return refused(app, "it is still read: Ctrl-c cancels");
    }
    let Some(server) = &state.server else { return Vec::new() };
    if !tab.is_of(server) {
        return refused(app, ELSEWHERE);
    }
    match table_of(query_of(&tab.statement), &grid.columns, server) {
        Err(why) => {
            let hint = if server.read_only && server.reader != Some(true) { "; U allows writes" } else { "" };
            refused(app, format!("it cannot be edited: {why}{hint}"))
        }
        Ok(table) => {
            // Who moves on before it is known what table that is means the row where the key was pressed.
            let (result, at) = (tab.id, At::selected(grid));
            if at.is_none() && wish != Wish::Add {
                return refused(app, "this row is not here yet");
            }
            if tab.edit.is_some() {
                return does(app, result, wish, at);
            }
            if wish == Wish::Cell {
                app.line_to_come();
            }
            let asked = app.panes.query.wishes.iter().find(|wished| wished.result == result).map(|asked| asked.serial);
            let (mut effects, serial) = match asked {
                Some(serial) => (Vec::new(), serial),
                None => (look(app, TABLE, question(table)), app.panes.query.serial),
            };
            app.panes.query.wishes.push(Wished { serial, result, wish, at });
            effects.extend(done(app));
            effects
        }
    }
}

/// The statement whose rows a result has: that the server sorts them changes none.
fn query_of(statement: &str) -> &str {
    order::parts(statement).map_or(statement, |(query, ..)| query)
}

/// Takes the answer to which table a result is of: the wishes that waited for it are carried out in their order.
pub fn table(app: &mut App, serial: u64, answer: Result<&[Vec<Option<String>>], &str>) {
    let all = std::mem::take(&mut app.panes.query.wishes);
    let (wished, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|wished| wished.serial == serial);
    app.panes.query.wishes = others;
    let Some(result) = wished.first().map(|wished| wished.result) else { return };
    let Some(tab) = app.panes.query.tab_of(result) else { return app.no_line(GONE) };
    let columns = tab.grid.as_ref().map(|grid| grid.columns.clone()).unwrap_or_default();
    let known = answer.map_err(str::to_owned).and_then(|rows| {
        let table = Table::of(rows).ok_or("it is of no table: views and the like are not changed here")?;
        let key = key_of(&columns, &table)?;
        Ok(Edit { changes: Changes { table, list: Vec::new() }, key })
    });
    match known {
        Err(why) => app.no_line(format!("it cannot be edited: {why}")),
        Ok(edit) => {
            tab.edit = Some(edit);
            for Wished { wish, at, .. } in wished {
                let effects = does(app, result, wish, at);
                app.panes.query.effects.extend(effects);
            }
        }
    }
}

fn does(app: &mut App, result: ResultId, wish: Wish, at: Option<At>) -> Vec<Effect> {
    let is_shown = app.panes.query.shown().is_some_and(|tab| tab.id == result);
    match (wish, at) {
        // A line and a window are about what is on the screen.
        (Wish::Cell | Wish::Add, _) if !is_shown => refused(app, "another result is shown: nothing is edited"),
        (Wish::Cell, Some(at)) => cell(app, result, at),
        (Wish::Add, _) => add(app),
        (Wish::Delete, Some(at)) => delete(app, result, &at),
        (Wish::Cell | Wish::Delete, None) => Vec::new(),
    }
}

/// Begins to edit a cell.
fn cell(app: &mut App, result: ResultId, mut at: At) -> Vec<Effect> {
    let Some((grid, edit)) = edited(&app.panes.query, result) else { return Vec::new() };
    let Some(column) = grid.columns.get(at.column).cloned() else { return Vec::new() };
    let (number, name) = (column.number, column.name.clone());
    // Columns of the system have numbers below 0.
    if column.table_oid == 0 || number <= 0 {
        return refused(app, format!("{name} is not a column of {}", edit.changes.table.written()));
    }
    if edit.changes.table.generated.contains(&number) {
        return refused(app, format!("{name} is made by the server itself"));
    }
    let Some(key) = edit.key_of(&at.cells) else { return refused(app, UNKEYED) };
    if edit.changes.goes(&key) {
        return refused(app, "this row goes: D keeps it");
    }
    let changed = edit.changes.changed(&key, number).cloned();
    let row = edit.was(&grid.columns, &at.cells);
    app.panes.query.edited = Some(Edited::Cell { result, key, row, number });
    if let Some(value) = changed {
        prompt(app, value.as_deref());
        return done(app);
    }
    let cell = (at.column < at.cells.len()).then(|| at.cells.swap_remove(at.column));
    value::read(app, (result, at.row, at.column, column, cell), Reading::Edit)
}

/// Takes the value that was typed for a cell.
pub fn accepted(app: &mut App, line: &str) -> Vec<Effect> {
    let Some(edited) = app.panes.query.edited.take() else { return refused(app, GONE) };
    let value: Value = of_a_line(line);
    let was = app.panes.query.was.take();
    let (Edited::Cell { result, .. } | Edited::New { result, .. }) = &edited;
    let edit = app.panes.query.tab_of(*result).and_then(|tab| tab.edit.as_mut());
    let Some(edit) = edit else { return refused(app, GONE) };
    match edited {
        Edited::Cell { key, row, number, .. } => {
            // Of one that was changed before, what was read is known already.
            edit.changes.set(&key, &row, number, was, value);
            done(app)
        }
        Edited::New { number, .. } => {
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

/// A row comes: a window has its columns. One that was begun last is gone on with.
fn add(app: &mut App) -> Vec<Effect> {
    if let Some(edit) = app.panes.query.shown_mut().and_then(|tab| tab.edit.as_mut())
        && !matches!(edit.changes.list.last(), Some(Change::Insert { .. }))
    {
        edit.changes.list.push(Change::Insert { values: Vec::new() });
    }
    windows::open(app, Window::Row)
}

/// A line of the window for a row was chosen: another row, or a column.
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
    app.panes.query.edited = Some(Edited::New { result, number });
    prompt(app, text.as_deref());
    done(app)
}

/// Marks a row to be deleted, or takes the mark away.
fn delete(app: &mut App, result: ResultId, at: &At) -> Vec<Effect> {
    let Some((grid, edit)) = edited(&app.panes.query, result) else { return Vec::new() };
    let Some(key) = edit.key_of(&at.cells) else { return says(app, UNKEYED) };
    let was = edit.was(&grid.columns, &at.cells);
    if let Some(edit) = app.panes.query.tab_of(result).and_then(|tab| tab.edit.as_mut()) {
        edit.changes.toggle_delete(&key, was);
    }
    done(app)
}

fn edited(state: &State, result: ResultId) -> Option<(&Grid, &Edit)> {
    let tab = state.tabs.iter().find(|tab| tab.id == result)?;
    Some((tab.grid.as_ref()?, tab.edit.as_ref()?))
}

/// Takes the last change back.
pub fn undo(app: &mut App) -> Vec<Effect> {
    let last = app.panes.query.shown_mut().and_then(|tab| tab.edit.as_mut()).and_then(|edit| edit.changes.list.pop());
    let said = match last {
        None => "nothing was changed",
        Some(Change::Insert { .. }) => "the new row is dropped",
        Some(Change::Delete { .. }) => "the row stays",
        Some(Change::Update { .. }) => "the row is as it was read",
    };
    says(app, said)
}

/// Shows the statements of the changes, and applies them after a yes.
pub fn write(app: &mut App) -> Vec<Effect> {
    let state = &app.panes.query;
    let changes = state.shown().and_then(|tab| Some((tab, tab.edit.as_ref()?)));
    let Some((tab, edit)) = changes.filter(|(_, edit)| !edit.changes.list.is_empty()) else {
        return says(app, "nothing was changed: e edits the selected cell, A adds a row, D deletes one");
    };
    // The server may have become a reader since.
    let columns = tab.grid.as_ref().map(|grid| grid.columns.as_slice()).unwrap_or_default();
    let Some(server) = state.server.as_ref().filter(|_| state.is_on()) else {
        return says(app, "there is no session: Enter connects again");
    };
    if !tab.is_of(server) {
        return says(app, ELSEWHERE);
    }
    if let Err(why) = table_of(query_of(&tab.statement), columns, server) {
        return says(app, format!("it cannot be applied: {why}"));
    }
    if state.running.is_some() || state.pending.is_some() {
        return says(app, "a statement runs: Ctrl-c cancels it");
    }
    let statements = edit.changes.statements();
    let count = statements.len();
    let steps = statements.into_iter().map(|statement| Step { statement, wanted: Wanted::OneRow }).collect();
    match Script::new(state.transaction, true, steps, Then::Changed(tab.id, count)) {
        Ok(mut script) => {
            script.title = if count == 1 { "Apply 1 change".to_owned() } else { format!("Apply {count} changes") };
            "Apply".clone_into(&mut script.verb);
            script.why = vec!["Each statement must touch exactly one row, else all are taken back.".to_owned()];
            windows::ask(app, Asking::Script(Box::new(script)))
        }
        Err(why) => says(app, why),
    }
}

/// They were applied: the rows are read again, where that changes nothing.
pub fn applied(app: &mut App, result: ResultId) {
    let state = &mut app.panes.query;
    let Some(number) = state.tabs.iter().position(|tab| tab.id == result) else { return };
    state.tabs[number].edit = None;
    let statement = state.tabs[number].statement.clone();
    if !guard::judge(&statement).nature.only_reads() {
        return;
    }
    // The rows stay until the new ones are here.
    state.again = state.tabs[number].grid.as_ref().map(|grid| (grid.place, grid.column));
    state.replaced = Some((statement.clone(), result));
    pump::enqueue(app, &format!("{statement}\n;"));
}
