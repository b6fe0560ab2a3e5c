//! Handlers for opening a database and for switching the environment.

use super::state::{ID, LIST, State};
use super::{session, session_lookup};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::subject::Subject;
use crate::app::ticket::Owner;
use crate::app::update::open::go;

/// Opens the pane at a database or instance that another pane refers to.
pub fn shows(app: &mut App, subject: &Subject) -> Option<Vec<Effect>> {
    let (id, _) = subject.database().filter(|_| app.shown_pane().id != ID)?;
    app.screen.list(LIST).select_key(id);
    app.lists_changed();
    Some(go(app, ID))
}

/// Closes the session and resets the state when another environment is opened.
pub fn switched(app: &mut App) -> Vec<Effect> {
    let effects = session::close_session(app);
    let previous = std::mem::take(&mut app.panes.database);
    app.panes.database = State { sessions: previous.sessions, serial: previous.serial, ..State::default() };
    effects
}

/// Returns the requests that are due.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = session::plan(app);
    effects.extend(session_lookup::plan(app));
    effects
}

/// Handles an answer to one of the pane's requests.
pub fn answer(app: &mut App, answer: Answer) {
    if matches!(answer.ticket.owner, Owner::Pane(_, session::CONNECTED_SESSIONS)) {
        return session_lookup::answer(app, answer);
    }
    session::answer(app, answer);
}
