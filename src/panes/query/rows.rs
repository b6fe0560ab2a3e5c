//! Rows that the screen wants, and results that are not shown any more.

use super::ask::{Kind, ask, close};
use super::result::Tab;
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::Wanted;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::Ended;

/// Closes results that are not shown any more.
pub fn closed(app: &mut App, gone: &[Tab]) -> Vec<Effect> {
    let results = gone.iter().filter(|tab| tab.grid.is_some() && !tab.is_here()).map(|tab| tab.id).collect();
    close(app, results)
}

/// A result that was read again goes once its new rows are here; where they never came it stays.
pub fn replaced(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let Some(tab) = state.tabs.iter_mut().find(|tab| tab.replaces && tab.has_come()) else { return Vec::new() };
    tab.replaces = false;
    let read = matches!(tab.ended, None | Some(Ended::Done(_)));
    let old = tab.before.filter(|_| read);
    let old = old.and_then(|old| state.tabs.iter().position(|tab| tab.id == old && !tab.has_changes()));
    let Some(old) = old else { return Vec::new() };
    let gone = state.tabs.remove(old);
    if state.tab > old {
        state.tab -= 1;
    }
    closed(app, &[gone])
}

/// Windows of rows that the screen wants.
pub fn windows_wanted(app: &mut App) -> Vec<Effect> {
    let Some(tab) = app.panes.query.shown_mut() else { return Vec::new() };
    let result = tab.id;
    let Some(grid) = &mut tab.grid else { return Vec::new() };
    let (wanted, of, version) = (grid.wanted(), grid.rows, grid.version);
    let mut effects = Vec::new();
    for wanted in wanted {
        let (from, question) = match wanted {
            Wanted::Window(from, count) => (from, sql::Ask::Window { result, from, count }),
            Wanted::Rows(from, rows) => (from, sql::Ask::Rows { result, rows, most: 0 }),
        };
        let (serial, effect) = ask(app, Kind::Window, question);
        app.panes.query.windows.insert(serial, (result, from, of, version));
        effects.push(effect);
    }
    effects
}

/// Rows have come for the window.
pub fn window(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some((result, from, of, version)) = app.panes.query.windows.remove(&serial) else { return };
    let Some(grid) = app.panes.query.tab_of(result).and_then(|tab| tab.grid.as_mut()) else { return };
    match part {
        Part::Page(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. })
        | Part::Last(sql::Fact::Window { rows, .. } | sql::Fact::Rows { rows, .. }) => {
            grid.take(from, rows, of, version);
        }
        Part::Failed(failure) => {
            // Not asked for again until one moves: it would fail for ever.
            grid.take(from, Vec::new(), of, version);
            app.note(true, failure.message.clone());
            app.say(failure.message);
        }
        Part::Page(_) | Part::Last(_) => grid.lost(from),
    }
}
