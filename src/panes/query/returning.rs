//! A session that is lost comes back by itself, as psql's does: after a failover to the member that writes now. What a failover
//! changed is said before a write fails for it.

use super::state::{Return, State};
use crate::app::App;
use crate::app::operation::database::call;
use crate::model::sql::Server;
use crate::model::tunnel::far::RemoteAddress;
use jiff::SignedDuration;

/// A failover of Aurora is over within a minute; who is not back after two is not brought back by waiting.
pub const LIMIT: SignedDuration = SignedDuration::from_mins(2);
/// A session that nobody used for so long is left: its server may end those that idle, and would have to again and again.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(10);
/// The sentence where a session that was with the writer comes back to a reader.
const READER: &str = "this is a reader now: writes will fail";
/// No longer than this is waited between two tries.
const LONGEST: SignedDuration = SignedDuration::from_secs(10);

/// The next try after so many: soon, then less often.
fn after(tries: u32) -> SignedDuration {
    SignedDuration::from_secs(1 << tries.min(3)).min(LONGEST)
}

/// The session was lost: it is connected to again. Whether it will be.
pub fn begin(app: &mut App) -> bool {
    let now = app.now;
    let state = &mut app.panes.query;
    let used = state.used.is_some_and(|used| now.duration_since(used) < FORGOTTEN);
    let back = used && state.place.is_some();
    // Both members restart in a failover: it may be lost again while a writer is waited for.
    let before = state.returns;
    let wrote = before.is_some_and(|returns| returns.wrote)
        || state.server.as_ref().is_some_and(|server| server.reader == Some(false));
    let since = before.map_or(now, |returns| returns.since);
    let another = before.is_some_and(|returns| returns.another);
    state.returns = back.then(|| Return { since, at: now + after(0), tries: 0, wrote, another });
    back
}

/// A try failed. Whether there will be another one.
pub fn failed(app: &mut App) -> bool {
    let now = app.now;
    let Some(returns) = app.panes.query.returns.as_mut() else { return false };
    returns.tries += 1;
    returns.at = now + after(returns.tries);
    let goes_on = now.duration_since(returns.since) < LIMIT;
    if !goes_on {
        app.panes.query.returns = None;
    }
    goes_on
}

/// Stops connecting again by itself; returns whether it was.
pub fn stop(state: &mut State) -> bool {
    state.returns.take().is_some() && !state.is_on()
}

/// The member that writes, of the database that a place names, as AWS said it last.
pub fn writer(app: &App, far: &RemoteAddress) -> Option<String> {
    let mut rows = app.estate.derived.databases.iter();
    let row = rows.find(|row| row.database.endpoint.as_deref() == Some(far.host.as_str()))?;
    call::writer(&row.database).map(str::to_owned)
}

/// A session is open again: what is other than it was.
pub fn came_back(app: &mut App, before: Option<&Server>, server: &Server) {
    let Some(returns) = app.panes.query.returns.take() else {
        app.panes.query.writer = app.panes.query.place.clone().and_then(|far| writer(app, &far));
        return;
    };
    // The name of the writer may lead to the one before for a few seconds more.
    let waits = returns.wrote && server.reader == Some(true);
    let mut news = if waits {
        vec![format!("{READER}; the writer is waited for")]
    } else {
        before.map(|before| changes(before, server)).unwrap_or_default()
    };
    let differs = before.is_some_and(|before| before.address.is_some() && before.address != server.address);
    let another = returns.another || differs;
    if another {
        news.push("another server answers under this name".to_owned());
    }
    app.note(false, "settings and temporary tables of the session before are gone".to_owned());
    news.push("connected again".to_owned());
    say(app, &news);
    if waits {
        wait_for_a_writer(app, Return { another, ..returns });
    }
}

/// Connects again soon, as long as the session writes no more.
fn wait_for_a_writer(app: &mut App, returns: Return) {
    let now = app.now;
    let tries = returns.tries + 1;
    app.panes.query.returns = Some(Return { at: now + after(tries), tries, ..returns });
}

/// Says what changed, for as long as the session lasts.
pub fn say(app: &mut App, news: &[String]) {
    let text = news.join("; ");
    app.note(true, text.clone());
    app.panes.query.changed = Some(text);
}

/// The changes of a server, in words.
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
