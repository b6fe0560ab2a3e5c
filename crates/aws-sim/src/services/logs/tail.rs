//! `StartLiveTail`: checks the request, and runs the session as an event stream: every second the newly ingested
//! lines, at most 500 of them, for three hours.

use super::events::ingested;
use super::input::{group_of, invalid, no_group};
use super::pattern::Pattern;
use crate::account::ACCOUNT;
use crate::clock::Ms;
use crate::rng::Rng;
use crate::services::{ApiError, Call};
use crate::shared::Shared;
use crate::wire::{Node, json, list, map};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::Sender;

/// The duration of a session.
const LIFE: Ms = 3 * 3_600_000;
/// The largest number of lines per second; more lines are sampled.
const SHOWN: usize = 500;
/// The largest number of concurrent sessions of an account.
const SESSIONS: u32 = 15;

/// The largest time range of an update, in milliseconds.
const JUMP: Ms = 15_000;

static OPEN: AtomicU32 = AtomicU32::new(0);

/// A live tail session: the groups and streams that it follows.
#[derive(Debug)]
pub(crate) struct Session {
    id: String,
    region: String,
    groups: Vec<String>,
    names: Vec<String>,
    prefixes: Vec<String>,
    filter: String,
    pattern: Pattern,
    from: Ms,
}

/// Checks a request for a live tail.
pub(crate) fn open(call: &mut Call<'_>) -> Result<Session, ApiError> {
    let identifiers = call.input.strings("logGroupIdentifiers");
    if identifiers.is_empty() || identifiers.len() > 10 {
        return Err(invalid("logGroupIdentifiers must have 1 to 10 entries."));
    }
    if let Some(wrong) = identifiers.iter().find(|id| !id.starts_with("arn:") || id.ends_with(":*")) {
        return Err(invalid(format!("logGroupIdentifiers must be ARNs that do not end with :*, not {wrong}")));
    }
    let groups: Vec<String> = identifiers.iter().map(|id| group_of(id).to_owned()).collect();
    if groups.iter().any(|group| call.world.streams(call.region, group).is_none()) {
        return Err(no_group());
    }
    let owned = |key: &str| call.input.strings(key).into_iter().map(str::to_owned).collect::<Vec<_>>();
    let (names, prefixes) = (owned("logStreamNames"), owned("logStreamNamePrefixes"));
    if groups.len() > 1 && !(names.is_empty() && prefixes.is_empty()) {
        return Err(invalid("Stream names and prefixes go with one log group only."));
    }
    let filter = call.input.str("logEventFilterPattern").unwrap_or_default().to_owned();
    let pattern = Pattern::parse(&filter).map_err(|e| invalid(format!("Invalid filter pattern: {e}")))?;
    if OPEN.load(Ordering::Relaxed) >= SESSIONS {
        return Err(ApiError::client("LimitExceededException", "There are 15 live tail sessions already."));
    }
    let id = Rng::new(call.world.seed ^ call.world.now.cast_unsigned(), "live tail").uuid();
    Ok(Session { id, region: call.region.to_owned(), groups, names, prefixes, filter, pattern, from: call.world.now })
}

/// A fault of a live tail session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nothing,
    /// Nothing arrives after the start, and the connection stays open.
    Silent,
    /// The connection breaks after some updates.
    Breaks,
}

/// Runs a session until its reader disconnects, its time is over, or a requested fault breaks it.
pub(crate) async fn run(shared: Arc<Shared>, session: Session, wrong: Wrong, out: Sender<Bytes>) {
    OPEN.fetch_add(1, Ordering::Relaxed);
    follow(&shared, &session, wrong, &out).await;
    OPEN.fetch_sub(1, Ordering::Relaxed);
}

async fn follow(shared: &Shared, session: &Session, wrong: Wrong, out: &Sender<Bytes>) {
    let start = map! {
        "requestId": &session.id,
        "sessionId": &session.id,
        "logGroupIdentifiers": list(session.groups.iter().map(|group| format!("{ACCOUNT}:{group}"))),
        "logStreamNames": list(session.names.iter()),
        "logStreamNamePrefixes": list(session.prefixes.iter()),
        "logEventFilterPattern": &session.filter,
    };
    for (kind, node) in [("initial-response", map! {}), ("sessionStart", start)] {
        if out.send(frame("event", kind, &node)).await.is_err() {
            return;
        }
    }
    if wrong == Wrong::Silent {
        out.closed().await;
        return;
    }
    let (mut last, mut updates) = (session.from, 0);
    loop {
        // Waits a second, or until a test advances the clock.
        for _ in 0..20 {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
                () = out.closed() => return,
            }
            if shared.clock.now_ms() - last >= 1_000 {
                break;
            }
        }
        if wrong == Wrong::Breaks && updates == 2 {
            return;
        }
        let now = shared.clock.now_ms();
        // After a jump of the clock only its last part is sent: no reader could have received all of it.
        let update = update(shared, session, last.max(now - JUMP), now);
        if out.send(frame("event", "sessionUpdate", &update)).await.is_err() {
            return;
        }
        (last, updates) = (now, updates + 1);
        if now - session.from >= LIFE {
            let node = map! {"message": "Session timed out."};
            let _ = out.send(frame("exception", "SessionTimeoutException", &node)).await;
            return;
        }
    }
}

fn update(shared: &Shared, session: &Session, after: Ms, to: Ms) -> Node {
    let world = shared.world();
    let mut rows = Vec::new();
    for group in &session.groups {
        let Some(mut streams) = world.streams(&session.region, group) else { continue };
        streams.retain(|s| {
            (session.names.is_empty() && session.prefixes.is_empty())
                || session.names.contains(&s.name)
                || session.prefixes.iter().any(|prefix| s.name.starts_with(prefix))
        });
        for event in ingested(&world, &streams, after, to) {
            if session.pattern.matches(&event.message) {
                rows.push((event.ingested, streams[event.stream].name.clone(), format!("{ACCOUNT}:{group}"), event));
            }
        }
    }
    drop(world);
    rows.sort_by_key(|(ingested, ..)| *ingested);
    let most = SHOWN * (((to - after) + 500) / 1_000).max(1).unsigned_abs() as usize;
    let sampled = rows.len() > most;
    let step = rows.len().div_ceil(most).max(1);
    let rows = rows.into_iter().step_by(step).map(|(ingested, stream, group, event)| {
        map! {
            "logStreamName": stream,
            "logGroupIdentifier": group,
            "message": event.message,
            "timestamp": event.at,
            "ingestionTime": ingested,
        }
    });
    map! {"sessionMetadata": map! {"sampled": sampled}, "sessionResults": list(rows)}
}

/// Encodes one message of the event stream.
fn frame(kind: &'static str, name: &'static str, node: &Node) -> Bytes {
    let text = |text: &'static str| HeaderValue::String(text.into());
    let message = Message::new(json::encode(node))
        .add_header(Header::new(":message-type", text(kind)))
        .add_header(Header::new(if kind == "event" { ":event-type" } else { ":exception-type" }, text(name)))
        .add_header(Header::new(":content-type", text("application/json")));
    let mut bytes = Vec::new();
    // Encoding fails only for messages of 16 MB or more; 500 lines are smaller.
    let _ = write_message_to(&message, &mut bytes);
    bytes.into()
}
