//! The lookup of connected sessions before a failover is planned. It uses the open session, or opens one if that needs no
//! question to the user.

use super::session;
use super::state::{FailoverLookup, Link};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::operation::database::ConnectedSessions;
use crate::app::ticket::Owner;
use crate::app::tunnels;
use crate::app::update::change;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::open_sessions::{PURPOSE, QUERY, lines};
use crate::model::tunnel::remote_end::{RemoteAddress, RemoteTarget};
use jiff::SignedDuration;

/// Maximum time that the plan waits for a server.
const PATIENCE: SignedDuration = SignedDuration::from_secs(5);

/// Starts the lookup for a failover to another member.
pub fn failover(app: &mut App) -> Vec<Effect> {
    let Some((request, far)) = change::database::failover(app) else { return Vec::new() };
    let (now, of) = (app.now, request.database.clone());
    let mut who = FailoverLookup { request, since: now, serial: None, own: false };
    let state = &app.panes.database;
    let mut effects = Vec::new();
    if state.link != Link::On || state.connected_to != of {
        if matches!(state.link, Link::On | Link::Opening(_)) {
            return planned(app, who, ConnectedSessions::Unknown("the open session is with another server".into()));
        }
        match reachable_writer(app, far) {
            Ok(place) => {
                who.own = true;
                effects.extend(session::open(app, place));
                app.panes.database.connected_to = of;
            }
            Err(why) => return planned(app, who, ConnectedSessions::Unknown(why.to_owned())),
        }
    }
    app.show_message("looking up the connected sessions …");
    app.panes.database.failover_lookup = Some(who);
    effects.extend(plan(app));
    effects.extend(after_move(app));
    effects
}

/// The address of the writer, if it is reachable without asking the user anything.
fn reachable_writer(app: &App, far: Option<RemoteAddress>) -> Result<sql::Place, &'static str> {
    let far = far.ok_or("it has no endpoint")?;
    let database = &app.environment.database;
    let tunnel = &app.environment.tunnel;
    let named = database.user.is_some() || tunnel.user.is_some();
    let kept = [&database.secret, &database.parameter, &tunnel.secret, &tunnel.parameter];
    if !named && kept.iter().all(|place| place.is_none()) {
        return Err("it is not said who connects: write `database.user` or `database.secret` in the environment");
    }
    if app.poller.wrong_account() {
        return Err("the credentials belong to another account");
    }
    if !tunnels::find::is_tunnelled(app) {
        return Ok(sql::Place { host: far.host, port: far.port, through: None });
    }
    tunnels::find::server_behind(app, &RemoteTarget::Address(far)).ok_or("no tunnel to the writer is open: a opens one")
}

/// Sends the request once a session is open. Plans without an answer if none comes.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let Some(who) = app.panes.database.failover_lookup.clone() else { return Vec::new() };
    if let Link::Failed(failure) = &app.panes.database.link {
        let why = failure.message.clone();
        return finish(app, ConnectedSessions::Unknown(why));
    }
    if app.now.duration_since(who.since) > PATIENCE {
        return finish(app, ConnectedSessions::Unknown("the server did not answer within 5 s".to_owned()));
    }
    let state = &app.panes.database;
    let (Some(session), Link::On, None) = (state.session, &state.link, who.serial) else { return Vec::new() };
    let look = sql::Ask::Query { session, purpose: PURPOSE, statement: QUERY.to_owned() };
    let (serial, effect) = session::request(app, session::CONNECTED_SESSIONS, look);
    if let Some(who) = &mut app.panes.database.failover_lookup {
        who.serial = Some(serial);
    }
    vec![effect]
}

/// Handles the answer: plans the failover with the connected sessions.
pub fn answer(app: &mut App, answer: Answer) {
    let serial = answer.ticket.serial;
    let Owner::Pane(..) = answer.ticket.owner else { return };
    if app.panes.database.failover_lookup.as_ref().and_then(|who| who.serial) != Some(serial) {
        return;
    }
    let connected = match answer.of().part {
        Part::Page(sql::Fact::QueryRows { rows, .. }) | Part::Last(sql::Fact::QueryRows { rows, .. }) => {
            ConnectedSessions::Known(lines(&rows))
        }
        Part::Failed(failure) => ConnectedSessions::Unknown(failure.message),
        Part::Page(_) | Part::Last(_) => return,
    };
    let effects = finish(app, connected);
    app.panes.database.effects.extend(effects);
}

/// Plans the failover, and closes a session that was opened only for this.
fn finish(app: &mut App, connected: ConnectedSessions) -> Vec<Effect> {
    let Some(who) = app.panes.database.failover_lookup.take() else { return Vec::new() };
    let mut effects = if who.own && !app.panes.database.shown { session::close_session(app) } else { Vec::new() };
    if app.shown_pane().id != super::state::ID || !app.screen.overlays.is_empty() {
        app.show_message("the failover was not planned: another view was opened meanwhile");
        return effects;
    }
    effects.extend(planned(app, who, connected));
    effects
}

fn planned(app: &mut App, who: FailoverLookup, connected: ConnectedSessions) -> Vec<Effect> {
    let mut request = who.request;
    request.connected = connected;
    change::plan(app, request)
}
