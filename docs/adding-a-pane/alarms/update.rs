//! What keys do in it, what it asks, and what the answers change.

use super::state::{ID, State};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::ticket::{Owner, Ticket};
use crate::app::update::settle::done;
use crate::feeds::aws::{Fact, Part, Query};
use jiff::SignedDuration;

/// Alarms are asked for this often while the pane is shown.
const EVERY: SignedDuration = SignedDuration::from_secs(60);

/// All alarms, or those that are in alarm.
pub fn only_firing(app: &mut App) -> Vec<Effect> {
    app.panes.alarms.only_firing = !app.panes.alarms.only_firing;
    done(app)
}

/// What is to be asked now: nothing before the account is known, and nothing while nobody looks.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let due = app.panes.alarms.asked.is_none_or(|asked| app.now.duration_since(asked) >= EVERY);
    if app.shown().id != ID || !due || app.estate.identity.at().is_none() {
        return Vec::new();
    }
    app.panes.alarms.asked = Some(app.now);
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, 0), serial: 0 };
    let query = Query::Alarms { prefixes: app.environment.alarms.clone() };
    vec![Effect::Fetch { ticket, lane: Priority::Operator, ask: query.into() }]
}

/// Takes an answer in.
pub fn answer(app: &mut App, answer: Answer) {
    let state = &mut app.panes.alarms;
    match answer.of().part {
        Part::Last(Fact::Alarms(alarms)) | Part::Page(Fact::Alarms(alarms)) => {
            (state.alarms, state.failure, state.read) = (alarms, None, Some(app.now));
        }
        Part::Failed(failure) => state.failure = Some(failure),
        Part::Last(_) | Part::Page(_) => {}
    }
}

/// Nothing of the environment before stays.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.alarms = State::default();
    Vec::new()
}
