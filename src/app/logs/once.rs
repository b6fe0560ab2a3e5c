//! Reads log groups once, from a time up to another or to whatever there is, by both APIs side by side.
//!
//! `FilterLogEvents` reads all streams of a group, `GetLogEvents` one stream; a page of either is as large, and
//! each has a limit of its own. So the time that is read is cut into slices that belong to one API each: a
//! slice of the first is one chain of pages, one of the second a chain for each stream. Where streams are too
//! many to be named, or a pattern is wanted, there is no second.
//!
//! A slice is cut only when something is gained by it, as each chain ends in a page that is not full: while an
//! API has nothing to do it takes its share of what the other has left, and while too few pages are on their way
//! for its limit, half of what it reads itself. `GetLogEvents`, which may be asked more often, takes the front.

use super::follow::{Arrived, Batch, FeedState, Gap, wait};
use super::sources::GroupSource;
use crate::app::effect::Query;
use crate::model::logs::{LogEvent, LogPage, LogStream, LogWindow, Ms};
use crate::model::{Failure, FailureKind, Piece};
use log_store::Source;
use log_store::store::hash;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The end of a read without one: later than any line.
const ENDLESS: Ms = Ms::MAX / 4;
/// A read without an end is over at a page of lines that were all written and taken in so long after it had begun:
/// where more is written than can be read, it would go on for ever. A page of lines that merely came late is none:
/// what was there before they came follows on them.
const AFTERWARDS: Ms = 5_000;
/// Gives up after so many failures in a row.
const TRIES: u32 = 8;
/// Lines that may wait for those of an earlier slice, usually less than 200 MB.
const WAITING: usize = 500_000;
/// Lines of the later part of a slice that two APIs share, at most: they wait for the earlier part.
const BACK_LINES: f64 = 300_000.0;
/// A slice is cut in two for the same API while it has so many pages to go.
const WORTH: f64 = 4.0;
/// A share is taken where that saves so many seconds.
const GAIN: f64 = 0.05;
/// Chains of one API, at most.
const CHAINS: usize = 12;
/// Pages that are on their way for each that the limit and the service's delay need: answers come unevenly.
const SPARE: f64 = 1.25;
/// Streams of a group that are named, at most.
pub const STREAMS: usize = 50;
/// What the service says of a stream's last line may be so old.
const LAG: Ms = 24 * 3_600_000;

/// Pages a second that each API may be asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// `FilterLogEvents`.
    pub filter: f64,
    /// `GetLogEvents`; none: it is not used.
    pub get: Option<f64>,
}

/// What to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// From this time on.
    pub since: Ms,
    /// Up to this time, which belongs to it; none: whatever there is.
    pub until: Option<Ms>,
    /// What the service's clock shows now.
    pub begun: Ms,
    /// A filter pattern of the service.
    pub pattern: Option<String>,
    /// How fast.
    pub rates: Rates,
}

/// A request to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Comes back with the answer.
    pub number: u64,
    /// What to ask.
    pub query: Query,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    Filter,
    Get,
}

/// A group, and who writes into it.
#[derive(Debug, Clone)]
struct Group {
    source: GroupSource,
    names: HashMap<String, Option<Arc<Source>>>,
    /// The request for its streams, while it is under way.
    listing: Option<u64>,
    /// Streams that may have something to read, few enough to be named; empty where they are not known.
    streams: Vec<String>,
    lines: u64,
    failure: Option<Failure>,
    retry: Option<Ms>,
}

/// A stretch of time of a group that one API reads.
#[derive(Debug, Clone)]
struct Slice {
    group: usize,
    api: Api,
    to: Ms,
    /// It waits until what is before it was read: lines of it would only be held back.
    held: bool,
    chains: Vec<Chain>,
}

/// Pages one after the other.
#[derive(Debug, Clone)]
struct Chain {
    /// The streams that it reads; empty for all.
    streams: Vec<String>,
    token: Option<String>,
    /// What its first page was asked for: with a token the same is asked for, whatever became of the slice.
    window: (Ms, Ms),
    /// The time of the newest line that came, or where it begins.
    position: Ms,
    /// What came of that very millisecond: it comes again where a token was refused, or where the other API goes on.
    edge: HashSet<u64>,
    /// How many lines alike came of that millisecond since it was begun again: no id tells them apart for both APIs.
    alike: HashMap<u64, u32>,
    /// The request under way and since when.
    flight: Option<(u64, Ms)>,
    due: Ms,
    failures: u32,
    /// The time that a page reaches over, in milliseconds; none while that is not known.
    reach: Option<f64>,
    ended: bool,
}

impl Chain {
    fn new(streams: Vec<String>, from: Ms, reach: Option<f64>) -> Self {
        Self {
            streams,
            token: None,
            window: (from, ENDLESS),
            position: from,
            edge: HashSet::new(),
            alike: HashMap::new(),
            flight: None,
            due: 0,
            failures: 0,
            reach,
            ended: false,
        }
    }

    /// Goes on without a token, where its lines ended.
    fn begin_again(&mut self) {
        self.token = None;
        self.alike.clear();
    }

    /// What tells a line from all others, and whether it came already.
    fn known(&mut self, event: &LogEvent) -> (u64, bool) {
        if event.at > self.position {
            self.edge.clear();
            self.alike.clear();
            self.position = event.at;
        }
        let content = super::follow::content(event);
        let count = self.alike.entry(content).or_default();
        *count += 1;
        let id = hash(&[&content.to_le_bytes(), &count.to_le_bytes()]);
        (id, event.at == self.position && !self.edge.insert(id))
    }
}

impl Slice {
    fn open(&self) -> impl Iterator<Item = &Chain> {
        self.chains.iter().filter(|chain| !chain.ended)
    }

    fn position(&self) -> Option<Ms> {
        self.open().map(|chain| chain.position).min()
    }

    /// Pages that it has to go, up to a time; none where that is not known.
    fn pages_left(&self, now: Ms) -> Option<f64> {
        let to = self.to.min(now);
        let left = |chain: &Chain| Some((to - chain.position).max(0) as f64 / chain.reach?.max(1.0));
        self.open().map(left).sum()
    }

    /// The time that a page of all its streams together reaches over.
    fn reach(&self) -> Option<f64> {
        let pages: Option<f64> = self.open().map(|chain| Some(1.0 / chain.reach?.max(1.0))).sum();
        pages.filter(|pages| *pages > 0.0).map(|pages| 1.0 / pages)
    }
}

/// How long an API takes for a page, at best.
#[derive(Debug, Clone, Copy, Default)]
struct Delay(Option<Ms>);

/// The state machine.
#[derive(Debug, Clone)]
pub struct Once {
    plan: Plan,
    groups: Vec<Group>,
    slices: Vec<Slice>,
    serial: u64,
    filter: Delay,
    get: Delay,
    /// Lines of a page that had more after it, lately.
    page_lines: f64,
}

impl Once {
    /// Reads these groups.
    pub fn new(sources: Vec<GroupSource>, plan: Plan) -> Self {
        let to = plan.until.unwrap_or(ENDLESS);
        let slices = (0..sources.len())
            .map(|group| Slice {
                group,
                api: Api::Filter,
                to,
                held: false,
                chains: vec![Chain::new(Vec::new(), plan.since, None)],
            })
            .collect();
        let groups = sources
            .into_iter()
            .map(|source| Group {
                source,
                names: HashMap::new(),
                listing: None,
                streams: Vec::new(),
                lines: 0,
                failure: None,
                retry: None,
            })
            .collect();
        let mut once = Self {
            plan,
            groups,
            slices,
            serial: 0,
            filter: Delay::default(),
            get: Delay::default(),
            page_lines: 10_000.0,
        };
        if once.plan.pattern.is_some() {
            // GetLogEvents knows none.
            once.plan.rates.get = None;
        }
        once
    }

    /// What is to be asked now, while so many lines wait for those of an earlier slice.
    pub fn tick(&mut self, now: Ms, waiting: usize) -> Vec<Ask> {
        let mut asks = Vec::new();
        if self.serial == 0 && self.plan.rates.get.is_some() {
            for group in &mut self.groups {
                self.serial += 1;
                group.listing = Some(self.serial);
                let query =
                    Query::LogStreams { group: group.source.group.clone(), region: group.source.region.clone() };
                asks.push(Ask { number: self.serial, query });
            }
        }
        self.share();
        let slowest = self.covered();
        for slice in self.slices.iter_mut().filter(|slice| !slice.held) {
            let group = &self.groups[slice.group];
            for chain in &mut slice.chains {
                let early = waiting > WAITING && chain.position > slowest + 1;
                if chain.ended || chain.flight.is_some() || chain.due > now || early {
                    continue;
                }
                self.serial += 1;
                chain.flight = Some((self.serial, now));
                // A page of GetLogEvents that reaches over the end of its slice says that there is no more of it. An
                // end of its own would cost a request more, which says that nothing follows.
                let to = if slice.api == Api::Get { self.plan.until.unwrap_or(ENDLESS) } else { slice.to };
                if chain.token.is_none() {
                    chain.window = (chain.position.max(0), to);
                }
                let (from, to) = chain.window;
                let window = LogWindow {
                    region: group.source.region.clone(),
                    group: group.source.group.clone(),
                    prefix: group.source.prefix().filter(|_| chain.streams.is_empty()),
                    streams: chain.streams.clone(),
                    from,
                    to: (to < ENDLESS).then_some(to),
                    pattern: self.plan.pattern.clone(),
                    token: chain.token.clone(),
                    ..LogWindow::default()
                };
                let window = Box::new(window);
                let query = if slice.api == Api::Get { Query::StreamPage(window) } else { Query::LogPage(window) };
                asks.push(Ask { number: self.serial, query });
            }
        }
        asks
    }

    /// When there may be something to ask.
    pub fn due(&self) -> Option<Ms> {
        let waiting = self.slices.iter().filter(|slice| !slice.held).flat_map(Slice::open);
        waiting.filter(|chain| chain.flight.is_none()).map(|chain| chain.due).min()
    }

    /// Takes the streams of a group in: those that are wanted and may have lines of the time that is read.
    pub fn streams(&mut self, number: u64, streams: Option<Vec<LogStream>>) {
        let (since, until) = (self.plan.since, self.plan.until.unwrap_or(ENDLESS));
        let Some(group) = self.groups.iter_mut().find(|group| group.listing == Some(number)) else { return };
        group.listing = None;
        let source = &group.source;
        let wanted = streams.unwrap_or_default().into_iter().filter(|stream| {
            stream.created <= until
                && stream.last.is_none_or(|last| last >= since - LAG)
                && source.source(&stream.name).is_some()
        });
        let named: Vec<String> = wanted.map(|stream| stream.name).collect();
        if named.len() <= STREAMS {
            group.streams = named;
        }
    }

    /// Whether a request was one for streams.
    pub fn lists(&self, number: u64) -> bool {
        self.groups.iter().any(|group| group.listing == Some(number))
    }

    /// Takes a page in.
    pub fn page(&mut self, number: u64, page: LogPage, now: Ms) -> Batch {
        let mut batch = Batch::default();
        let Some((slice, at)) = find(&mut self.slices, number) else { return batch };
        let (api, to) = (slice.api, slice.to);
        let after = self.plan.begun + AFTERWARDS;
        let group = &mut self.groups[slice.group];
        (group.failure, group.retry) = (None, None);
        let chain = &mut slice.chains[at];
        let asked = chain.flight.take().map_or(now, |(_, asked)| asked);
        chain.failures = 0;
        let delay = if api == Api::Get { &mut self.get } else { &mut self.filter };
        delay.0 = Some(delay.0.map_or(now - asked, |least| least.min(now - asked)));
        // Nothing of it is still to come: pages are in the order of time.
        let new = |event: &LogEvent| event.at > after && event.ingested > after;
        let over = page.events.iter().any(|event| event.at > to)
            || (self.plan.until.is_none() && !page.events.is_empty() && page.events.iter().all(new));
        let (before, came) = (chain.position, page.events.len());
        batch.lines.reserve(came);
        let mut last: Option<(Piece, Option<Arc<Source>>)> = None;
        for event in page.events.into_iter().filter(|event| event.at <= to) {
            let (id, known) = chain.known(&event);
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
        let reached = chain.position - before;
        if came > 0 && !over {
            let reached = reached.max(1) as f64;
            chain.reach = Some(chain.reach.map_or(reached, |reach| f64::midpoint(reach, reached)));
            self.page_lines = self.page_lines * 0.5 + came as f64 * 0.5;
        }
        // GetLogEvents says by the same token again that there is no more.
        let next = page.next.filter(|next| api == Api::Filter || chain.token.as_ref() != Some(next));
        chain.ended = over || next.is_none();
        chain.token = next;
        chain.due = now;
        batch
    }

    /// Takes a failure in.
    pub fn failed(&mut self, number: u64, failure: Failure, now: Ms) -> Batch {
        let mut batch = Batch::default();
        if self.lists(number) {
            // FilterLogEvents reads all of it, in more time.
            self.streams(number, None);
            return batch;
        }
        let end = self.plan.until.unwrap_or(self.plan.begun);
        let Some((slice, at)) = find(&mut self.slices, number) else { return batch };
        let (api, to) = (slice.api, slice.to.min(end));
        let group = &mut self.groups[slice.group];
        let chain = &mut slice.chains[at];
        chain.flight = None;
        chain.failures += 1;
        // A token that is not taken any more.
        let again = chain.token.is_some() && (failure.kind == FailureKind::Invalid || chain.failures.is_multiple_of(3));
        let refused = matches!(failure.kind, FailureKind::Denied | FailureKind::NotFound | FailureKind::Invalid);
        chain.due = now + wait(chain.failures);
        if again {
            chain.begin_again();
            if failure.kind == FailureKind::Invalid {
                chain.due = now;
            }
        } else if api == Api::Get && refused {
            // What may not be read so is read by the other API, stream by stream.
            slice.api = Api::Filter;
            for chain in &mut slice.chains {
                chain.begin_again();
                (chain.flight, chain.failures, chain.due) = (None, 0, now);
            }
            group.streams.clear();
            return batch;
        } else if refused || failure.kind == FailureKind::WrongAccount || chain.failures >= TRIES {
            chain.ended = true;
            batch.gaps.push(Gap {
                group: group.source.group.clone(),
                from: chain.position,
                to: to.max(chain.position),
                sampled: false,
                why: failure.message.clone(),
            });
        }
        group.retry = Some(chain.due);
        group.failure = Some(failure);
        batch
    }

    /// Everything of every group was read up to this time.
    pub fn covered(&self) -> Ms {
        // Lines of the very time may still come on the next page.
        self.slices.iter().filter_map(Slice::position).map(|position| position - 1).min().unwrap_or(Ms::MAX)
    }

    /// Whether everything was read.
    pub fn ended(&self) -> bool {
        self.slices.iter().all(|slice| slice.chains.iter().all(|chain| chain.ended))
    }

    /// How each group stands.
    pub fn states(&self) -> Vec<FeedState> {
        let groups = self.groups.iter().enumerate();
        let state = |(n, group): (usize, &Group)| {
            let mine = || self.slices.iter().filter(move |slice| slice.group == n);
            FeedState {
                group: group.source.group.clone(),
                covered: mine().filter_map(Slice::position).min().unwrap_or(self.plan.begun),
                lines: group.lines,
                failure: group.failure.clone(),
                retry: group.retry,
                ended: mine().all(|slice| slice.chains.iter().all(|chain| chain.ended)),
                ..FeedState::default()
            }
        };
        groups.map(state).collect()
    }

    fn rate(&self, api: Api) -> f64 {
        match api {
            Api::Filter => self.plan.rates.filter,
            Api::Get => self.plan.rates.get.unwrap_or(0.0),
        }
    }

    fn chains(&self, api: Api) -> usize {
        self.slices.iter().filter(|slice| slice.api == api && !slice.held).map(|slice| slice.open().count()).sum()
    }

    /// Chains that keep an API at its limit.
    fn enough(&self, api: Api) -> usize {
        let delay = if api == Api::Get { self.get.0 } else { self.filter.0 };
        let needed = delay.map_or(0.0, |delay| self.rate(api) * delay as f64 / 1_000.0 * SPARE);
        (needed.ceil() as usize + 1).min(CHAINS)
    }

    /// Cuts slices where that saves time.
    fn share(&mut self) {
        for group in 0..self.groups.len() {
            let open = |slice: &&mut Slice| slice.group == group && slice.open().next().is_some();
            let mut mine: Vec<&mut Slice> = self.slices.iter_mut().filter(open).collect();
            if mine.iter().all(|slice| slice.held)
                && let Some(first) = mine.iter_mut().min_by_key(|slice| slice.position())
            {
                first.held = false;
            }
        }
        while self.chains(Api::Get) == 0 && self.take_front() {}
        while self.chains(Api::Filter) == 0 && self.take_back() {}
        for api in [Api::Get, Api::Filter] {
            while self.chains(api) > 0 && self.chains(api) < self.enough(api) && self.halve(api) {}
        }
        self.slices.retain(|slice| slice.open().next().is_some());
    }

    /// Seconds that are saved where an API takes its share of so many pages that the other has to go, and begins so
    /// many chains for that.
    fn gain(&self, taker: Api, pages: f64, chains: usize) -> f64 {
        let owner = if taker == Api::Get { Api::Filter } else { Api::Get };
        let both = self.rate(Api::Filter) + self.rate(Api::Get);
        pages / self.rate(owner) - (pages + f64::midpoint(chains as f64, 1.0)) / both
    }

    /// `GetLogEvents` takes the front of what `FilterLogEvents` has left, which goes on behind it.
    fn take_front(&mut self) -> bool {
        let begun = self.plan.begun;
        if self.plan.rates.get.is_none() {
            return false;
        }
        let worth = |slice: &Slice| {
            let chains = self.groups[slice.group].streams.len();
            let idle =
                slice.chains.len() == 1 && slice.chains[0].flight.is_none() && slice.chains[0].streams.is_empty();
            let pages = slice.pages_left(begun).unwrap_or(0.0);
            slice.api == Api::Filter && idle && chains > 0 && self.gain(Api::Get, pages, chains) > GAIN
        };
        let found = self.slices.iter().enumerate().filter(|(_, slice)| worth(slice));
        let Some((at, _)) = found.min_by_key(|(_, slice)| slice.position()) else { return false };
        let (filter, get) = (self.rate(Api::Filter), self.rate(Api::Get));
        let streams = self.groups[self.slices[at].group].streams.clone();
        let slice = &self.slices[at];
        let (group, to, position) = (slice.group, slice.to, slice.position().unwrap_or_default());
        let reach = slice.reach().unwrap_or(1.0);
        let pages = (to.min(begun) - position) as f64 / reach;
        // Of more than may wait, the rest is for later.
        let most = BACK_LINES / self.page_lines.max(1.0) * (filter + get) / filter;
        let middle = position + (pages.min(most) * get / (filter + get) * reach) as Ms;
        let later = (pages > most * 1.5).then(|| position + (most * reach) as Ms);
        // What came of the very last millisecond comes again.
        let edge = std::mem::take(&mut self.slices[at].chains[0].edge);
        let chain = |stream: &String| {
            let reach = Some(reach * streams.len() as f64);
            Chain { edge: edge.clone(), ..Chain::new(vec![stream.clone()], position, reach) }
        };
        let front =
            Slice { group, api: Api::Get, to: middle - 1, held: false, chains: streams.iter().map(chain).collect() };
        let back = |from: Ms, to: Ms, held: bool| Slice {
            group,
            api: Api::Filter,
            to,
            held,
            chains: vec![Chain::new(Vec::new(), from, Some(reach))],
        };
        let mut new = vec![front];
        match later {
            Some(later) => new.extend([back(middle, later - 1, false), back(later, to, true)]),
            None => new.push(back(middle, to, false)),
        }
        self.slices.splice(at..=at, new);
        true
    }

    /// `FilterLogEvents` takes the back of what `GetLogEvents` has left.
    fn take_back(&mut self) -> bool {
        let begun = self.plan.begun;
        let worth = |slice: &Slice| {
            slice.api == Api::Get && self.gain(Api::Filter, slice.pages_left(begun).unwrap_or(0.0), 1) > GAIN
        };
        let found = self.slices.iter().enumerate().filter(|(_, slice)| worth(slice));
        let Some((at, _)) = found.min_by_key(|(_, slice)| slice.position()) else { return false };
        let part = self.rate(Api::Get) / (self.rate(Api::Get) + self.rate(Api::Filter));
        self.cut(at, part, Api::Filter)
    }

    /// Cuts a slice of an API in two for the same API: more pages are on their way then.
    fn halve(&mut self, api: Api) -> bool {
        let begun = self.plan.begun;
        let worth = |slice: &Slice| {
            let chains = slice.open().count() as f64;
            slice.api == api && !slice.held && slice.pages_left(begun).unwrap_or(0.0) >= WORTH * chains
        };
        let found = self.slices.iter().enumerate().filter(|(_, slice)| worth(slice));
        let Some((at, _)) = found.min_by_key(|(_, slice)| slice.position()) else { return false };
        self.cut(at, 0.5, api)
    }

    /// Cuts a slice: it keeps its first part, an API reads the rest.
    fn cut(&mut self, at: usize, part: f64, api: Api) -> bool {
        let slice = &mut self.slices[at];
        let Some(position) = slice.open().map(|chain| chain.position).max() else { return false };
        let (group, to) = (slice.group, slice.to);
        let end = to.min(self.plan.begun);
        let middle = position + ((end - position) as f64 * part) as Ms;
        if middle <= position || middle >= end {
            return false;
        }
        let reach = slice.reach();
        // What has ended has read its whole part of the slice.
        let open: Vec<&Chain> = slice.open().collect();
        let chains = if api == Api::Filter && slice.api == Api::Get {
            let named = open.iter().flat_map(|chain| chain.streams.iter().cloned());
            let all = open.len() == slice.chains.len();
            vec![Chain::new(if all { Vec::new() } else { named.collect() }, middle, reach)]
        } else {
            open.iter().map(|chain| Chain::new(chain.streams.clone(), middle, chain.reach)).collect()
        };
        slice.to = middle - 1;
        self.slices.insert(at + 1, Slice { group, api, to, held: false, chains });
        true
    }
}

/// The slice and the chain that a request is for.
fn find(slices: &mut [Slice], number: u64) -> Option<(&mut Slice, usize)> {
    slices.iter_mut().find_map(|slice| {
        let at = slice.chains.iter().position(|chain| chain.flight.is_some_and(|(flight, _)| flight == number))?;
        Some((slice, at))
    })
}

impl Group {
    /// Who writes into a stream, if anybody wants to know.
    fn source_of(&mut self, stream: &Piece) -> Option<Arc<Source>> {
        if let Some(known) = self.names.get(&**stream) {
            return known.clone();
        }
        let source = self.source.source(stream).map(Arc::new);
        self.names.insert(stream.to_string(), source.clone());
        source
    }
}
