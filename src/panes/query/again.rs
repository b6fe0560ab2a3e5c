//! Connects again when that is due, and says when another member writes.

use super::result::Tab;
use super::state::{Link, State};
use super::{connect, facts, place, returning};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::tunnels;
use crate::model::sql::Transaction;
use crate::model::tunnel::far::To;

/// Connects again where that is due, and nothing is asked of anybody for it.
pub fn due(app: &mut App) -> Vec<Effect> {
    follow(app);
    let state = &app.panes.query;
    let Some(returns) = state.returns.filter(|returns| app.now >= returns.at) else { return Vec::new() };
    let Some(far) = state.place.clone().filter(|_| !app.poller.wrong_account()) else { return Vec::new() };
    match state.link {
        // A session that writes no more is left for another one, unless somebody is at something in it.
        Link::On if app.now.duration_since(returns.since) >= returning::LIMIT => {
            app.panes.query.returns = None;
            return Vec::new();
        }
        Link::On if is_busy(state) => return Vec::new(),
        Link::On | Link::Lost(_) => {}
        Link::Off | Link::Opening(_) => return Vec::new(),
    }
    if place::is_tunnelled(app) {
        let to = To::Place(far.clone());
        if tunnels::find::ready(app, &to).is_none() {
            if tunnels::find::to(app, &to).is_some_and(tunnels::state::Tunnel::is_live) && returning::failed(app) {
                return Vec::new();
            }
            // To open one may ask, and whoever closed it did not want it.
            app.panes.query.returns = None;
            if let Link::Lost(why) = &mut app.panes.query.link {
                *why = why.replace(facts::AGAIN, &format!("the tunnel is closed: {}", facts::ENTER));
            }
            app.lists_changed();
            return Vec::new();
        }
    }
    connect::reach(app, far)
}

/// Whether something would be lost with the session, or somebody is at it.
fn is_busy(state: &State) -> bool {
    let edits = state.tabs.iter().any(Tab::has_changes);
    state.transaction != Transaction::Idle || state.running.is_some() || state.pending.is_some() || edits
}

/// Says when another member writes than when it was connected to.
fn follow(app: &mut App) {
    let Some(far) = app.panes.query.place.clone().filter(|_| app.panes.query.is_on()) else { return };
    let Some(now) = returning::writer(app, &far) else { return };
    let before = app.panes.query.writer.replace(now.clone());
    if let Some(before) = before.filter(|before| *before != now) {
        // What else changed still holds.
        let known = app.panes.query.changed.clone();
        let news: Vec<String> = known.into_iter().chain([format!("{now} writes now, not {before}")]).collect();
        returning::say(app, &news);
    }
}
