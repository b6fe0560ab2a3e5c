//! Rows that the screen needs, and closing of results that are no longer shown.

use super::requests::{Kind, close, request};
use super::result::Tab;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::RowRequest;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::StatementOutcome;

/// Closes results that are no longer shown.
pub fn close_results(app: &mut App, gone: &[Tab]) -> Vec<Effect> {
    let results = gone.iter().filter(|tab| tab.grid.is_some() && !tab.is_in_memory()).map(|tab| tab.id).collect();
    close(app, results)
}

/// Removes a result that was read again, once its new rows are here; keeps it if they never come.
pub fn remove_replaced(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let Some(tab) = state.tabs.iter_mut().find(|tab| tab.replaces && tab.has_content()) else { return Vec::new() };
    tab.replaces = false;
    let read = matches!(tab.ended, None | Some(StatementOutcome::Done(_)));
    let old = tab.stand_in_result.filter(|_| read);
    let old = old.and_then(|old| state.tabs.iter().position(|tab| tab.id == old && !tab.has_changes()));
    let Some(old) = old else { return Vec::new() };
    let gone = state.tabs.remove(old);
    if state.tab > old {
        state.tab -= 1;
    }
    close_results(app, &[gone])
}

/// Requests the windows of rows that the screen needs.
pub fn request_windows(app: &mut App) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown_mut() else { return Vec::new() };
    let result = tab.id;
    let Some(grid) = &mut tab.grid else { return Vec::new() };
    let (wanted, of, version) = (grid.missing_rows(), grid.rows, grid.version);
    let mut effects = Vec::new();
    for wanted in wanted {
        let (from, question) = match wanted {
            RowRequest::Window(from, count) => (from, sql::Ask::Window { result, from, count }),
            RowRequest::Rows(from, rows) => (from, sql::Ask::Rows { result, rows, most: 0 }),
        };
        let (serial, effect) = request(app, Kind::Window, question);
        app.panes.query.windows.insert(serial, (result, from, of, version));
        effects.push(effect);
    }
    effects
}

/// Handles rows for the window.
pub fn window(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some((result, from, of, version)) = app.panes.query.windows.remove(&serial) else { return };
    let Some(grid) = app.panes.query.tab_of(result).and_then(|tab| tab.grid.as_mut()) else { return };
    match part {
        Part::Page(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. })
        | Part::Last(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. }) => {
            grid.take(from, rows, of, version);
        }
        Part::Failed(failure) => {
            // Not requested again until the selection moves, because it would fail forever.
            grid.take(from, Vec::new(), of, version);
            app.note(true, failure.message.clone());
            app.show_message(failure.message);
        }
        Part::Page(_) | Part::Last(_) => grid.request_lost(from),
    }
}
