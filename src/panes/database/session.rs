//! The session in which a server is asked what it is doing: where it goes to, what is asked in it again and again, and what
//! answers change. It reads only, and is closed when the activity is left.

use super::state::{ID, InFlight, LIST, Link, Seen, State};
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
use crate::model::sql::activity::Question;
use crate::model::sql::activity_listing::listing;
use crate::model::sql::process::Process;
use crate::model::tunnel::far::{POSTGRES, RemoteAddress, To};
use crate::model::{Failure, FailureKind};
use jiff::SignedDuration;

/// Kinds of its questions.
const CONNECT: u8 = 0;
const LOOK: u8 = 1;
const SIGNAL: u8 = 2;
/// The number in tickets of the question who is connected.
pub const WHO: u8 = 3;
/// Its sessions are numbered from here on, so that they are none of another pane's.
const FIRST: u64 = 1 << 40;
/// The interval at which locks and waiting sessions are read; what changes slowly is read less often.
const SOON: SignedDuration = SignedDuration::from_secs(2);
const SLOWLY: SignedDuration = SignedDuration::from_secs(30);
/// A session that was lost is connected to again for so long.
const BACK: SignedDuration = SignedDuration::from_mins(2);

fn ticket(app: &App, kind: u8, serial: u64) -> Ticket {
    Ticket { generation: app.generation(), owner: Owner::Pane(ID.0, kind), serial }
}

/// A question with a number of its own.
pub fn ask(app: &mut App, kind: u8, ask: sql::Ask) -> (u64, Effect) {
    app.panes.database.serial += 1;
    let serial = app.panes.database.serial;
    (serial, Effect::Fetch { ticket: ticket(app, kind, serial), lane: Priority::Operator, ask: ask.into() })
}

/// How often this is asked while somebody looks.
pub fn interval(question: Question) -> SignedDuration {
    match question {
        Question::Sessions | Question::Transactions | Question::Locks | Question::Connections => SOON,
        Question::Statements | Question::Sizes | Question::Indexes | Question::Replication => SLOWLY,
    }
}

/// Where the selected database, or the selected instance of it, is, and what it is called.
fn place(app: &App) -> Option<(String, RemoteAddress)> {
    let row = shown_database(app, LIST)?;
    let database = &row.database;
    let selected = app.screen.list_of(LIST).and_then(List::selected).and_then(|key| key.split_once('/'));
    let member = selected.and_then(|(_, id)| database.members.iter().find(|member| member.id == id));
    let own = member.and_then(|member| Some((member.id.clone(), member.endpoint.clone()?)));
    let (of, host) = own.or_else(|| Some((database.id.clone(), database.endpoint.clone()?)))?;
    Some((of, RemoteAddress { host, port: database.port.unwrap_or(POSTGRES), database: database.database.clone() }))
}

/// Connects to the selected database; a session on another one is closed.
pub fn connect(app: &mut App) -> Vec<Effect> {
    if app.poller.wrong_account() {
        app.say("the credentials belong to another account: nothing is connected to");
        return Vec::new();
    }
    let Some((of, far)) = place(app) else {
        app.panes.database.link = Link::Failed(
            Failure::new(FailureKind::NotFound, "no database with an endpoint is selected")
                .hinted("Esc, then select one"),
        );
        return Vec::new();
    };
    let state = &app.panes.database;
    if state.of == of && matches!(state.link, Link::On | Link::Opening(_)) {
        return Vec::new();
    }
    let mut effects = leave(app);
    app.panes.database.of = of;
    if !tunnels::find::is_tunnelled(app) {
        effects.extend(open(app, sql::Place { host: far.host, port: far.port, through: None }));
        return effects;
    }
    let to = To::Place(far.clone());
    if let Some(place) = tunnels::find::ready(app, &to) {
        effects.extend(open(app, place));
        return effects;
    }
    app.panes.database.link = Link::Opening(format!("{} (tunnel)", far.place()));
    app.panes.database.wanted = Some(far);
    if tunnels::find::to(app, &to).is_none_or(|tunnel| !tunnel.is_live()) {
        let wish = tunnels::state::Wish { to: Some(to), ..tunnels::state::Wish::default() };
        effects.extend(tunnels::ask::open(app, wish));
    }
    effects
}

/// Opens a session there.
pub fn open(app: &mut App, place: sql::Place) -> Vec<Effect> {
    let words = format!("{}:{}", place.host, place.port);
    let state = &mut app.panes.database;
    state.sessions += 1;
    let session = SessionId(FIRST + state.sessions);
    (state.session, state.wanted) = (Some(session), None);
    state.link = Link::Opening(words);
    let read_only = Some("the activity only reads".to_owned());
    let (serial, effect) = ask(app, CONNECT, sql::Ask::Connect { session, place, who: sql::Who::default(), read_only });
    app.panes.database.connection = serial;
    vec![effect]
}

/// Closes the session, and forgets what was read in it.
pub fn leave(app: &mut App) -> Vec<Effect> {
    let mut effects = give_up(app);
    let serial = app.panes.database.connection;
    let before = std::mem::take(&mut app.panes.database);
    // Numbers are not reused, so that late answers match no question.
    app.panes.database = State {
        shown: before.shown,
        question: before.question,
        sessions: before.sessions,
        serial: before.serial,
        effects: before.effects,
        who: before.who,
        lost: before.lost,
        ..State::default()
    };
    if serial != 0 {
        effects.push(Effect::Leave(ticket(app, CONNECT, serial)));
    }
    effects
}

/// Goes on as soon as the tunnel that is waited for leads there, or says why it never will.
fn tunnelled(app: &mut App) -> Vec<Effect> {
    let Some(far) = app.panes.database.wanted.clone() else { return Vec::new() };
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
    let hint = hint.unwrap_or_else(|| "r tries again".to_owned());
    app.panes.database.wanted = None;
    app.panes.database.link = Link::Failed(Failure::new(FailureKind::Unreachable, why).hinted(hint));
    app.lists_changed();
    Vec::new()
}

/// Connects again to a server that was lost, where that asks nobody anything.
fn back(app: &mut App) -> Vec<Effect> {
    let due = app.panes.database.lost.is_some_and(|(_, at)| app.now >= at);
    let failed = matches!(app.panes.database.link, Link::Failed(_));
    if !due || !failed || !app.panes.database.shown || app.poller.wrong_account() {
        return Vec::new();
    }
    let reached = place(app).is_some_and(|(_, far)| {
        !tunnels::find::is_tunnelled(app) || tunnels::find::ready(app, &To::Place(far)).is_some()
    });
    if reached { connect(app) } else { Vec::new() }
}

/// The questions that are due now.
pub fn plan(app: &mut App) -> Vec<Effect> {
    let mut effects = std::mem::take(&mut app.panes.database.effects);
    effects.extend(tunnelled(app));
    effects.extend(back(app));
    let state = &app.panes.database;
    let (question, now) = (state.question, app.now);
    let due = state.seen.get(&question).is_none_or(|seen| now.duration_since(seen.at) >= interval(question));
    // What stands still to be read stays as it is; what was never asked is no answer to keep.
    let held = app.screen.paused.is_some() && state.seen.contains_key(&question);
    let looked_at = state.shown && app.shown().id == ID && state.link == Link::On && !held;
    let (Some(session), true) = (state.session, looked_at && due && state.flight.is_none()) else { return effects };
    let version = state.server.as_ref().map_or(130_000, |server| version(&server.version));
    let (purpose, statement) = (question.purpose(), question.statement(version));
    let (serial, effect) = ask(app, LOOK, sql::Ask::Look { session, purpose, statement });
    app.panes.database.flight = Some(InFlight { serial, question });
    effects.push(effect);
    effects
}

/// `15.18` as PostgreSQL numbers it: `150018`.
fn version(text: &str) -> u32 {
    let mut parts = text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<u32>().ok());
    parts.next().unwrap_or(13) * 10_000 + parts.next().unwrap_or(0)
}

/// How often the screen is brought up to date: an answer is waited for.
pub fn next_tick(app: &App) -> Option<std::time::Duration> {
    let state = &app.panes.database;
    (state.shown && state.link == Link::On && app.shown().id == ID).then_some(std::time::Duration::from_millis(500))
}

/// Gives up the answer that is on its way: it is cancelled at the server, where it may wait for a lock, and would hold
/// up what is asked after it.
pub fn give_up(app: &mut App) -> Vec<Effect> {
    let flight = app.panes.database.flight.take();
    flight.map(|flight| Effect::Leave(ticket(app, LOOK, flight.serial))).into_iter().collect()
}

/// Asks again now; connects again where there is no session.
pub fn refresh(app: &mut App) -> Vec<Effect> {
    match app.panes.database.link {
        Link::On => {
            let question = app.panes.database.question;
            app.panes.database.seen.remove(&question);
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
                    app.say(format!("{}: {}", failure.message, failure.hint()));
                }
                Part::Page(_) | Part::Last(_) => app.say("done; the server was told"),
            }
            // Its effect is to be visible at once.
            app.panes.database.seen.remove(&app.panes.database.question.clone());
        }
        _ => {}
    }
    app.lists_changed();
}

fn news(app: &mut App, part: Part<sql::Fact>) {
    let failed = |app: &mut App, failure: Failure| {
        let now = app.now;
        // A failover cuts it; one that could not be made again is tried again for a while.
        let since = match (&app.panes.database.link, app.panes.database.lost) {
            (Link::On, _) => Some(now),
            (_, Some((since, _))) if now.duration_since(since) < BACK => Some(since),
            _ => None,
        };
        let effects = leave(app);
        app.panes.database.effects.extend(effects);
        app.panes.database.link = Link::Failed(failure);
        app.panes.database.lost = since.map(|since| (since, now + SOON));
    };
    match part {
        Part::Page(sql::Fact::Connected(server)) => {
            let state = &mut app.panes.database;
            let before = state.server.replace(*server.clone());
            state.link = Link::On;
            state.lost = None;
            if before.is_some_and(|before| before.reader != server.reader) {
                let role = if server.reader == Some(true) { "a reader" } else { "the writer" };
                let text = format!("{} is {role} now", app.panes.database.of);
                app.note(true, text.clone());
                app.say(text);
            }
        }
        Part::Page(_) => {}
        Part::Last(_) => failed(app, Failure::new(FailureKind::Unreachable, "the server closed the connection")),
        Part::Failed(failure) => failed(app, failure),
    }
}

fn looked(app: &mut App, part: Part<sql::Fact>) {
    let Some(flight) = app.panes.database.flight.take() else { return };
    if app.screen.paused.is_some() && app.panes.database.seen.contains_key(&flight.question) {
        return;
    }
    let now = app.now;
    let seen = app.panes.database.seen.entry(flight.question);
    let seen = seen.or_insert(Seen { at: now, read: None, listing: None, missing: None });
    seen.at = now;
    match part {
        Part::Page(sql::Fact::Looked { rows, .. }) | Part::Last(sql::Fact::Looked { rows, .. }) => {
            (seen.listing, seen.read) = (Some(listing(flight.question, &rows)), Some(now));
            seen.missing = None;
        }
        Part::Failed(failure) => seen.missing = Some(missing(flight.question, &failure)),
        Part::Page(_) | Part::Last(_) => {}
    }
}

/// Why there is no answer, with the right that it takes.
fn missing(question: Question, failure: &Failure) -> String {
    let text = &failure.message;
    // What is looked up beside a session keeps the sentence of the server and what kind of failure it is.
    let code = match failure.kind {
        FailureKind::Denied => "42501",
        FailureKind::NotFound => "42P01",
        _ => "",
    };
    match question.missing(code) {
        Some(what) => format!("{text}: {what}"),
        None => format!("{text}: {}", failure.hint()),
    }
}

/// Cancels what a session of the server does, or ends it.
pub fn signal(app: &mut App, process: Process, terminate: bool) -> Vec<Effect> {
    let Some(session) = app.panes.database.session.filter(|_| app.panes.database.link == Link::On) else {
        app.say("there is no session with the server");
        return Vec::new();
    };
    let identity = match tunnels::ask::identity(app) {
        Ok(identity) => identity,
        Err(why) => {
            app.say(format!("nothing was done: {}: {}", why.why, why.hint));
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
    let (_, effect) = ask(app, SIGNAL, sql::Ask::Signal { session, order: Box::new(order) });
    vec![effect]
}
