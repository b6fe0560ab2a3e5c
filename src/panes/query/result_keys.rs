//! The effects of keys on the shown result: its columns, its order, its tabs.

use super::result::Tab;
use super::running::Seen;
use super::state::{Asking, Reading, State};
use super::{connect, copied, order, plan, pump, reading, rows, value, watch, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::{Grid, next_order};
use crate::app::update::settle::done;
use crate::model::sql::{ResultId, Transaction, guard, token};

/// Says that there is none.
pub fn none(app: &mut App) -> Vec<Effect> {
    app.say("there is no result");
    done(app)
}

/// Copies the selected value whole, or a plan as text.
pub fn copy(app: &mut App) -> Vec<Effect> {
    match plan::text(app) {
        Some(text) => copied::copied(app, text),
        None => value::value(app, Reading::Copy),
    }
}

/// Does something to the grid that is shown.
pub fn grid(app: &mut App, does: fn(&mut Grid)) -> Vec<Effect> {
    match app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut()) {
        Some(grid) => does(grid),
        None => app.say("there is no result"),
    }
    done(app)
}

/// Hides the selected column.
pub fn hide(app: &mut App) -> Vec<Effect> {
    match app.panes.query.shown_mut().and_then(|tab| tab.grid.as_mut()).map(Grid::hide) {
        Some(true) => app.say("hidden: + shows all columns again"),
        Some(false) => app.say("it is the only column"),
        None => app.say("there is no result"),
    }
    done(app)
}

/// The fields of what is selected: of a result one row at a time.
pub fn inspect(app: &mut App) -> Option<Vec<Effect>> {
    if app.panes.query.schema.shown { None } else { record(app) }
}

/// One row at a time, field by field, or the grid again.
pub fn record(app: &mut App) -> Option<Vec<Effect>> {
    let tab = app.panes.query.shown_mut()?;
    tab.record = !tab.record && tab.grid.as_ref().and_then(Grid::selected).is_some();
    Some(done(app))
}

/// Begins to select rows, or lets go of them.
pub fn select(app: &mut App) -> Vec<Effect> {
    grid(app, |grid| grid.anchor = if grid.anchor.is_some() { None } else { Some(grid.place) })
}

/// Sorts what is here by the selected column: upwards, downwards, as it came. A filter stays.
pub fn sort(app: &mut App) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else {
        app.say("there is no result");
        return Vec::new();
    };
    let Some(column) = tab.grid.as_ref().and_then(Grid::selected) else { return Vec::new() };
    let sort = next_order(tab.sorted, column);
    let filter = tab.filter.clone();
    reading::arrange(app, filter, sort)
}

/// Has the server sort by the selected column, as a new query: upwards, then downwards.
pub fn order(app: &mut App) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown() else {
        app.say("there is no result");
        return Vec::new();
    };
    let words = token::words(&tab.statement);
    let queries = ["select", "table", "values", "with"];
    let is_query = words.first().is_some_and(|first| queries.iter().any(|word| first.is(&tab.statement, word)));
    let writes = !guard::judge(&tab.statement).nature.only_reads();
    let Some(column) = tab.grid.as_ref().and_then(Grid::selected).filter(|_| is_query && !writes) else {
        app.say("the server can sort only what a query that writes nothing returns");
        return Vec::new();
    };
    let (statement, filters) = (order::by(&tab.statement, column), !tab.filter.is_empty());
    if filters {
        app.say("the server sorts all rows: & filters them again");
    }
    pump::enqueue(app, &format!("{statement};"));
    done(app)
}

/// The result before, or after.
pub fn turn(app: &mut App, by: isize) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let count = state.tabs.len();
    if count == 0 {
        app.say("there is no result");
        return Vec::new();
    }
    state.tab = (state.tab as isize + by).rem_euclid(count as isize) as usize;
    done(app)
}

/// Closes the result that is shown.
pub fn close(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let here = state.tab;
    if here >= state.tabs.len() {
        app.say("there is no result");
        return Vec::new();
    }
    let tab = &state.tabs[here];
    // Within a transaction a cancel takes back all that was done in it.
    if is_read(state, tab) && state.transaction != Transaction::Idle {
        app.say("it is still read, and a transaction is open, which a cancel would fail: Ctrl-c cancels");
        return Vec::new();
    }
    // Nobody else has the changes.
    if tab.has_changes() {
        let id = tab.id;
        return windows::ask(app, Asking::Close(id));
    }
    let mut effects = gone(app, here);
    effects.extend(done(app));
    effects
}

/// Closes a result that somebody agreed to lose the changes of.
pub fn close_anyway(app: &mut App, result: ResultId) -> Vec<Effect> {
    let place = app.panes.query.tabs.iter().position(|tab| tab.id == result);
    place.map_or_else(Vec::new, |place| gone(app, place))
}

/// Whether a statement still runs for it.
fn is_read(state: &State, tab: &Tab) -> bool {
    tab.ended.is_none() && state.running.as_ref().is_some_and(|running| tab.id >= running.result)
}

/// The result at a place goes. Where it is still read the server is told to stop: its statement ends cancelled.
fn gone(app: &mut App, here: usize) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let gone = state.tabs.remove(here);
    let reads = is_read(state, &gone);
    // A tab that stands before the shown one must not change which that is.
    if state.tab > here || state.tab >= state.tabs.len() {
        state.tab = state.tab.saturating_sub(1);
    }
    if !reads {
        watch::left(app, gone.id);
        return rows::closed(app, &[gone]);
    }
    if let Some(running) = &mut state.running {
        running.seen = Seen::Closed;
    }
    // A result that has begun is cancelled by being closed: twice might cancel what comes next.
    let asked = connect::cancel(app);
    if gone.grid.is_some() { rows::closed(app, &[gone]) } else { asked }
}
