//! The session that polls a server for its activity: connecting, requests, and handling of answers. It only reads, and is
//! closed when the activity is left.

use super::state::{ID, InFlight, LIST, LastAnswer, Link, State};
use crate::app::App;
use crate::app::effect::{Effect, Priority};
use crate::app::event::Answer;
use crate::app::facts::shown_database;
use crate::app::list::List;
use crate::app::ticket::{Owner, Ticket};
use crate::app::tunnels;
use crate::feeds::part::Part;
use crate::feeds::sql;
use crate::model::sql::SessionId;
use crate::model::sql::activity::ActivityQuery;
use crate::model::sql::activity_listing::listing;
use crate::model::sql::process::Process;
use crate::model::tunnel::remote_end::{POSTGRES, RemoteAddress, RemoteTarget};
use crate::model::{Failure, FailureKind};
use jiff::SignedDuration;

/// Kinds of requests.
const CONNECT: u8 = 0;
const LOOK: u8 = 1;
const SIGNAL: u8 = 2;
/// Kind of the request for the connected sessions.
pub const CONNECTED_SESSIONS: u8 = 3;
/// First session number of this pane, chosen not to collide with those of other panes.
const FIRST: u64 = 1 << 40;
/// Poll interval of locks and waiting sessions; `SLOWLY` is that of data that changes slowly.
const SOON: SignedDuration = SignedDuration::from_secs(2);
const SLOWLY: SignedDuration = SignedDuration::from_secs(30);
/// How long the pane tries to reconnect a lost session.
const BACK: SignedDuration = SignedDuration::from_mins(2);

fn ticket(app: &App, kind: u8, serial: u64) -> Ticket {
    Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind), serial }
}

/// Sends a request with a new serial number.
pub fn request(app: &mut App, kind: u8, ask: sql::Ask) -> (u64, Effect) {
    app.panes.database.serial += 1;
    let serial = app.panes.database.serial;
    (serial, Effect::Fetch { ticket: ticket(app, kind, serial), priority: Priority::Operator, ask: ask.into() })
}

/// The poll interval of a question while it is shown.
pub fn interval(question: ActivityQuery) -> SignedDuration {
    match question {
        ActivityQuery::Sessions | ActivityQuery::Transactions | ActivityQuery::Locks | ActivityQuery::Connections => {
            SOON
        }
        ActivityQuery::Statements | ActivityQuery::Sizes | ActivityQuery::Indexes | ActivityQuery::Replication => {
            SLOWLY
        }
    }
}

/// Name and address of the selected database or instance.
fn place(app: &App) -> Option<(String, RemoteAddress)> {
    let row = shown_database(app, LIST)?;
    let database = &row.database;
    let selected = app.screen.list_of(LIST).and_then(List::selected).and_then(|key| key.split_once('/'));
    let member = selected.and_then(|(_, id)| database.members.iter().find(|member| member.id == id));
    let own = member.and_then(|member| Some((member.id.clone(), member.endpoint.clone()?)));
    let (of, host) = own.or_else(|| Some((database.id.clone(), database.endpoint.clone()?)))?;
    Some((of, RemoteAddress { host, port: database.port.unwrap_or(POSTGRES), database: database.database.clone() }))
}

/// Connects to the selected database; closes a session on another one.
pub fn connect(app: &mut App) -> Vec<Effect> {
    if app.poller.wrong_account() {
        app.show_message("the credentials belong to another account: nothing is connected to");
        return Vec::new();
    }
    let Some((of, far)) = place(app) else {
        app.panes.database.link = Link::Failed(
            Failure::new(FailureKind::NotFound, "no database with an endpoint is selected")
                .with_hint("Esc, then select one"),
        );
        return Vec::new();
    };
    let state = &app.panes.database;
    if state.connected_to == of && matches!(state.link, Link::On | Link::Opening(_)) {
        return Vec::new();
    }
    let mut effects = close_session(app);
    app.panes.database.connected_to = of;
    if !tunnels::find::is_tunnelled(app) {
        effects.extend(open(app, sql::Place { host: far.host, port: far.port, through: None }));
        return effects;
    }
    let to = RemoteTarget::Address(far.clone());
    if let Some(place) = tunnels::find::server_behind(app, &to) {
        effects.extend(open(app, place));
        return effects;
    }
    app.panes.database.link = Link::Opening(format!("{} (tunnel)", far.host_and_port()));
    app.panes.database.awaited_address = Some(far);
    if tunnels::find::tunnel_to(app, &to).is_none_or(|tunnel| !tunnel.is_live()) {
        let wish = tunnels::state::TunnelOptions { to: Some(to), ..tunnels::state::TunnelOptions::default() };
        effects.extend(tunnels::opening::open(app, wish));
    }
    effects
}

/// Opens a session at `place`.
pub fn open(app: &mut App, place: sql::Place) -> Vec<Effect> {
    let words = format!("{}:{}", place.host, place.port);
    let state = &mut app.panes.database;
    state.sessions += 1;
    let session = SessionId(FIRST + state.sessions);
    (state.session, state.awaited_address) = (Some(session), None);
    state.link = Link::Opening(words);
    let read_only = Some("the activity only reads".to_owned());
    let (serial, effect) =
        request(app, CONNECT, sql::Ask::Connect { session, place, connect_as: sql::ConnectAs::default(), read_only });
    app.panes.database.connection = serial;
    vec![effect]
}

/// Closes the session and drops everything that was read in it.
pub fn close_session(app: &mut App) -> Vec<Effect> {
    let mut effects = give_up(app);
    let serial = app.panes.database.connection;
    let previous = std::mem::take(&mut app.panes.database);
    // Numbers continue, so that late answers match no request.
    app.panes.database = State {
        shown: previous.shown,
        question: previous.question,
        sessions: previous.sessions,
        serial: previous.serial,
        effects: previous.effects,
        failover_lookup: previous.failover_lookup,
        lost: previous.lost,
        ..State::default()
    };
    if serial != 0 {
        effects.push(Effect::CancelFetch(ticket(app, CONNECT, serial)));
    }
    effects
}

/// Connects as soon as the awaited tunnel is ready, or reports why it never will be.
fn connect_through_tunnel(app: &mut App) -> Vec<Effect> {
    let Some(far) = app.panes.database.awaited_address.clone() else { return Vec::new() };
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
    let hint = hint.unwrap_or_else(|| "r tries again".to_owned());
    app.panes.database.awaited_address = None;
    app.panes.database.link = Link::Failed(Failure::new(FailureKind::Unreachable, why).with_hint(hint));
    app.lists_changed();
    Vec::new()
}

/// Reconnects to a lost server, if that needs no question to the user.
fn reconnect(app: &mut App) -> Vec<Effect> {
    let due = app.panes.database.lost.is_some_and(|(_, at)| app.now >= at);
    let failed = matches!(app.panes.database.link, Link::Failed(_));
    if !due || !failed || !app.panes.database.shown || app.poller.wrong_account() {
        return Vec::new();
    }
    let reached = place(app).is_some_and(|(_, far)| {
        !tunnels::find::is_tunnelled(app) || tunnels::find::server_behind(app, &RemoteTarget::Address(far)).is_some()
    });
    if reached { connect(app) } else { Vec::new() }
}

/// Returns the requests that are due.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = std::mem::take(&mut app.panes.database.effects);
    effects.extend(connect_through_tunnel(app));
    effects.extend(reconnect(app));
    let state = &app.panes.database;
    let (question, now) = (state.question, app.now);
    let due = state.answers.get(&question).is_none_or(|seen| now.duration_since(seen.at) >= interval(question));
    // A paused screen keeps the data it shows; data that was never read is still requested.
    let held = app.screen.paused.is_some() && state.answers.contains_key(&question);
    let looked_at = state.shown && app.shown_pane().id == ID && state.link == Link::On && !held;
    let (Some(session), true) = (state.session, looked_at && due && state.flight.is_none()) else { return effects };
    let version = state.server.as_ref().map_or(130_000, |server| version(&server.version));
    let (purpose, statement) = (question.purpose(), question.statement(version));
    let (serial, effect) = request(app, LOOK, sql::Ask::Query { session, purpose, statement });
    app.panes.database.flight = Some(InFlight { serial, question });
    effects.push(effect);
    effects
}

/// PostgreSQL's numeric form of a version: `150018` for `15.18`.
fn version(text: &str) -> u32 {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<u32>().ok());
    parts.next().unwrap_or(13) * 10_000 + parts.next().unwrap_or(0)
}

/// How often the screen is updated while an answer is expected.
pub fn next_tick(app: &App) -> Option<std::time::Duration> {
    let state = &app.panes.database;
    (state.shown && state.link == Link::On && app.shown_pane().id == ID)
        .then_some(std::time::Duration::from_millis(500))
}

/// Gives up the pending request. It is cancelled at the server, where it might wait for a lock and delay the next one.
pub fn give_up(app: &mut App) -> Vec<Effect> {
    let flight = app.panes.database.flight.take();
    flight.map(|flight| Effect::CancelFetch(ticket(app, LOOK, flight.serial))).into_iter().collect()
}

/// Reads again now; reconnects if there is no session.
pub fn refresh(app: &mut App) -> Vec<Effect> {
    match app.panes.database.link {
        Link::On => {
            let question = app.panes.database.question;
            app.panes.database.answers.remove(&question);
            app.lists_changed();
            let mut effects = give_up(app);
            effects.extend(plan(app));
            effects
        }
        Link::Opening(_) => Vec::new(),
        Link::Off | Link::Failed(_) => connect(app),
    }
}

/// Handles an answer of the session.
pub fn answer(app: &mut App, answer: Answer) {
    let Owner::Pane(_, kind) = answer.ticket.owner else { return };
    let serial = answer.ticket.serial;
    let part: Part<sql::Fact> = answer.of().part;
    match kind {
        CONNECT if serial == app.panes.database.connection => news(app, part),
        LOOK if app.panes.database.flight.is_some_and(|flight| flight.serial == serial) => looked(app, part),
        SIGNAL => {
            match part {
                Part::Failed(failure) => {
                    app.note(true, failure.message.clone());
                    app.show_message(format!("{}: {}", failure.message, failure.hint()));
                }
                Part::Page(_) | Part::Last(_) => app.show_message("done; the server was told"),
            }
            // The effect of the signal should be visible at once.
            app.panes.database.answers.remove(&app.panes.database.question.clone());
        }
        _ => {}
    }
    app.lists_changed();
}

fn news(app: &mut App, part: Part<sql::Fact>) {
    let failed = |app: &mut App, failure: Failure| {
        let now = app.now;
        // A failover closes the connection; failed reconnects are repeated for a while.
        let since = match (&app.panes.database.link, app.panes.database.lost) {
            (Link::On, _) => Some(now),
            (_, Some((since, _))) if now.duration_since(since) < BACK => Some(since),
            _ => None,
        };
        let effects = close_session(app);
        app.panes.database.effects.extend(effects);
        app.panes.database.link = Link::Failed(failure);
        app.panes.database.lost = since.map(|since| (since, now + SOON));
    };
    match part {
        Part::Page(sql::Fact::Connected(server)) => {
            let state = &mut app.panes.database;
            let previous = state.server.replace(*server.clone());
            state.link = Link::On;
            state.lost = None;
            if previous.is_some_and(|previous| previous.reader != server.reader) {
                let role = if server.reader == Some(true) { "a reader" } else { "the writer" };
                let text = format!("{} is {role} now", app.panes.database.connected_to);
                app.note(true, text.clone());
                app.show_message(text);
            }
        }
        Part::Page(_) => {}
        Part::Last(_) => failed(app, Failure::new(FailureKind::Unreachable, "the server closed the connection")),
        Part::Failed(failure) => failed(app, failure),
    }
}

fn looked(app: &mut App, part: Part<sql::Fact>) {
    let Some(flight) = app.panes.database.flight.take() else { return };
    if app.screen.paused.is_some() && app.panes.database.answers.contains_key(&flight.question) {
        return;
    }
    let now = app.now;
    let seen = app.panes.database.answers.entry(flight.question);
    let seen = seen.or_insert(LastAnswer { at: now, rows_at: None, listing: None, missing: None });
    seen.at = now;
    match part {
        Part::Page(sql::Fact::QueryRows { rows, .. }) | Part::Last(sql::Fact::QueryRows { rows, .. }) => {
            (seen.listing, seen.rows_at) = (Some(listing(flight.question, &rows)), Some(now));
            seen.missing = None;
        }
        Part::Failed(failure) => seen.missing = Some(missing(flight.question, &failure)),
        Part::Page(_) | Part::Last(_) => {}
    }
}

/// Explains a missing answer, naming the required privilege.
fn missing(question: ActivityQuery, failure: &Failure) -> String {
    let text = &failure.message;
    // A failure carries only the server's message and a kind, so the SQLSTATE is derived from the kind.
    let code = match failure.kind {
        FailureKind::Denied => "42501",
        FailureKind::NotFound => "42P01",
        _ => "",
    };
    match question.missing_hint(code) {
        Some(what) => format!("{text}: {what}"),
        None => format!("{text}: {}", failure.hint()),
    }
}

/// Cancels what a server process runs, or terminates the process.
pub fn signal(app: &mut App, process: Process, terminate: bool) -> Vec<Effect> {
    let Some(session) = app.panes.database.session.filter(|_| app.panes.database.link == Link::On) else {
        app.show_message("there is no session with the server");
        return Vec::new();
    };
    let identity = match tunnels::opening::identity(app) {
        Ok(identity) => identity,
        Err(why) => {
            app.show_message(format!("nothing was done: {}: {}", why.why, why.hint));
            return Vec::new();
        }
    };
    let flag = if terminate { "--terminate" } else { "--cancel" };
    let command = format!("cockpit db {flag} {} --env {}", process.pid, app.environment.name);
    let operation = format!("{}-db-{}", app.session.mark, app.panes.database.serial + 1);
    let record = tunnels::route::record(operation, &app.environment, &identity, app.ahead, &command);
    let audit =
        crate::feeds::runs::Place { audit_file: app.config.audit_file.clone(), simulated: app.session.simulated };
    let order = sql::Signal { process, terminate, record, audit };
    let (_, effect) = request(app, SIGNAL, sql::Ask::Signal { session, order: Box::new(order) });
    vec![effect]
}
