//! Key handlers, the pane's requests, and the handling of answers.

use super::state::{ID, State};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::refresh::after_move;
use crate::feeds::aws::{Fact, Part, Query};
use jiff::SignedDuration;

/// Poll interval while the pane is shown.
const EVERY: SignedDuration = SignedDuration::from_secs(60);

/// Toggles between all alarms and those in the state ALARM.
pub fn only_firing(app: &mut App) -> Vec<Effect> {
    app.panes.alarms.only_firing = !app.panes.alarms.only_firing;
    after_move(app)
}

/// Returns the requests that are due: none before the account is known, and none while the pane is hidden.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let due = app.panes.alarms.asked.is_none_or(|asked| app.now.duration_since(asked) >= EVERY);
    if app.shown_pane().id != ID || !due || app.estate.identity.at().is_none() {
        return Vec::new();
    }
    app.panes.alarms.asked = Some(app.now);
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, 0), serial: 0 };
    let query = Query::Alarms { prefixes: app.environment.alarms.clone() };
    vec![Effect::Fetch { ticket, priority: Priority::Operator, ask: query.into() }]
}

/// Handles an answer. Alarms come page by page, and an incomplete list must not pass for a complete one.
pub fn answer(app: &mut App, answer: Answer) {
    let state = &mut app.panes.alarms;
    match answer.of().part {
        Part::Page(Fact::Alarms(page)) => state.coming.extend(page),
        Part::Last(Fact::Alarms(page)) => {
            state.coming.extend(page);
            (state.alarms, state.failure, state.read) = (std::mem::take(&mut state.coming), None, Some(app.now));
        }
        Part::Failed(failure) => {
            state.coming.clear();
            state.failure = Some(failure);
        }
        Part::Last(_) | Part::Page(_) => {}
    }
}

/// Resets the state when another environment is opened.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.alarms = State::default();
    Vec::new()
}
