//! The effects of opening a database and of switching the environment.

use super::state::{ID, LIST, State};
use super::{session, who};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::subject::Subject;
use crate::app::ticket::Owner;
use crate::app::update::open::go;

/// Shows a database, or the one of an instance.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    let (id, _) = subject.database().filter(|_| app.shown().id != ID)?;
    app.screen.list(LIST).select_key(id);
    app.lists_changed();
    Some(go(app, ID))
}

/// Another environment is opened: the session is closed, and nothing of it stays.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let effects = session::leave(app);
    let before = std::mem::take(&mut app.panes.database);
    app.panes.database = State { sessions: before.sessions, serial: before.serial, ..State::default() };
    effects
}

/// The questions that are due now.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = session::plan(app);
    effects.extend(who::plan(app));
    effects
}

/// Handles an answer that this pane asked for.
pub fn answer(app: &mut App, answer: Answer) {
    if matches!(answer.ticket.owner, Owner::Pane(_, session::WHO)) {
        return who::answer(app, answer);
    }
    session::answer(app, answer);
}
