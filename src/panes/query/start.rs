//! Starting a statement.

use super::requests::{Kind, of_session};
use super::result::Tab;
use super::running::{Pending, Running, Seen};
use crate::app::App;
use crate::app::effect::Effect;
use crate::feeds::sql::{self, RunOptions};
use crate::model::sql::ResultId;

/// How a statement is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// In a tab.
    Tab {
        /// Whether one row is shown at a time.
        record: bool,
    },
    /// Not at all; the outcome goes to whoever requested it.
    Hidden,
}

/// Sends a statement; `pending` is what is then waited for.
pub fn start(app: &mut App, statement: &str, shown: Shown, pending: Pending) -> Vec<Effect> {
    start_with(app, statement, shown, pending, RunOptions::default())
}

/// Sends a statement with its settings.
pub fn start_with(app: &mut App, statement: &str, shown: Shown, pending: Pending, beside: RunOptions) -> Vec<Effect> {
    let now = app.now;
    let state = &mut app.panes.query;
    let Some(session) = state.session else { return Vec::new() };
    state.used = Some(now);
    state.results += 1;
    let (result, statement) = (ResultId(state.results), statement.to_owned());
    let mut gone = Vec::new();
    if let Shown::Tab { record } = shown {
        let mut tab = Tab::new(result, session, statement.clone(), now);
        tab.record = record;
        tab.origin = state.server.as_ref().map(|server| (server.host.clone(), server.database.clone()));
        tab.from = state.followed.take_if(|(followed, _)| *followed == statement).map(|(_, from)| from);
        let shown = state.shown().map(|tab| tab.id);
        let replaced = state.replaced.take_if(|(replaced, _)| *replaced == statement).map(|(_, from)| from);
        tab.replaces = replaced.is_some();
        gone = state.open(tab);
        state.keep_rows_of(replaced.or(shown));
    }
    let beside = Box::new(beside);
    let sent = statement.clone();
    let run = |session| sql::Ask::Run { session, result, statement, options: beside };
    let Some((serial, effect)) = of_session(app, Kind::Run, run) else {
        return Vec::new();
    };
    let state = &mut app.panes.query;
    let seen = if shown == Shown::Hidden { Seen::Nowhere } else { Seen::Tabs };
    state.running = Some(Running::new(result, serial, sent, seen, now));
    state.pending = Some(pending);
    let mut effects = vec![effect];
    effects.extend(super::rows::close_results(app, &gone));
    effects
}
