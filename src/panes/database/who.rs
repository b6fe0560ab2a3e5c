//! The sessions of the database, before somebody has another member write: asked in the session that stands, or in one
//! that is opened for it where that asks nobody anything.

use super::session;
use super::state::{Link, Who};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::event::Answer;
use crate::app::operation::database::Connected;
use crate::app::ticket::Owner;
use crate::app::tunnels;
use crate::app::update::change;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::connected::{PURPOSE, WHO, lines};
use crate::model::tunnel::far::{RemoteAddress, To};
use jiff::SignedDuration;

/// The plan does not wait longer for a server.
const PATIENCE: SignedDuration = SignedDuration::from_secs(5);

/// Another member is to write.
pub fn failover(app: &mut App) -> Vec<Effect> {
    let Some((request, far)) = change::database::failover(app) else { return Vec::new() };
    let (now, of) = (app.now, request.database.clone());
    let mut who = Who { request, since: now, serial: None, own: false };
    let state = &app.panes.database;
    let mut effects = Vec::new();
    if state.link != Link::On || state.of != of {
        if matches!(state.link, Link::On | Link::Opening(_)) {
            return planned(app, who, Connected::Unknown("the open session is with another server".into()));
        }
        match way(app, far) {
            Ok(place) => {
                who.own = true;
                effects.extend(session::open(app, place));
                app.panes.database.of = of;
            }
            Err(why) => return planned(app, who, Connected::Unknown(why.to_owned())),
        }
    }
    app.say("looking who is connected …");
    app.panes.database.who = Some(who);
    effects.extend(plan(app));
    effects.extend(done(app));
    effects
}

/// Where its writer is reached, unless somebody would have to be asked for it.
fn way(app: &App, far: Option<RemoteAddress>) -> Result<sql::Place, &'static str> {
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
    tunnels::find::ready(app, &To::Place(far)).ok_or("no tunnel to the writer is open: a opens one")
}

/// Asks once there is a session; where none comes, the plan is made without an answer.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let Some(who) = app.panes.database.who.clone() else { return Vec::new() };
    if let Link::Failed(failure) = &app.panes.database.link {
        let why = failure.message.clone();
        return over(app, Connected::Unknown(why));
    }
    if app.now.duration_since(who.since) > PATIENCE {
        return over(app, Connected::Unknown("the server did not answer within 5 s".to_owned()));
    }
    let state = &app.panes.database;
    let (Some(session), Link::On, None) = (state.session, &state.link, who.serial) else { return Vec::new() };
    let look = sql::Ask::Look { session, purpose: PURPOSE, statement: WHO.to_owned() };
    let (serial, effect) = session::ask(app, session::WHO, look);
    if let Some(who) = &mut app.panes.database.who {
        who.serial = Some(serial);
    }
    vec![effect]
}

/// Stores who is connected.
pub fn answer(app: &mut App, answer: Answer) {
    let serial = answer.ticket.serial;
    let Owner::Pane(..) = answer.ticket.owner else { return };
    if app.panes.database.who.as_ref().and_then(|who| who.serial) != Some(serial) {
        return;
    }
    let connected = match answer.of().part {
        Part::Page(sql::Fact::Looked { rows, .. }) | Part::Last(sql::Fact::Looked { rows, .. }) => {
            Connected::Known(lines(&rows))
        }
        Part::Failed(failure) => Connected::Unknown(failure.message),
        Part::Page(_) | Part::Last(_) => return,
    };
    let effects = over(app, connected);
    app.panes.database.effects.extend(effects);
}

/// The plan is made; a session for this alone is left.
fn over(app: &mut App, connected: Connected) -> Vec<Effect> {
    let Some(who) = app.panes.database.who.take() else { return Vec::new() };
    let mut effects = if who.own && !app.panes.database.shown { session::leave(app) } else { Vec::new() };
    if app.shown().id != super::state::ID || !app.screen.overlays.is_empty() {
        app.say("the failover was not planned: something else was looked at meanwhile");
        return effects;
    }
    effects.extend(planned(app, who, connected));
    effects
}

fn planned(app: &mut App, who: Who, connected: Connected) -> Vec<Effect> {
    let mut request = who.request;
    request.connected = connected;
    change::plan(app, request)
}
