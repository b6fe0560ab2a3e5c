//! Reads log groups once, from a time up to another or to whatever there is, by both APIs side by side.
//!
//! `FilterLogEvents` reads all streams of a group, `GetLogEvents` one stream; a page of either is as large, and
//! each has a limit of its own. So what is read is cut into [`super::slices`], each a chain of pages of one API;
//! [`super::share`] says who reads what. Where streams are too many to be named, or a pattern is wanted, there is
//! only the first API.

use super::follow::{Arrived, Batch, FeedState, Gap, TRIES, wait};
pub use super::share::Rates;
use super::share::Share;
use super::slices::{Api, ENDLESS};
use super::sources::GroupSource;
use crate::feeds::aws::Query;
use crate::model::logs::{LogEvent, LogPage, LogStream, LogWindow, Ms};
use crate::model::{Failure, FailureKind, Piece};
use log_store::Source;
use std::collections::HashMap;
use std::sync::Arc;

/// A read without an end is over at a page of lines that were all written and taken in so long after it had begun:
/// where more is written than can be read, it would go on for ever. A page of lines that merely came late is none:
/// what was there before they came follows on them.
const AFTERWARDS: Ms = 5_000;
/// Lines that may wait for those of an earlier slice, usually less than 250 MB.
const WAITING: usize = 600_000;
/// Streams of a group that are named, at most.
pub const STREAMS: usize = 50;
/// How old the service's word on a stream's last line may be.
const LAG: Ms = 24 * 3_600_000;

/// Which groups to read, from when, how fast.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Lines from this time on are read.
    pub since: Ms,
    /// Up to this time, which belongs to it; none: whatever there is.
    pub until: Option<Ms>,
    /// When the reading began, by the service's clock.
    pub begun: Ms,
    /// A filter pattern of the service.
    pub pattern: Option<String>,
    /// How many requests a second each API may get.
    pub rates: Rates,
}

/// A request to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Comes back with the answer.
    pub number: u64,
    /// The question to AWS.
    pub query: Query,
}

/// A group, and who writes into it.
#[derive(Debug, Clone)]
struct Group {
    source: GroupSource,
    names: HashMap<String, Option<Arc<Source>>>,
    /// The request for its streams, while it is under way.
    listing: Option<u64>,
    lines: u64,
    failure: Option<Failure>,
    retry: Option<Ms>,
}

/// Decides what is asked of log groups that are read once to their end.
#[derive(Debug, Clone)]
pub struct Once {
    plan: Plan,
    groups: Vec<Group>,
    share: Share,
    serial: u64,
    /// Lines that may wait for those of an earlier slice.
    room: usize,
}

impl Once {
    /// Reads these groups as planned.
    pub fn new(sources: Vec<GroupSource>, plan: Plan) -> Self {
        Self::within(sources, plan, WAITING)
    }

    /// A read with room for so many lines that wait for those of an earlier slice.
    pub(super) fn within(sources: Vec<GroupSource>, plan: Plan, room: usize) -> Self {
        let time = (plan.since, plan.until.unwrap_or(ENDLESS));
        // GetLogEvents knows no pattern.
        let get = plan.rates.get.filter(|_| plan.pattern.is_none());
        let share = Share::new(sources.len(), time, plan.begun, Rates { get, ..plan.rates }, room);
        let groups = sources.into_iter().map(|source| Group {
            source,
            names: HashMap::new(),
            listing: None,
            lines: 0,
            failure: None,
            retry: None,
        });
        Self { groups: groups.collect(), plan, share, serial: 0, room }
    }

    /// The requests that are due now, while this many lines wait for those of an earlier slice.
    pub fn tick(&mut self, now: Ms, waiting: usize) -> Vec<Ask> {
        let mut asks = Vec::new();
        if self.serial == 0 && self.share.rates.get.is_some() {
            for group in &mut self.groups {
                self.serial += 1;
                group.listing = Some(self.serial);
                let query =
                    Query::LogStreams { group: group.source.group.clone(), region: group.source.region.clone() };
                asks.push(Ask { number: self.serial, query });
            }
        }
        self.share.share(waiting);
        let slowest = self.covered();
        for slice in &mut self.share.slices {
            let early = waiting > self.room && slice.position > slowest + 1;
            if slice.ended || slice.flight.is_some() || slice.due > now || early {
                continue;
            }
            let group = &self.groups[slice.group];
            self.serial += 1;
            slice.flight = Some((self.serial, now));
            // A page of GetLogEvents that reaches over the end of its slice says that there is no more of it. An
            // end of its own would cost a request more, which says that nothing follows.
            let to = if slice.api == Api::Get { self.plan.until.unwrap_or(ENDLESS) } else { slice.to };
            if slice.token.is_none() {
                slice.window = (slice.position.max(0), to);
            }
            let (from, to) = slice.window;
            let window = LogWindow {
                region: group.source.region.clone(),
                group: group.source.group.clone(),
                prefix: group.source.prefix().filter(|_| slice.streams.is_empty()),
                streams: slice.streams.clone(),
                from,
                to: (to < ENDLESS).then_some(to),
                pattern: self.plan.pattern.clone(),
                token: slice.token.clone(),
                ..LogWindow::default()
            };
            let window = Box::new(window);
            let query = if slice.api == Api::Get { Query::StreamPage(window) } else { Query::LogPage(window) };
            asks.push(Ask { number: self.serial, query });
        }
        asks
    }

    /// When there may be something to ask.
    pub fn due(&self) -> Option<Ms> {
        let open = self.share.slices.iter().filter(|slice| !slice.ended && slice.flight.is_none());
        open.map(|slice| slice.due).min()
    }

    /// Adds the streams of a group: those that are wanted and may have lines of the time that is read.
    pub fn streams(&mut self, number: u64, streams: Option<Vec<LogStream>>) {
        let (since, until) = (self.plan.since, self.plan.until.unwrap_or(ENDLESS));
        let Some(at) = self.groups.iter().position(|group| group.listing == Some(number)) else { return };
        let group = &mut self.groups[at];
        group.listing = None;
        let source = &group.source;
        let wanted = streams.unwrap_or_default().into_iter().filter(|stream| {
            stream.created <= until
                && stream.last.is_none_or(|last| last >= since - LAG)
                && source.source(&stream.name).is_some()
        });
        let named: Vec<String> = wanted.map(|stream| stream.name).collect();
        self.share.streams[at].named = Some(if named.len() <= STREAMS { named } else { Vec::new() });
    }

    /// Whether a request was one for streams.
    pub fn lists(&self, number: u64) -> bool {
        self.groups.iter().any(|group| group.listing == Some(number))
    }

    /// Adds a page of the fetch with this number.
    pub fn page(&mut self, number: u64, page: LogPage, now: Ms) -> Batch {
        let mut batch = Batch::default();
        let Some(slice) = self.share.find(number) else { return batch };
        let (api, to) = (slice.api, slice.to);
        let after = self.plan.begun + AFTERWARDS;
        let group = &mut self.groups[slice.group];
        (group.failure, group.retry) = (None, None);
        let asked = slice.flight.take().map_or(now, |(_, asked)| asked);
        slice.failures = 0;
        // Nothing of it is still to come: pages are in the order of time.
        let new = |event: &LogEvent| event.at > after && event.ingested > after;
        let over = page.events.iter().any(|event| event.at > to)
            || (self.plan.until.is_none() && !page.events.is_empty() && page.events.iter().all(new));
        let (before, came) = (slice.position, page.events.len());
        batch.lines.reserve(came);
        let mut last: Option<(Piece, Option<Arc<Source>>)> = None;
        for event in page.events.into_iter().filter(|event| event.at <= to) {
            let (id, known) = slice.known(&event);
            if known {
                continue;
            }
            let source = match &last {
                Some((stream, source)) if stream.is(&event.stream) => source.clone(),
                _ => {
                    let source = group.source_of(&event.stream);
                    last = Some((event.stream.clone(), source.clone()));
                    source
                }
            };
            if let Some(source) = source {
                batch.lines.push(Arrived { source, event, id, late: false });
            }
        }
        if batch.lines.len() * 2 < came {
            // A page lives as long as any of its lines: those of others would be kept along with them.
            batch.lines.iter_mut().for_each(|line| line.event = line.event.alone());
        }
        group.lines += batch.lines.len() as u64;
        // GetLogEvents says by the same token again that there is no more.
        let next = page.next.filter(|next| api == Api::Filter || slice.token.as_ref() != Some(next));
        slice.ended = over || next.is_none();
        slice.token = next;
        slice.due = now;
        let full = came > 0 && !over;
        if full {
            slice.reached(slice.position - before);
        }
        let (whole, group) = (slice.whole, slice.group);
        self.share.took(api, now - asked);
        if full {
            self.share.filled(came);
        }
        if whole {
            self.share.count(group, batch.lines.iter().map(|line| &line.event.stream));
        }
        batch
    }

    /// Notes that the fetch with this number failed.
    pub fn failed(&mut self, number: u64, failure: Failure, now: Ms) -> Batch {
        let mut batch = Batch::default();
        if self.lists(number) {
            // FilterLogEvents reads all of it, in more time.
            self.streams(number, None);
            return batch;
        }
        let end = self.plan.until.unwrap_or(self.plan.begun);
        let Some(slice) = self.share.find(number) else { return batch };
        let group = &mut self.groups[slice.group];
        slice.flight = None;
        slice.failures += 1;
        // A token that is not taken any more.
        let again = slice.token.is_some() && (failure.kind == FailureKind::Invalid || slice.failures.is_multiple_of(3));
        let refused = matches!(failure.kind, FailureKind::Denied | FailureKind::NotFound | FailureKind::Invalid);
        slice.due = now + wait(slice.failures);
        if again {
            slice.begin_again();
            if failure.kind == FailureKind::Invalid {
                slice.due = now;
            }
        } else if slice.api == Api::Get && refused {
            // What this API may not read is read with the other one, stream by stream.
            let at = slice.group;
            self.share.refused(at, now);
            return batch;
        } else if refused || failure.kind == FailureKind::WrongAccount || slice.failures >= TRIES {
            slice.ended = true;
            batch.gaps.push(Gap {
                group: group.source.group.clone(),
                from: slice.position,
                to: slice.to.min(end).max(slice.position),
                sampled: false,
                why: failure.message.clone(),
            });
        }
        group.retry = Some(slice.due);
        group.failure = Some(failure);
        batch
    }

    /// Everything of every group was read up to this time.
    pub fn covered(&self) -> Ms {
        // Lines of the very time may still come on the next page.
        self.share.position(None).map_or(Ms::MAX, |position| position - 1)
    }

    /// Whether everything was read.
    pub fn ended(&self) -> bool {
        self.share.position(None).is_none()
    }

    /// How each group stands.
    pub fn states(&self) -> Vec<FeedState> {
        let state = |(n, group): (usize, &Group)| {
            let position = self.share.position(Some(n));
            FeedState {
                group: group.source.group.clone(),
                covered: position.unwrap_or(self.plan.begun),
                lines: group.lines,
                failure: group.failure.clone(),
                failures: self.share.failures(n),
                retry: group.retry,
                ended: position.is_none(),
                ..FeedState::default()
            }
        };
        self.groups.iter().enumerate().map(state).collect()
    }
}

impl Group {
    /// The container that writes into a stream; none if its lines are not wanted.
    fn source_of(&mut self, stream: &Piece) -> Option<Arc<Source>> {
        if let Some(known) = self.names.get(&**stream) {
            return known.clone();
        }
        let source = self.source.source(stream).map(Arc::new);
        self.names.insert(stream.to_string(), source.clone());
        source
    }
}
