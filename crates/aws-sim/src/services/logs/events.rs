//! `FilterLogEvents` and `GetLogEvents`: pages over the events of a group's streams. A page ends at its limit, at 1
//! MB, or after a stretch with few matches. As in the real service, it may then be empty and still have a token.

use super::input::{group, invalid, limit, no_group};
use super::pattern::Pattern;
use crate::clock::Ms;
use crate::services::{ApiError, Call, token};
use crate::wire::{Node, json, list, map, number};
use crate::world::HOUR;
use crate::world::World;
use crate::world::logs::{Event, Ids, SLOT, Stream};

/// The largest number of events in a page.
const MOST: usize = 10_000;
/// The largest page in bytes; each event counts its message plus 26 bytes.
const BYTES: usize = 1 << 20;
/// The largest number of slots that a page examines, whether or not they match.
const LOOKED_AT: i64 = 40_000;

/// A position among the events of some streams: a slot, and the number of its events before the position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    slot: i64,
    within: usize,
}

impl Place {
    fn write(self, direction: char) -> String {
        token::encode(&format!("{direction}/{}/{}", self.slot, self.within))
    }

    fn read(text: &str) -> Option<(char, Place)> {
        let key = token::decode(text)?;
        let mut parts = key.split('/');
        let direction = parts.next()?.chars().next()?;
        Some((direction, Place { slot: parts.next()?.parse().ok()?, within: parts.next()?.parse().ok()? }))
    }
}

/// The time range of a read; both bounds are inclusive.
#[derive(Debug, Clone, Copy)]
struct Window {
    from: Ms,
    to: Ms,
}

/// The result of a walk over slots.
struct Walk {
    events: Vec<Event>,
    /// The start of the next page; none at the end of the window.
    next: Option<Place>,
}

/// All events of a slot, in order.
fn slot(world: &World, streams: &[Stream], slot: i64) -> Vec<Event> {
    let mut out = Vec::new();
    for (place, stream) in streams.iter().enumerate() {
        stream.slot(world, place, slot, &mut out);
    }
    out.sort_by_key(|e| (e.at, e.stream, e.serial));
    out
}

/// All events within a time range that are visible now, in order.
pub(super) fn visible_in(world: &World, streams: &[Stream], from: Ms, to: Ms) -> Vec<Event> {
    // No stream is older than its start, so a query over a year need not examine every slot of it.
    let lowest = streams.iter().map(|s| s.slots(world.now).0).min().unwrap_or(0).max(from.div_euclid(SLOT));
    let highest = to.min(world.now + HOUR * 3).div_euclid(SLOT);
    let mut out = Vec::new();
    for at in lowest..=highest {
        let events = slot(world, streams, at).into_iter();
        out.extend(events.filter(|e| e.ingested <= world.now && (from..=to).contains(&e.at)));
    }
    out
}

/// All events ingested after one time and up to another, in the order of ingestion.
pub(super) fn ingested(world: &World, streams: &[Stream], after: Ms, to: Ms) -> Vec<Event> {
    let mut out = Vec::new();
    for (place, stream) in streams.iter().enumerate() {
        for at in (after - stream.slowest(world, after)).div_euclid(SLOT)..=to.div_euclid(SLOT) {
            stream.slot_of(world, place, at + stream.skew_slots(), Some((after, to)), &mut out);
        }
        out.extend(stream.written_in(world, place, after, to));
    }
    out.sort_by_key(|e| (e.ingested, e.stream, e.serial));
    out.dedup_by_key(|e| (e.stream, e.serial));
    out
}

/// The ids of all events within a time range that are visible now.
pub(in crate::services) fn visible(world: &World, streams: &[Stream], from: Ms, to: Ms) -> Vec<String> {
    let mut out = Vec::new();
    for at in from.div_euclid(SLOT)..=to.div_euclid(SLOT) {
        let events = slot(world, streams, at).into_iter();
        let events = events.filter(|e| e.ingested <= world.now && (from..=to).contains(&e.at));
        out.extend(events.map(|e| e.id()));
    }
    out
}

/// Walks forwards or backwards from a position.
fn walk(
    world: &World,
    streams: &[Stream],
    window: Window,
    start: Option<Place>,
    forward: bool,
    limit: usize,
    keep: impl Fn(&Event) -> bool,
) -> Walk {
    let now = world.now;
    let lowest = streams.iter().map(|s| s.slots(now).0).min().unwrap_or(0).max(window.from.div_euclid(SLOT));
    let highest = streams.iter().map(|s| s.slots(now).1).max().unwrap_or(-1).min(window.to.div_euclid(SLOT));
    let mut events: Vec<Event> = Vec::new();
    let mut bytes = 0;
    let mut at = start.map_or(if forward { lowest } else { highest }, |p| p.slot.clamp(lowest - 1, highest + 1));
    let mut looked = 0;
    let mark = world.logs.mark(streams);
    while at >= lowest && at <= highest {
        looked += 1;
        let resumed = start.filter(|p| p.slot == at);
        // The rest of the slot that the previous page kept starts after the events that it returned.
        let rest = resumed.filter(|_| forward).and_then(|p| world.logs.left.take(mark, (p.slot, p.within)));
        let first = if rest.is_some() { resumed.map_or(0, |p| p.within) } else { 0 };
        let mut found = rest.unwrap_or_else(|| slot(world, streams, at));
        let range = match (forward, resumed) {
            (true, Some(p)) => (p.within - first).min(found.len())..found.len(),
            (false, Some(p)) => 0..p.within.min(found.len()),
            _ => 0..found.len(),
        };
        let order: Box<dyn Iterator<Item = usize>> = if forward { Box::new(range) } else { Box::new(range.rev()) };
        for n in order {
            let event = &mut found[n];
            let shown = event.ingested <= now && event.at >= window.from && event.at <= window.to;
            if !shown || !keep(event) {
                continue;
            }
            let size = event.message.len() + 26;
            if events.len() >= limit || (bytes + size > BYTES && !events.is_empty()) {
                let within = if forward { first + n } else { n + 1 };
                if forward {
                    world.logs.left.put(mark, (at, within), found.split_off(n));
                }
                return Walk { events, next: Some(Place { slot: at, within }) };
            }
            bytes += size;
            events.push(event.taken());
        }
        at += if forward { 1 } else { -1 };
        if looked >= LOOKED_AT && at >= lowest && at <= highest {
            let within = if forward { 0 } else { usize::MAX };
            return Walk { events, next: Some(Place { slot: at, within }) };
        }
    }
    Walk { events, next: None }
}

/// `FilterLogEvents`.
pub(super) fn filter(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = group(call)?;
    let mut streams = call.world.streams(call.region, name).ok_or_else(no_group)?;
    let names = call.input.strings("logStreamNames");
    let prefix = call.input.str("logStreamNamePrefix");
    if prefix.is_some() && !names.is_empty() {
        return Err(invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters."));
    }
    if names.len() > 100 {
        return Err(invalid("logStreamNames can have at most 100 entries."));
    }
    for wanted in &names {
        if !streams.iter().any(|s| s.name == **wanted) {
            let message = format!("The specified log stream does not exist: {wanted}");
            return Err(ApiError::client("ResourceNotFoundException", message));
        }
    }
    streams.retain(|s| {
        (names.is_empty() || names.contains(&s.name.as_str())) && prefix.is_none_or(|p| s.name.starts_with(p))
    });
    let pattern = Pattern::parse(call.input.str("filterPattern").unwrap_or_default())
        .map_err(|e| invalid(format!("Invalid filter pattern: {e}")))?;
    let window =
        Window { from: call.input.int("startTime").unwrap_or(0), to: call.input.int("endTime").unwrap_or(i64::MAX) };
    let (direction, start) = match call.input.str("nextToken") {
        None => (if call.input.bool("startFromHead") == Some(false) { 'b' } else { 'f' }, None),
        Some(text) => {
            let (direction, place) = Place::read(text).ok_or_else(|| invalid("The specified nextToken is invalid."))?;
            (direction, Some(place))
        }
    };
    let limit = limit(call, MOST, MOST)?;
    let found = walk(call.world, &streams, window, start, direction == 'f', limit, |e| pattern.matches(&e.message));
    Ok(map! {
        "events": Node::Json(rows(&streams, &found.events)),
        "searchedLogStreams": list(Vec::<Node>::new()),
        "nextToken": found.next.map(|p| p.write(direction)),
    })
}

/// Events in the form of `FilterLogEvents`.
fn rows(streams: &[Stream], events: &[Event]) -> String {
    let heads: Vec<String> = streams
        .iter()
        .map(|stream| {
            let mut head = r#"{"logStreamName":"#.to_owned();
            json::string(&stream.name, &mut head);
            head.push_str(r#","timestamp":"#);
            head
        })
        .collect();
    let texts: usize = events.iter().map(|e| e.message.len() + heads[e.stream].len()).sum();
    let mut out = String::with_capacity(texts + texts / 8 + 180 * events.len());
    let mut ids = Ids::default();
    out.push('[');
    for (n, e) in events.iter().enumerate() {
        out.push_str(if n == 0 { "" } else { "," });
        out.push_str(&heads[e.stream]);
        number::plain(&mut out, e.at);
        out.push_str(r#","message":"#);
        json::string(&e.message, &mut out);
        out.push_str(r#","ingestionTime":"#);
        number::plain(&mut out, e.ingested);
        out.push_str(r#","eventId":""#);
        ids.write(e, &mut out);
        out.push_str("\"}");
    }
    out.push(']');
    out
}

/// `GetLogEvents`.
pub(super) fn get(call: &Call<'_>) -> Result<Node, ApiError> {
    let name = group(call)?;
    let wanted = call.input.str("logStreamName").ok_or_else(|| invalid("logStreamName is missing."))?;
    let mut streams = call.world.streams(call.region, name).ok_or_else(no_group)?;
    streams.retain(|s| s.name == wanted);
    if streams.is_empty() {
        return Err(ApiError::client("ResourceNotFoundException", "The specified log stream does not exist."));
    }
    let window = Window {
        from: call.input.int("startTime").unwrap_or(0),
        // In this operation the end is exclusive.
        to: call.input.int("endTime").map_or(i64::MAX, |end| end.saturating_sub(1)),
    };
    let token = call.input.str("nextToken");
    let (direction, start) = match token {
        None => (if call.input.bool("startFromHead") == Some(true) { 'f' } else { 'b' }, None),
        Some(text) => {
            let read = text.get(2..).and_then(Place::read);
            let (direction, place) = read.ok_or_else(|| invalid("The specified nextToken is invalid."))?;
            (direction, Some(place))
        }
    };
    let limit = limit(call, MOST, MOST)?;
    let mut found = walk(call.world, &streams, window, start, direction == 'f', limit, |_| true);
    if direction == 'b' {
        found.events.reverse();
    }
    let around = |event: &Event, after: bool| {
        let at = event.at.div_euclid(SLOT);
        let within = slot(call.world, &streams, at).iter().take_while(|e| e.serial != event.serial).count();
        Place { slot: at, within: within + usize::from(after) }
    };
    // At the end of a stream the given token is returned again.
    let (forward, backward) = match (found.events.first(), found.events.last(), start) {
        (Some(first), Some(last), _) => (around(last, true), around(first, false)),
        (_, _, Some(place)) => (place, place),
        _ => {
            let (first, last) = streams[0].slots(call.world.now);
            (Place { slot: last, within: 0 }, Place { slot: first, within: 0 })
        }
    };
    let rows =
        found.events.iter().map(|e| map! {"timestamp": e.at, "message": &e.message, "ingestionTime": e.ingested});
    Ok(map! {
        "events": list(rows),
        "nextForwardToken": format!("f/{}", forward.write('f')),
        "nextBackwardToken": format!("b/{}", backward.write('b')),
    })
}
