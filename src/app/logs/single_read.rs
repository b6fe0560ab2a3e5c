//! Reads log groups once, from one time to another or to the end, with both APIs in parallel.
//!
//! `FilterLogEvents` reads all streams of a group, `GetLogEvents` one stream; their pages have the same size, and each
//! API has its own rate limit. So the range is cut into [`super::slices`], each a chain of pages of one API;
//! [`super::distribution`] distributes them. If a group has too many streams to name, or a pattern is used, only the first API
//! can read it.

pub use super::distribution::Rates;
use super::distribution::Share;
use super::follow::{Batch, FeedState, Gap, ReceivedLine, TRIES, wait};
use super::slices::{Api, NO_END};
use super::sources::GroupSource;
use crate::feeds::aws::Query;
use crate::model::logs::{LogEvent, LogPage, LogStream, LogWindow, Ms};
use crate::model::{Failure, FailureKind, Piece};
use log_store::Source;
use std::collections::HashMap;
use std::sync::Arc;

/// A read without an end stops at a page whose lines were all written and ingested this long after it began: where more
/// is written than can be read, it would otherwise never end. A page of lines that merely arrived late does not stop
/// it, because older lines follow.
const AFTERWARDS: Ms = 5_000;
/// Maximum number of lines waiting for those of an earlier slice, usually less than 250 MB.
const WAITING: usize = 600_000;
/// Maximum number of streams named per group.
pub const STREAMS: usize = 50;
/// How outdated the last event time that the service reports for a stream may be.
const LAG: Ms = 24 * 3_600_000;

/// Which groups to read, from when, how fast.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Lines from this time on are read.
    pub since: Ms,
    /// Up to this time, inclusive; `None`: to the end.
    pub until: Option<Ms>,
    /// When the reading began, on the service's clock.
    pub begun: Ms,
    /// A filter pattern of CloudWatch Logs.
    pub pattern: Option<String>,
    /// The maximum request rate of each API.
    pub rates: Rates,
}

/// A request to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRequest {
    /// Returned with the answer.
    pub number: u64,
    /// The question to AWS.
    pub query: Query,
}

/// A group, and what writes into it.
#[derive(Debug, Clone)]
struct Group {
    source: GroupSource,
    names: HashMap<String, Option<Arc<Source>>>,
    /// The request for its streams, while in flight.
    listing: Option<u64>,
    lines: u64,
    failure: Option<Failure>,
    retry: Option<Ms>,
}

/// Decides what is requested from log groups that are read once.
#[derive(Debug, Clone)]
pub struct OneTimeReader {
    plan: Plan,
    groups: Vec<Group>,
    share: Share,
    serial: u64,
    /// Maximum number of lines waiting for those of an earlier slice.
    room: usize,
}

impl OneTimeReader {
    /// Reads these groups as planned.
    pub fn new(sources: Vec<GroupSource>, plan: Plan) -> Self {
        Self::with_room(sources, plan, WAITING)
    }

    /// A read in which at most `room` lines wait for those of an earlier slice.
    pub(super) fn with_room(sources: Vec<GroupSource>, plan: Plan, room: usize) -> Self {
        let time = (plan.since, plan.until.unwrap_or(NO_END));
        // `GetLogEvents` supports no pattern.
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

    /// Returns the requests that are due now, while this many lines wait for those of an earlier slice.
    pub fn tick(&mut self, now: Ms, waiting: usize) -> Vec<ReadRequest> {
        let mut asks = Vec::new();
        if self.serial == 0 && self.share.rates.get.is_some() {
            for group in &mut self.groups {
                self.serial += 1;
                group.listing = Some(self.serial);
                let query =
                    Query::LogStreams { group: group.source.group.clone(), region: group.source.region.clone() };
                asks.push(ReadRequest { number: self.serial, query });
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
            // A page of `GetLogEvents` that extends past the end of its slice proves that the slice is complete.
            // Sending the slice's end would cost one more request just to learn that nothing follows.
            let to = if slice.api == Api::Get { self.plan.until.unwrap_or(NO_END) } else { slice.to };
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
                to: (to < NO_END).then_some(to),
                pattern: self.plan.pattern.clone(),
                token: slice.token.clone(),
                ..LogWindow::default()
            };
            let window = Box::new(window);
            let query = if slice.api == Api::Get { Query::StreamPage(window) } else { Query::LogPage(window) };
            asks.push(ReadRequest { number: self.serial, query });
        }
        asks
    }

    /// When the next request may be due.
    pub fn due(&self) -> Option<Ms> {
        let open = self.share.slices.iter().filter(|slice| !slice.ended && slice.flight.is_none());
        open.map(|slice| slice.due).min()
    }

    /// Takes the streams of a group, and keeps those that are wanted and may have lines in the range.
    pub fn streams(&mut self, number: u64, streams: Option<Vec<LogStream>>) {
        let (since, until) = (self.plan.since, self.plan.until.unwrap_or(NO_END));
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
    pub fn is_stream_request(&self, number: u64) -> bool {
        self.groups.iter().any(|group| group.listing == Some(number))
    }

    /// Takes a page of the request with this number.
    pub fn page(&mut self, number: u64, page: LogPage, now: Ms) -> Batch {
        let mut batch = Batch::default();
        let Some(slice) = self.share.find(number) else { return batch };
        let (api, to) = (slice.api, slice.to);
        let after = self.plan.begun + AFTERWARDS;
        let group = &mut self.groups[slice.group];
        (group.failure, group.retry) = (None, None);
        let requested_at = slice.flight.take().map_or(now, |(_, requested_at)| requested_at);
        slice.failures = 0;
        // Nothing of the slice is still to come: pages are in order of time.
        let new = |event: &LogEvent| event.at > after && event.ingested > after;
        let past_end = page.events.iter().any(|event| event.at > to)
            || (self.plan.until.is_none() && !page.events.is_empty() && page.events.iter().all(new));
        let (before, came) = (slice.position, page.events.len());
        batch.lines.reserve(came);
        let mut last: Option<(Piece, Option<Arc<Source>>)> = None;
        for event in page.events.into_iter().filter(|event| event.at <= to) {
            let (id, known) = slice.identify(&event);
            if known {
                continue;
            }
            let source = match &last {
                Some((stream, source)) if stream.is_same_slice(&event.stream) => source.clone(),
                _ => {
                    let source = group.source_of(&event.stream);
                    last = Some((event.stream.clone(), source.clone()));
                    source
                }
            };
            if let Some(source) = source {
                batch.lines.push(ReceivedLine { source, event, id, late: false });
            }
        }
        if batch.lines.len() * 2 < came {
            // Lines share the memory of their page: dropping unwanted lines must not keep the page alive.
            batch.lines.iter_mut().for_each(|line| line.event = line.event.detached());
        }
        group.lines += batch.lines.len() as u64;
        // `GetLogEvents` marks the end by returning the same token again.
        let next = page.next.filter(|next| api == Api::Filter || slice.token.as_ref() != Some(next));
        slice.ended = past_end || next.is_none();
        slice.token = next;
        slice.due = now;
        let full = came > 0 && !past_end;
        if full {
            slice.record_page_span(slice.position - before);
        }
        let (whole, group) = (slice.is_only_slice, slice.group);
        self.share.record_delay(api, now - requested_at);
        if full {
            self.share.record_full_page(came);
        }
        if whole {
            self.share.count(group, batch.lines.iter().map(|line| &line.event.stream));
        }
        batch
    }

    /// Records that the request with this number failed.
    pub fn failed(&mut self, number: u64, failure: Failure, now: Ms) -> Batch {
        let mut batch = Batch::default();
        if self.is_stream_request(number) {
            // `FilterLogEvents` then reads the whole group, in more time.
            self.streams(number, None);
            return batch;
        }
        let end = self.plan.until.unwrap_or(self.plan.begun);
        let Some(slice) = self.share.find(number) else { return batch };
        let group = &mut self.groups[slice.group];
        slice.flight = None;
        slice.failures += 1;
        // The token is no longer accepted.
        let token_refused =
            slice.token.is_some() && (failure.kind == FailureKind::Invalid || slice.failures.is_multiple_of(3));
        let refused = matches!(failure.kind, FailureKind::Denied | FailureKind::NotFound | FailureKind::Invalid);
        slice.due = now + wait(slice.failures);
        if token_refused {
            slice.begin_again();
            if failure.kind == FailureKind::Invalid {
                slice.due = now;
            }
        } else if slice.api == Api::Get && refused {
            // A group that this API must not read is read with the other one, stream by stream.
            let at = slice.group;
            self.share.disable_get(at, now);
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

    /// The time up to which everything of every group was read.
    pub fn covered(&self) -> Ms {
        // Lines of the same millisecond may still come on the next page.
        self.share.position(None).map_or(Ms::MAX, |position| position - 1)
    }

    /// Whether everything was read.
    pub fn ended(&self) -> bool {
        self.share.position(None).is_none()
    }

    /// The state of each group.
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
    /// The container that writes into a stream; `None` if its lines are not wanted.
    fn source_of(&mut self, stream: &Piece) -> Option<Arc<Source>> {
        if let Some(known) = self.names.get(&**stream) {
            return known.clone();
        }
        let source = self.source.source(stream).map(Arc::new);
        self.names.insert(stream.to_string(), source.clone());
        source
    }
}
