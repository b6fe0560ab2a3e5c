//! The session: choosing an address, connecting, and disconnecting.

use super::addresses::{is_tunnelled, places, read_only};
use super::choices::Window;
use super::requests::{Kind, of_session, request, ticket};
use super::state::{DialogQuestion, Link, interpreter};
use super::{answers, output, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::tunnels;
use crate::app::update::refresh::after_move;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::interpreter::Connection;
use crate::model::sql::{SessionId, Transaction};
use crate::model::tunnel::remote_end::{RemoteAddress, RemoteTarget};
use crate::model::{Failure, FailureKind};

/// Connects to the only address, or opens the choice of addresses.
pub fn connect(app: &mut App) -> Vec<Effect> {
    match &app.panes.query.link {
        Link::On => return Vec::new(),
        Link::Opening(_) => {
            app.show_message("connecting; Esc leaves it");
            return Vec::new();
        }
        Link::Off | Link::Lost(_) => {}
    }
    if app.poller.wrong_account() {
        app.show_message("the credentials belong to another account: nothing is connected to");
        return Vec::new();
    }
    let places = places(app);
    match &places[..] {
        [] => {
            app.show_message("there is nowhere to connect to");
            Vec::new()
        }
        [(_, place)] => {
            let place = place.clone();
            go(app, place)
        }
        // The list starts with the writer of the only database, which is usually meant; the reader is one key away.
        [..] => windows::open(app, Window::Places),
    }
}

/// Connects to a chosen address. Settings from `\c` apply only to the server where they were typed.
pub fn go(app: &mut App, far: RemoteAddress) -> Vec<Effect> {
    if app.panes.query.place.as_ref().is_none_or(|place| place.host != far.host) {
        app.panes.query.login = sql::ConnectAs::default();
    }
    app.panes.query.reconnection = None;
    reach(app, far)
}

/// Connects to an address; uses the environment's tunnel if one is configured, and opens it if needed.
pub fn reach(app: &mut App, far: RemoteAddress) -> Vec<Effect> {
    app.panes.query.place = Some(far.clone());
    if !is_tunnelled(app) {
        return open(app, sql::Place { host: far.host, port: far.port, through: None });
    }
    let to = RemoteTarget::Address(far.clone());
    if let Some(place) = tunnels::find::server_behind(app, &to) {
        return open(app, place);
    }
    let mut effects = leave(app);
    let state = &mut app.panes.query;
    state.failure = None;
    state.link = Link::Opening(format!("{} (tunnel)", far.host_and_port()));
    state.awaited_address = Some(far);
    if tunnels::find::tunnel_to(app, &to).is_none_or(|tunnel| !tunnel.is_live()) {
        let wish = tunnels::state::TunnelOptions { to: Some(to), ..tunnels::state::TunnelOptions::default() };
        effects.extend(tunnels::opening::open(app, wish));
    }
    effects.extend(after_move(app));
    effects
}

/// Connects as soon as the awaited tunnel is ready, or reports why it never will be.
pub fn tunnelled(app: &mut App) -> Vec<Effect> {
    let Some(far) = app.panes.query.awaited_address.clone() else { return Vec::new() };
    let to = RemoteTarget::Address(far);
    if let Some(place) = tunnels::find::server_behind(app, &to) {
        return open(app, place);
    }
    let question_open = app.tunnels.question.is_some() && !app.screen.overlays.is_empty();
    let tunnel = tunnels::find::tunnel_to(app, &to);
    let why = match tunnel {
        Some(tunnel) if tunnel.is_live() => return Vec::new(),
        Some(tunnel) => tunnel.status.reason.clone().unwrap_or_else(|| "the tunnel was closed".to_owned()),
        None if question_open => return Vec::new(),
        None => "no tunnel was opened".to_owned(),
    };
    let hint = tunnel.and_then(|tunnel| tunnel.status.hint.clone());
    answers::reset(&mut app.panes.query);
    let failure = Failure::new(FailureKind::Unreachable, why);
    let failure = match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    };
    answers::unreached(app, &failure);
    app.lists_changed();
    Vec::new()
}

/// Opens a session at `place`.
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
    let who = state.login.clone();
    let (serial, effect) =
        request(app, Kind::Connect, sql::Ask::Connect { session, place, connect_as: who, read_only });
    app.panes.query.connection = serial;
    effects.push(effect);
    effects.extend(after_move(app));
    effects
}

/// Disconnects on request. What is on the screen stays.
pub fn leave(app: &mut App) -> Vec<Effect> {
    let serial = app.panes.query.connection;
    answers::reset(&mut app.panes.query);
    if serial == 0 { Vec::new() } else { vec![Effect::CancelFetch(ticket(app, Kind::Connect, serial))] }
}

/// Disconnects; asks first if something would be lost.
pub fn quit(app: &mut App) -> Vec<Effect> {
    if app.panes.query.is_on() && answers::loses(app).is_some() {
        return windows::ask(app, DialogQuestion::Leave(None));
    }
    let mut effects = close(app);
    effects.extend(after_move(app));
    effects
}

/// Disconnects without asking. Results are shown on the screen again.
pub fn close(app: &mut App) -> Vec<Effect> {
    app.panes.query.reconnection = None;
    app.panes.query.lost_transaction = false;
    let mut effects = output::set(app, None);
    effects.extend(leave(app));
    // The next session starts with psql's defaults.
    app.panes.query.interpreter = interpreter();
    app.show_message("the session is closed");
    effects
}

/// Reconnects to an address that is chosen.
pub fn again(app: &mut App) -> Vec<Effect> {
    match named(app, Connection::default()) {
        Ok(effects) => effects,
        Err(why) => {
            app.show_message(why);
            Vec::new()
        }
    }
}

/// Reconnects as `\c` specifies: to another database, as another user, or to another address of the environment, given by
/// host or as `writer` or `reader`. Without arguments, opens the choice of addresses.
///
/// # Errors
/// A message if it cannot be done; the session stays.
pub fn named(app: &mut App, to: Connection) -> Result<Vec<Effect>, String> {
    if app.panes.query.is_on() && answers::loses(app).is_some() {
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
            let mut candidates = places(app).into_iter();
            let found = candidates.find(|(word, far)| {
                let same = of.as_ref().is_none_or(|of| *of == far.database);
                far.host == *host || same && word.rsplit(' ').next() == Some(host)
            });
            // The password of the environment's database is sent only to its own servers.
            let (_, far) = found.ok_or_else(|| {
                format!("\\c: {host} is not a host of {}'s databases: \\c alone lists them", app.environment.name)
            })?;
            far
        }
    };
    if port.is_some_and(|port| port != far.port.to_string()) {
        return Err(format!("\\c: {} listens at port {}", far.host, far.port));
    }
    let who = &mut app.panes.query.login;
    who.database = database.or(who.database.take());
    who.user = user.or(who.user.take());
    app.panes.query.reconnection = None;
    Ok(reach(app, far))
}

/// Handles news about the session.
pub fn news(app: &mut App, part: Part<sql::Fact>) {
    match part {
        Part::Page(fact) => answers::fact(app, fact),
        Part::Last(_) => {
            answers::lost(app, &Failure::new(FailureKind::Unreachable, "the server closed the connection"));
        }
        Part::Failed(failure) => answers::lost(app, &failure),
    }
}

/// Asks whether to allow writes in a read-only session.
pub fn writes(app: &mut App) -> Vec<Effect> {
    let Some(server) = app.panes.query.server.clone().filter(|_| app.panes.query.is_on()) else {
        app.show_message("there is no session");
        return Vec::new();
    };
    if app.session.read_only {
        app.show_message("read-only: leave --read-only out to write");
        return Vec::new();
    }
    if server.reader == Some(true) {
        app.show_message("this is a reader: it takes no writes whatever is set");
        return Vec::new();
    }
    if !server.read_only {
        app.show_message("this session may write already");
        return Vec::new();
    }
    windows::ask(app, DialogQuestion::Writes)
}

/// Asks the server to cancel the running statement.
pub fn cancel(app: &mut App) -> Vec<Effect> {
    let now = app.now;
    let Some(running) = &mut app.panes.query.running else { return Vec::new() };
    running.cancelled.get_or_insert(now);
    app.panes.query.interpreter.clear();
    app.show_message("asking the server to cancel …");
    let request = of_session(app, Kind::Control, |session| sql::Ask::Cancel { session });
    request.map(|(_, effect)| effect).into_iter().collect()
}

/// Asks the server to terminate the session's process.
pub fn terminate(app: &mut App) -> Vec<Effect> {
    app.show_message("ending the process on the server …");
    let request = of_session(app, Kind::Control, |session| sql::Ask::Terminate { session });
    request.map(|(_, effect)| effect).into_iter().collect()
}
