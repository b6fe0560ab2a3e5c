//! Rows that the screen wants, and results that are not shown any more.

use super::ask::{Kind, ask, close};
use super::result::Tab;
use crate::app::App;
use crate::app::effect::Effect;
use crate::feeds::part::Part;
use crate::feeds::sql;

/// Closes results that are not shown any more.
pub fn closed(app: &mut App, gone: &[Tab]) -> Vec<Effect> {
    let session = app.panes.query.session;
    let kept = |tab: &Tab| tab.grid.as_ref().is_some_and(|grid| !grid.is_whole_here()) && Some(tab.session) == session;
    let results = gone.iter().filter(|tab| kept(tab)).map(|tab| tab.id).collect();
    close(app, results)
}

/// Windows of rows that the screen wants.
pub fn windows_wanted(app: &mut App) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let session = state.session.filter(|_| state.is_on());
    let here = state.tab;
    let Some(tab) = state.tabs.get_mut(here).filter(|tab| Some(tab.session) == session) else { return Vec::new() };
    let id = tab.id;
    let Some(grid) = &mut tab.grid else { return Vec::new() };
    let (wanted, of) = (grid.wanted(), grid.rows);
    let mut effects = Vec::new();
    for (from, count) in wanted {
        let Some(session) = session else { break };
        let (serial, effect) = ask(app, Kind::Window, sql::Ask::Window { session, result: id, from, count });
        app.panes.query.windows.insert(serial, (id, from, of));
        effects.push(effect);
    }
    effects
}

/// Rows have come for the window.
pub fn window(app: &mut App, serial: u64, part: Part<sql::Fact>) {
    let Some((result, from, of)) = app.panes.query.windows.remove(&serial) else { return };
    let Some(grid) = app.panes.query.tab_of(result).and_then(|tab| tab.grid.as_mut()) else { return };
    match part {
        Part::Page(sql::Fact::Window { rows, .. }) | Part::Last(sql::Fact::Window { rows, .. }) => {
            grid.take(from, rows, of);
        }
        Part::Failed(failure) => {
            // Not asked for again until one moves: it would fail for ever.
            grid.take(from, Vec::new(), of);
            app.note(true, failure.message.clone());
            app.say(failure.message);
        }
        Part::Page(_) | Part::Last(_) => grid.lost(from),
    }
}
