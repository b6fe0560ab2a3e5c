//! Handlers for keys on the shown result: its columns, its order, its tabs.

use super::result::Tab;
use super::running::Seen;
use super::state::{DialogQuestion, State, ValueUse};
use super::{connect, copy_texts, plan, psql, row_scans, rows, server_sort, value, watch, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::{Grid, next_order};
use crate::app::update::refresh::after_move;
use crate::model::sql::{ResultId, Transaction, guard, token};

/// Reports that there is no result.
pub fn report_no_result(app: &mut App) -> Vec<Effect> {
    app.show_message("there is no result");
    after_move(app)
}

/// Copies the complete selected value, or a plan as text.
pub fn copy(app: &mut App) -> Vec<Effect> {
    match plan::text(app) {
        Some(text) => copy_texts::copy_to_clipboard(app, text),
        None => value::read_selected(app, ValueUse::Copy),
    }
}

/// Applies a change to the shown grid.
pub fn grid(app: &mut App, change: fn(&mut Grid)) -> Vec<Effect> {
    match app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut()) {
        Some(grid) => change(grid),
        None => app.show_message("there is no result"),
    }
    after_move(app)
}

/// Hides the selected column.
pub fn hide(app: &mut App) -> Vec<Effect> {
    match app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut()).map(Grid::hide) {
        Some(true) => app.show_message("hidden: + shows all columns again"),
        Some(false) => app.show_message("it is the only column"),
        None => app.show_message("there is no result"),
    }
    after_move(app)
}

/// `i`: shows the fields of the selection, which for a result is one row at a time.
pub fn inspect(app: &mut App) -> Option<Vec<Effect>> {
    if app.panes.query.schema.shown { None } else { record(app) }
}

/// Toggles between one row at a time and the grid.
pub fn record(app: &mut App) -> Option<Vec<Effect>> {
    let tab = app.panes.query.shown_mut()?;
    tab.record = !tab.record && tab.grid.as_ref().and_then(Grid::selected).is_some();
    Some(after_move(app))
}

/// Starts or ends the selection of rows.
pub fn select(app: &mut App) -> Vec<Effect> {
    grid(app, |grid| grid.anchor = if grid.anchor.is_some() { None } else { Some(grid.place) })
}

/// Sorts the loaded rows by the selected column: ascending, descending, unsorted. A filter stays.
pub fn sort_loaded_rows(app: &mut App) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else {
        app.show_message("there is no result");
        return Vec::new();
    };
    let Some(column) = tab.grid.as_ref().and_then(Grid::selected) else { return Vec::new() };
    let sort = next_order(tab.sorted, column);
    let filter = tab.filter.clone();
    row_scans::arrange(app, filter, sort)
}

/// Lets the server sort by the selected column, as a new query: ascending, then descending.
pub fn sort_on_server(app: &mut App) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else {
        app.show_message("there is no result");
        return Vec::new();
    };
    let words = token::significant_tokens(&tab.statement);
    let queries = ["select", "table", "values", "with"];
    let is_query = words.first().is_some_and(|first| queries.iter().any(|word| first.is(&tab.statement, word)));
    let writes = !guard::judge(&tab.statement).nature.only_reads();
    let Some(column) = tab.grid.as_ref().and_then(Grid::selected).filter(|_| is_query && !writes) else {
        app.show_message("the server can sort only what a query that writes nothing returns");
        return Vec::new();
    };
    let (statement, filters) = (server_sort::sorted_by(&tab.statement, column), !tab.filter.is_empty());
    if filters {
        app.show_message("the server sorts all rows: & filters them again");
    }
    psql::enqueue(app, &format!("{statement};"));
    after_move(app)
}

/// Switches to the previous or next result.
pub fn switch_result(app: &mut App, by: isize) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let count = state.tabs.len();
    if count == 0 {
        app.show_message("there is no result");
        return Vec::new();
    }
    state.tab = (state.tab as isize + by).rem_euclid(count as isize) as usize;
    after_move(app)
}

/// Closes the shown result.
pub fn close(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let here = state.tab;
    if here >= state.tabs.len() {
        app.show_message("there is no result");
        return Vec::new();
    }
    let tab = &state.tabs[here];
    // Within a transaction, a cancel would roll back everything done in it.
    if is_read(state, tab) && state.transaction != Transaction::Idle {
        app.show_message("it is still being read, and a cancel would fail the open transaction: Ctrl-c cancels");
        return Vec::new();
    }
    // The changes exist nowhere else.
    if tab.has_changes() {
        let id = tab.id;
        return windows::ask(app, DialogQuestion::Close(id));
    }
    let mut effects = gone(app, here);
    effects.extend(after_move(app));
    effects
}

/// Closes a result after the loss of its changes was confirmed.
pub fn close_anyway(app: &mut App, result: ResultId) -> Vec<Effect> {
    let place = app.panes.query.tabs.iter().position(|tab| tab.id == result);
    place.map_or_else(Vec::new, |place| gone(app, place))
}

/// Whether a statement is still running for the tab.
fn is_read(state: &State, tab: &Tab) -> bool {
    tab.ended.is_none() && state.running.as_ref().is_some_and(|running| tab.id >= running.result)
}

/// Removes the result at an index. If it is still being read, cancels its statement.
fn gone(app: &mut App, here: usize) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let gone = state.tabs.remove(here);
    let reads = is_read(state, &gone);
    // Removing a tab before the shown one must not change which one is shown.
    if state.tab > here || state.tab >= state.tabs.len() {
        state.tab = state.tab.saturating_sub(1);
    }
    if !reads {
        watch::result_closed(app, gone.id);
        return rows::close_results(app, &[gone]);
    }
    if let Some(running) = &mut state.running {
        running.seen = Seen::Closed;
    }
    // Closing a result that is being read cancels it; a second cancel might hit the next statement.
    let cancel_effects = connect::cancel(app);
    if gone.grid.is_some() { rows::close_results(app, &[gone]) } else { cancel_effects }
}
