//! The effects of keys, the questions of the pane, and what the answers change.

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

/// The questions that are due: none before the account is known, and none while nobody looks.
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

/// Takes an answer in: alarms come page by page, and half of a list must not pass for all of it.
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

/// Nothing of the environment before stays.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.alarms = State::default();
    Vec::new()
}
