//! The session: where it goes to, how it begins, and how it ends.

use super::ask::{Kind, ask, of_session, ticket};
use super::choice::Window;
use super::place::{is_tunnelled, places, read_only};
use super::state::{Asking, Link, interpreter};
use super::{facts, output, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::tunnels;
use crate::app::update::settle::done;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::interpreter::Connection;
use crate::model::sql::{SessionId, Transaction};
use crate::model::tunnel::far::{RemoteAddress, To};
use crate::model::{Failure, FailureKind};

/// Connects: to the only place, else to the one that is chosen.
pub fn connect(app: &mut App) -> Vec<Effect> {
    match &app.panes.query.link {
        Link::On => return Vec::new(),
        Link::Opening(_) => {
            app.say("connecting; Esc leaves it");
            return Vec::new();
        }
        Link::Off | Link::Lost(_) => {}
    }
    if app.poller.wrong_account() {
        app.say("the credentials belong to another account: nothing is connected to");
        return Vec::new();
    }
    let places = places(app);
    match &places[..] {
        [] => {
            app.say("there is nowhere to connect to");
            Vec::new()
        }
        [(_, place)] => {
            let place = place.clone();
            go(app, place)
        }
        // The writer of the only database is what is mostly meant; a key away is the reader.
        [..] => windows::open(app, Window::Places),
    }
}

/// Connects to a chosen place. What `\c` named belongs to the server that it was typed at.
pub fn go(app: &mut App, far: RemoteAddress) -> Vec<Effect> {
    if app.panes.query.place.as_ref().is_none_or(|place| place.host != far.host) {
        app.panes.query.who = sql::Who::default();
    }
    app.panes.query.returns = None;
    reach(app, far)
}

/// Connects to a place: through a tunnel of the environment where one is configured, which is opened if needed.
pub fn reach(app: &mut App, far: RemoteAddress) -> Vec<Effect> {
    app.panes.query.place = Some(far.clone());
    if !is_tunnelled(app) {
        return open(app, sql::Place { host: far.host, port: far.port, through: None });
    }
    let to = To::Place(far.clone());
    if let Some(place) = tunnels::find::ready(app, &to) {
        return open(app, place);
    }
    let mut effects = leave(app);
    let state = &mut app.panes.query;
    state.failure = None;
    state.link = Link::Opening(format!("{} (tunnel)", far.place()));
    state.wanted = Some(far);
    if tunnels::find::to(app, &to).is_none_or(|tunnel| !tunnel.is_live()) {
        let wish = tunnels::state::Wish { to: Some(to), ..tunnels::state::Wish::default() };
        effects.extend(tunnels::ask::open(app, wish));
    }
    effects.extend(done(app));
    effects
}

/// Connects as soon as the tunnel that is waited for leads there, or says why it never will.
pub fn tunnelled(app: &mut App) -> Vec<Effect> {
    let Some(far) = app.panes.query.wanted.clone() else { return Vec::new() };
    let to = To::Place(far);
    if let Some(place) = tunnels::find::ready(app, &to) {
        return open(app, place);
    }
    let asked = app.tunnels.asking.is_some() && !app.screen.overlays.is_empty();
    let tunnel = tunnels::find::to(app, &to);
    let why = match tunnel {
        Some(tunnel) if tunnel.is_live() => return Vec::new(),
        Some(tunnel) => tunnel.standing.reason.clone().unwrap_or_else(|| "the tunnel was closed".to_owned()),
        None if asked => return Vec::new(),
        None => "no tunnel was opened".to_owned(),
    };
    let hint = tunnel.and_then(|tunnel| tunnel.standing.hint.clone());
    facts::reset(&mut app.panes.query);
    let failure = Failure::new(FailureKind::Unreachable, why);
    let failure = match hint {
        Some(hint) => failure.hinted(hint),
        None => failure,
    };
    facts::unreached(app, &failure);
    app.lists_changed();
    Vec::new()
}

/// Opens a session to a place.
pub fn open(app: &mut App, place: sql::Place) -> Vec<Effect> {
    let mut effects = leave(app);
    let read_only = read_only(app);
    let words = format!("{}:{}", place.host, place.port);
    let state = &mut app.panes.query;
    state.sessions += 1;
    let session = SessionId(state.sessions);
    (state.session, state.failure, state.changed) = (Some(session), None, None);
    state.transaction = Transaction::Idle;
    state.link = Link::Opening(words);
    let who = state.who.clone();
    let (serial, effect) = ask(app, Kind::Connect, sql::Ask::Connect { session, place, who, read_only });
    app.panes.query.connection = serial;
    effects.push(effect);
    effects.extend(done(app));
    effects
}

/// Leaves the session, as somebody asked for. What is on the screen stays.
pub fn leave(app: &mut App) -> Vec<Effect> {
    let serial = app.panes.query.connection;
    facts::reset(&mut app.panes.query);
    if serial == 0 { Vec::new() } else { vec![Effect::Leave(ticket(app, Kind::Connect, serial))] }
}

/// Leaves the session; asks where something would be lost.
pub fn quit(app: &mut App) -> Vec<Effect> {
    if app.panes.query.is_on() && facts::loses(app).is_some() {
        return windows::ask(app, Asking::Leave(None));
    }
    let mut effects = close(app);
    effects.extend(done(app));
    effects
}

/// Closes the session, of which nothing is lost that was not asked about. Results come to the screen again.
pub fn close(app: &mut App) -> Vec<Effect> {
    app.panes.query.returns = None;
    app.panes.query.lost_open = false;
    let mut effects = output::set(app, None);
    effects.extend(leave(app));
    // The next one begins as psql does, without what was set in this one.
    app.panes.query.interpreter = interpreter();
    app.say("the session is closed");
    effects
}

/// Connects anew, to a place that is chosen.
pub fn again(app: &mut App) -> Vec<Effect> {
    match named(app, Connection::default()) {
        Ok(effects) => effects,
        Err(why) => {
            app.say(why);
            Vec::new()
        }
    }
}

/// Connects anew, as `\c` says: to another database, as another user, or to another of the environment's places, by its host or
/// as `writer` and `reader`. Without all of that the place is chosen.
///
/// # Errors
/// It does not, in words; the session stays.
pub fn named(app: &mut App, to: Connection) -> Result<Vec<Effect>, String> {
    if app.panes.query.is_on() && facts::loses(app).is_some() {
        return Err("a transaction is open, a statement runs, or changes were not applied: end it first".to_owned());
    }
    if to == Connection::default() {
        return Ok(windows::open(app, Window::Places));
    }
    let Connection { database, user, host, port } = to;
    if database.as_ref().is_some_and(|name| name.contains('=') || name.contains("://")) {
        return Err("\\c: a connection string leads anywhere: `cockpit sql --url` takes one".to_owned());
    }
    let here = app.panes.query.place.clone();
    let far = match &host {
        None => here.ok_or("\\c: there is no place yet: \\c alone lists them")?,
        Some(host) => {
            let of = here.map(|here| here.database);
            let mut all = places(app).into_iter();
            let found = all.find(|(word, far)| {
                let same = of.as_ref().is_none_or(|of| *of == far.database);
                far.host == *host || same && word.rsplit(' ').next() == Some(host)
            });
            // The password of the environment's database is for its own servers alone.
            let (_, far) = found.ok_or_else(|| {
                format!("\\c: {host} is not a host of {}'s databases: \\c alone lists them", app.environment.name)
            })?;
            far
        }
    };
    if port.is_some_and(|port| port != far.port.to_string()) {
        return Err(format!("\\c: {} listens at port {}", far.host, far.port));
    }
    let who = &mut app.panes.query.who;
    who.database = database.or(who.database.take());
    who.user = user.or(who.user.take());
    app.panes.query.returns = None;
    Ok(reach(app, far))
}

/// Takes in news of the session.
pub fn news(app: &mut App, part: Part<sql::Fact>) {
    match part {
        Part::Page(fact) => facts::fact(app, fact),
        Part::Last(_) => facts::lost(app, &Failure::new(FailureKind::Unreachable, "the server closed the connection")),
        Part::Failed(failure) => facts::lost(app, &failure),
    }
}

/// Asks whether writing is allowed in a session that only reads.
pub fn writes(app: &mut App) -> Vec<Effect> {
    let Some(server) = app.panes.query.server.clone().filter(|_| app.panes.query.is_on()) else {
        app.say("there is no session");
        return Vec::new();
    };
    if app.session.read_only {
        app.say("read-only: leave --read-only out to write");
        return Vec::new();
    }
    if server.reader == Some(true) {
        app.say("this is a reader: it takes no writes whatever is set");
        return Vec::new();
    }
    if !server.read_only {
        app.say("this session may write already");
        return Vec::new();
    }
    windows::ask(app, Asking::Writes)
}

/// Asks the server to stop what runs.
pub fn cancel(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(running) = &mut app.panes.query.running else { return Vec::new() };
    running.cancelled.get_or_insert(now);
    app.panes.query.interpreter.clear();
    app.say("asking the server to cancel …");
    let asked = of_session(app, Kind::Control, |session| sql::Ask::Cancel { session });
    asked.map(|(_, effect)| effect).into_iter().collect()
}

/// Asks the server to end the process of the session.
pub fn terminate(app: &mut App) -> Vec<Effect> {
    app.say("ending the process on the server …");
    let asked = of_session(app, Kind::Control, |session| sql::Ask::Terminate { session });
    asked.map(|(_, effect)| effect).into_iter().collect()
}
