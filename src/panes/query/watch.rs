//! `\watch`: every run of a repeated statement replaces the result of the previous run.

use super::answers;
use super::running::Pending;
use super::state::State;
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::sql::ResultId;
use crate::model::sql::interpreter::Run;

/// Marks the next run of a watched statement as due.
pub fn is_due(state: &mut State) {
    if let Some((_, due)) = &mut state.watch {
        *due = true;
    }
}

/// Ends `\watch` when its result is closed.
pub fn result_closed(app: &mut App, result: ResultId) {
    let state = &mut app.panes.query;
    if state.watch.is_some_and(|(last, _)| last == result) && matches!(state.pending, Some(Pending::Wait(_))) {
        (state.pending, state.watch) = (None, None);
        state.interpreter.clear();
        if !answers::roll_back_aborted(app) {
            app.show_message("stopped");
        }
    }
}

/// The results of `\watch`: that of the previous run, and the one that is shown.
#[derive(Debug, Clone, Copy)]
pub struct Repeats {
    old: ResultId,
    shown: Option<ResultId>,
    /// Whether one row is shown at a time.
    record: Option<bool>,
}

/// Prepares the next run of a watched statement: it replaces the previous result, unless that has pending changes.
pub fn prepare_run(app: &mut App, run: &Run) -> Option<Repeats> {
    let state = &mut app.panes.query;
    let (old, _) = state.watch.take().filter(|(_, due)| *due && run.every.is_some())?;
    let shown = state.shown().map(|tab| tab.id);
    let tab = state.tab_of(old).filter(|tab| !tab.has_changes());
    let place = tab.and_then(|tab| tab.grid.as_ref()).map(|grid| (grid.place, grid.column));
    if let Some(place) = place {
        state.replaced = Some((run.statement.clone(), old));
        state.reselect = Some(place).filter(|place| *place != (0, 0));
    }
    let record = state.tab_of(old).map(|tab| tab.record);
    Some(Repeats { old, shown, record })
}

/// Records the new result of a watched statement. If another result is shown, it stays shown.
pub fn run_started(app: &mut App, every: Option<u64>, repeats: Option<Repeats>) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let Some(new) = state.running.as_ref().map(|running| running.result).filter(|_| every.is_some()) else {
        return Vec::new();
    };
    state.watch = Some((new, false));
    let Some(Repeats { old, shown, record }) = repeats else { return Vec::new() };
    if let (Some(tab), Some(record)) = (state.tab_of(new), record) {
        tab.record = record;
    }
    // Of several statements (`\;`), the results of the others are replaced too.
    let (gone, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut state.tabs).into_iter().partition(|tab| tab.id > old && tab.id < new && !tab.has_changes());
    state.tabs = kept;
    let away = shown.filter(|shown| *shown < old);
    let at = away.and_then(|shown| state.tabs.iter().position(|tab| tab.id == shown));
    state.tab = at.unwrap_or(state.tabs.len().saturating_sub(1));
    super::rows::close_results(app, &gone)
}
