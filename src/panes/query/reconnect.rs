//! Automatic reconnection of a lost session, as psql does it; after a failover, to the new writer. Reports what a failover
//! has changed before a write fails because of it.

use super::state::{Reconnection, State};
use crate::app::App;
use crate::app::operation::database::call;
use crate::model::sql::Server;
use crate::model::tunnel::remote_end::RemoteAddress;
use jiff::SignedDuration;

/// How long reconnecting is tried. A failover of Aurora takes less than a minute, and after two minutes waiting does not
/// help.
pub const LIMIT: SignedDuration = SignedDuration::from_mins(2);
/// A session unused for this long is not reconnected: the server may end idle sessions, again and again.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(10);
/// Shown if a session with the writer comes back to a reader.
const READER: &str = "this is a reader now: writes will fail";
/// Maximum delay between two attempts.
const LONGEST: SignedDuration = SignedDuration::from_secs(10);

/// The delay after this many attempts: short at first, then longer.
fn delay_after(tries: u32) -> SignedDuration {
    SignedDuration::from_secs(1 << tries.min(3)).min(LONGEST)
}

/// Starts to reconnect a lost session; returns whether it will be tried.
pub fn begin(app: &mut App) -> bool {
    let now = app.now;
    let state = &mut app.panes.query;
    let used = state.used.is_some_and(|used| now.duration_since(used) < FORGOTTEN);
    let back = used && state.place.is_some();
    // In a failover both members restart, so the session may be lost again while waiting for a writer.
    let previous = state.reconnection;
    let wrote = previous.is_some_and(|returns| returns.was_writer)
        || state.server.as_ref().is_some_and(|server| server.reader == Some(false));
    let since = previous.map_or(now, |returns| returns.since);
    let another = previous.is_some_and(|returns| returns.server_replaced);
    state.reconnection = back.then(|| Reconnection {
        since,
        next_attempt: now + delay_after(0),
        tries: 0,
        was_writer: wrote,
        server_replaced: another,
    });
    back
}

/// Handles a failed attempt; returns whether there will be another.
pub fn failed(app: &mut App) -> bool {
    let now = app.now;
    let Some(returns) = app.panes.query.reconnection.as_mut() else { return false };
    returns.tries += 1;
    returns.next_attempt = now + delay_after(returns.tries);
    let goes_on = now.duration_since(returns.since) < LIMIT;
    if !goes_on {
        app.panes.query.reconnection = None;
    }
    goes_on
}

/// Stops reconnecting; returns whether it was in progress.
pub fn stop(state: &mut State) -> bool {
    state.reconnection.take().is_some() && !state.is_on()
}

/// The current writer of the database at this address, according to AWS.
pub fn writer(app: &App, far: &RemoteAddress) -> Option<String> {
    let mut rows = app.estate.derived.databases.iter();
    let row = rows.find(|row| row.database.endpoint.as_deref() == Some(far.host.as_str()))?;
    call::writer(&row.database).map(str::to_owned)
}

/// Handles a restored session: reports what has changed.
pub fn reconnected(app: &mut App, before: Option<&Server>, server: &Server) {
    let Some(returns) = app.panes.query.reconnection.take() else {
        app.panes.query.writer = app.panes.query.place.clone().and_then(|far| writer(app, &far));
        return;
    };
    // The writer's DNS name may lead to the previous writer for a few more seconds.
    let waits = returns.was_writer && server.reader == Some(true);
    let mut news = if waits {
        vec![format!("{READER}; the writer is waited for")]
    } else {
        before.map(|before| changes(before, server)).unwrap_or_default()
    };
    let differs = before.is_some_and(|before| before.address.is_some() && before.address != server.address);
    let another = returns.server_replaced || differs;
    if another {
        news.push("another server answers under this name".to_owned());
    }
    app.note(false, "settings and temporary tables of the session before are gone".to_owned());
    news.push("connected again".to_owned());
    say(app, &news);
    if waits {
        wait_for_a_writer(app, Reconnection { server_replaced: another, ..returns });
    }
}

/// Reconnects again soon, because the session is with a reader.
fn wait_for_a_writer(app: &mut App, returns: Reconnection) {
    let now = app.now;
    let tries = returns.tries + 1;
    app.panes.query.reconnection = Some(Reconnection { next_attempt: now + delay_after(tries), tries, ..returns });
}

/// Reports a change, and keeps it visible for the rest of the session.
pub fn say(app: &mut App, news: &[String]) {
    let text = news.join("; ");
    app.note(true, text.clone());
    app.panes.query.changed = Some(text);
}

/// Describes the changes of a server.
pub fn changes(before: &Server, after: &Server) -> Vec<String> {
    let mut changes = Vec::new();
    if before.reader != after.reader {
        changes.push(match after.reader {
            Some(true) => READER.to_owned(),
            Some(false) => "this is the writer now".to_owned(),
            None => "whether this is a reader is not known any more".to_owned(),
        });
    }
    if before.version != after.version {
        changes.push(format!("the server is {} now", after.version));
    }
    if before.host != after.host {
        changes.push(format!("the host is {} now", after.host));
    }
    changes
}
