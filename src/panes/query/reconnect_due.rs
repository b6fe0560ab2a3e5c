//! Reconnecting when it is due, and reporting when the writer has moved.

use super::result::Tab;
use super::state::{Link, State};
use super::{addresses, answers, connect, reconnect};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::tunnels;
use crate::model::sql::Transaction;
use crate::model::tunnel::remote_end::RemoteTarget;

/// Reconnects if that is due and needs no question to the user.
pub fn reconnect_if_due(app: &mut App) -> Vec<Effect> {
    report_new_writer(app);
    let state = &app.panes.query;
    let Some(returns) = state.reconnection.filter(|returns| app.now >= returns.next_attempt) else { return Vec::new() };
    let Some(far) = state.place.clone().filter(|_| !app.poller.wrong_account()) else { return Vec::new() };
    match state.link {
        // A session that has become read-only is replaced by a new one, unless it is in use.
        Link::On if app.now.duration_since(returns.since) >= reconnect::LIMIT => {
            app.panes.query.reconnection = None;
            return Vec::new();
        }
        Link::On if is_busy(state) => return Vec::new(),
        Link::On | Link::Lost(_) => {}
        Link::Off | Link::Opening(_) => return Vec::new(),
    }
    if addresses::is_tunnelled(app) {
        let to = RemoteTarget::Address(far.clone());
        if tunnels::find::server_behind(app, &to).is_none() {
            if tunnels::find::tunnel_to(app, &to).is_some_and(tunnels::state::Tunnel::is_live) && reconnect::failed(app)
            {
                return Vec::new();
            }
            // Opening a tunnel may ask a question, and whoever closed the tunnel did not want it.
            app.panes.query.reconnection = None;
            if let Link::Lost(why) = &mut app.panes.query.link {
                *why = why.replace(answers::AGAIN, &format!("the tunnel is closed: {}", answers::ENTER));
            }
            app.lists_changed();
            return Vec::new();
        }
    }
    connect::reach(app, far)
}

/// Whether the session is in use, or something would be lost with it.
fn is_busy(state: &State) -> bool {
    let edits = state.tabs.iter().any(Tab::has_changes);
    state.transaction != Transaction::Idle || state.running.is_some() || state.pending.is_some() || edits
}

/// Reports when another member has become the writer since the connection was made.
fn report_new_writer(app: &mut App) {
    let Some(far) = app.panes.query.place.clone().filter(|_| app.panes.query.is_on()) else { return };
    let Some(now) = reconnect::writer(app, &far) else { return };
    let previous = app.panes.query.writer.replace(now.clone());
    if let Some(previous) = previous.filter(|previous| *previous != now) {
        // Earlier reported changes still hold.
        let earlier = app.panes.query.changed.clone();
        let news: Vec<String> = earlier.into_iter().chain([format!("{now} writes now, not {previous}")]).collect();
        reconnect::say(app, &news);
    }
}
