//! `\watch`: a statement that is run again and again has one tab, which its next run takes the place of.

use super::facts;
use super::running::Pending;
use super::state::State;
use crate::app::App;
use crate::app::effect::Effect;
use crate::model::sql::ResultId;
use crate::model::sql::interpreter::Run;

/// The pause is over: what is watched runs again now.
pub fn is_due(state: &mut State) {
    if let Some((_, due)) = &mut state.watch {
        *due = true;
    }
}

/// A result is closed: what was to have its place next is not run again.
pub fn left(app: &mut App, result: ResultId) {
    let state = &mut app.panes.query;
    if state.watch.is_some_and(|(last, _)| last == result) && matches!(state.pending, Some(Pending::Wait(_))) {
        (state.pending, state.watch) = (None, None);
        state.interpreter.clear();
        if !facts::take_back(app) {
            app.say("stopped");
        }
    }
}

/// The results of `\watch`: that of the run before, and the one that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Repeats {
    old: ResultId,
    shown: Option<ResultId>,
    /// One row at a time is shown.
    record: Option<bool>,
}

/// A statement that was typed begins. It takes the place of what it showed before, unless that has changes which were not applied.
pub fn begins(app: &mut App, run: &Run) -> Option<Repeats> {
    let state = &mut app.panes.query;
    let (old, _) = state.watch.take().filter(|(_, due)| *due && run.every.is_some())?;
    let shown = state.shown().map(|tab| tab.id);
    let tab = state.tab_of(old).filter(|tab| !tab.has_changes());
    let place = tab.and_then(|tab| tab.grid.as_ref()).map(|grid| (grid.place, grid.column));
    if let Some(place) = place {
        state.replaced = Some((run.statement.clone(), old));
        state.again = Some(place).filter(|place| *place != (0, 0));
    }
    let record = state.tab_of(old).map(|tab| tab.record);
    Some(Repeats { old, shown, record })
}

/// It has begun: `every` where it will be repeated. Who looks at another result meanwhile stays there.
pub fn begun(app: &mut App, every: Option<u64>, repeats: Option<Repeats>) -> Vec<Effect> {
    let state = &mut app.panes.query;
    let Some(new) = state.running.as_ref().map(|running| running.result).filter(|_| every.is_some()) else {
        return Vec::new();
    };
    state.watch = Some((new, false));
    let Some(Repeats { old, shown, record }) = repeats else { return Vec::new() };
    if let (Some(tab), Some(record)) = (state.tab_of(new), record) {
        tab.record = record;
    }
    // Of several statements (`\;`) the others begin anew, too.
    let (gone, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut state.tabs).into_iter().partition(|tab| tab.id > old && tab.id < new && !tab.has_changes());
    state.tabs = kept;
    let away = shown.filter(|shown| *shown < old);
    let at = away.and_then(|shown| state.tabs.iter().position(|tab| tab.id == shown));
    state.tab = at.unwrap_or(state.tabs.len().saturating_sub(1));
    super::rows::closed(app, &gone)
}
