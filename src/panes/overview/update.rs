//! What its keys do, what it asks, and what is put together for its blocks.

use super::state::{ID, State, TIMELINE};
use crate::app::App;
use crate::app::effect::{Effect, Lane};
use crate::app::event::Answer;
use crate::app::poll::HISTORY;
use crate::app::ticket::{Owner, Ticket};
use crate::app::timeline::happened;
use crate::app::update::settle::{done, many};
use crate::feeds::part::Part;
use crate::feeds::runs::{Ask, Fact, Place};
use jiff::SignedDuration;

/// The time line of many services is put together at most this often.
const MADE: SignedDuration = SignedDuration::from_secs(2);
/// What this machine knows is read this often.
const LOCAL: SignedDuration = SignedDuration::from_secs(15);
/// No more rows are kept.
const MOST: usize = 500;

/// The time line in the whole place, or all blocks again.
pub fn timeline(app: &mut App) -> Vec<Effect> {
    let shown = app.screen.zoom && app.focused() == TIMELINE;
    app.focus_on(TIMELINE);
    app.screen.zoom = !shown;
    done(app)
}

/// Puts the time line together while somebody looks, and asks for what this machine knows.
pub fn plan(app: &mut App) -> Vec<Effect> {
    if app.shown().id != ID || app.estate.identity.at().is_none() {
        return Vec::new();
    }
    let due = |at: Option<jiff::Timestamp>, every| at.is_none_or(|at| app.now.duration_since(at).abs() >= every);
    // Of a small environment it costs nothing.
    let (make, ask) = (!many(app) || due(app.panes.overview.made, MADE), due(app.panes.overview.asked, LOCAL));
    if make {
        make_timeline(app);
    }
    if !ask {
        return Vec::new();
    }
    app.panes.overview.asked = Some(app.now);
    let place = Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated };
    let since = app.service_now().checked_sub(HISTORY).unwrap_or(app.now);
    let changes = Ask::Changes { place, environment: app.environment.name.clone(), since };
    let ticket = Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, 0), serial: 0 };
    vec![Effect::Fetch { ticket, lane: Lane::Background, ask: changes.into() }]
}

fn make_timeline(app: &mut App) {
    let now = app.service_now();
    let since = now.checked_sub(HISTORY).unwrap_or(now);
    let local = &app.panes.overview.local;
    let mut events = happened(&app.estate, &app.environment.name, local, since, now, app.ahead);
    events.retain(|event| !event.routine);
    events.reverse();
    events.truncate(MOST);
    app.panes.overview.made = Some(app.now);
    if events != app.panes.overview.happened {
        app.panes.overview.happened = events;
        app.lists_changed();
    }
}

/// Takes in what this machine knows.
pub fn answer(app: &mut App, answer: Answer) {
    if let Part::Last(Fact::Changes(local)) = answer.of::<Fact>().part {
        app.panes.overview.local = local;
        app.panes.overview.made = None;
    }
}

/// Nothing of the environment before stays.
pub fn switched(app: &mut App) -> Vec<Effect> {
    app.panes.overview = State::default();
    Vec::new()
}
