//! Follows log groups page by page, again and again, and loses nothing on the way. What is read once is read
//! by [`super::once`].
//!
//! Each group is asked for what came since the last time with an overlap, because lines may become
//! visible seconds after they were written; what was seen already is known by its id. Most rounds look
//! back a few seconds, every [`DEEP_EVERY`] one looks back two minutes. A failure moves nothing: the
//! next try begins where the last good read ended, so it leaves no gap.
//!
//! Where more comes than requests can bring, a round does not end. It advances what is covered all the same, page
//! by page, and forgets the ids that no look back will bring again, so that memory is bounded by the look back. No
//! round begins before what was forgotten: nothing comes twice.
//!
//! A live tail beside it sends once a second. Rounds go on fast while they are the first to bring lines;
//! where the service shows lines to the tail first, they are slow and only fill what it missed. Its lines
//! have no ids, so there a line is known by what it says and when, and by how many like it came before.

use super::sources::GroupSource;
use crate::app::backoff;
use crate::model::logs::{LiveUpdate, LogEvent, LogPage, LogWindow, Ms};
use crate::model::{Failure, FailureKind, Piece};
use jiff::SignedDuration;
use log_store::Source;
use log_store::store::hash;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// Between two rounds of a group, in milliseconds.
pub const INTERVAL: Ms = 800;
/// Between two rounds beside a live tail that is the first to bring lines.
pub const LIVE_INTERVAL: Ms = 15_000;
/// Between two rounds beside a live tail that is not.
const FAST_INTERVAL: Ms = 200;
/// Rounds a second over all groups then: polling's half of the budget, which a person has asked for.
const FAST_ROUNDS: Ms = 5;
/// Rounds stay fast while at least this part of the lines comes by them first.
const LEAD: f64 = 0.2;
/// What one line changes in that part.
const LEAD_STEP: f64 = 0.1;
/// Rounds a second over all groups: within polling's half of the 10 that `FilterLogEvents` allows.
pub const ROUNDS: Ms = 4;
/// How far an ordinary round looks back. Most lines are visible within 300 ms, and nearly all others
/// within 10 s.
const SHALLOW: Ms = 10_000;
/// How far a deep round looks back. Ingestion delays of 5–20 s are common, most of a minute happens.
const DEEP: Ms = 120_000;
/// Between two deep rounds.
pub const DEEP_EVERY: Ms = 20_000;
/// A round's overlap holds about this many lines at most: a look back must not cost all requests.
const OVERLAP_LINES: f64 = 20_000.0;
/// Clocks of containers may be ahead: lines stamped up to this far in the future are read. The
/// service takes none that are further.
const FUTURE: Ms = 2 * 3_600_000;
/// In a quiet group a round now and then looks back this far: clocks of containers may be behind.
const FAR: Ms = 2 * 3_600_000 + 600_000;
/// Between two such rounds.
const FAR_EVERY: Ms = 300_000;
/// The lines of the future that a round takes along.
const FUTURE_LINES: f64 = 200_000.0;
/// After a read, lines of the last moments may still become visible.
const SETTLE: Ms = 300;
/// So many ids are not worth a look at each of them.
const FEW: usize = 2_000;
/// A line is late if the group was read this far past its time before it came.
const LATE: Ms = 2_000;
/// How to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// From this time on.
    pub since: Ms,
    /// A live tail runs beside it.
    pub live: bool,
    /// When a round is this far behind, what is between is left out and said so; none: never.
    pub skip: Option<Ms>,
}

/// A request to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Comes back with the answer.
    pub number: u64,
    /// What to read.
    pub window: LogWindow,
}

/// A line that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    /// Where it comes from.
    pub source: Arc<Source>,
    /// The line.
    pub event: LogEvent,
    /// What tells it from all others.
    pub id: u64,
    /// It came after later lines had been read.
    pub late: bool,
}

/// A stretch that was not read, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub group: String,
    /// Where it begins.
    pub from: Ms,
    /// Where it ends.
    pub to: Ms,
    /// The service showed a part of it only.
    pub sampled: bool,
    /// Why, in a sentence.
    pub why: String,
}

/// What an answer brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// New lines, in the order in which they came.
    pub lines: Vec<Arrived>,
    /// What is missing.
    pub gaps: Vec<Gap>,
}

/// How a group stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeedState {
    /// Its name.
    pub group: String,
    /// Everything up to this time was read.
    pub covered: Ms,
    /// How far the reading is behind, in milliseconds.
    pub behind: Ms,
    /// Lines a second, lately.
    pub rate: f64,
    /// Lines that came.
    pub lines: u64,
    /// The last failure, if it has not been read since.
    pub failure: Option<Failure>,
    /// When it is tried again.
    pub retry: Option<Ms>,
    /// It was read to its end.
    pub ended: bool,
    /// How far a deep round looks back, in milliseconds.
    pub overlap: Ms,
}

/// Streams of one page, whose lines share their names: not to look each up.
type Recent = Vec<(Piece, Option<Arc<Source>>)>;
/// So many of them.
const RECENT: usize = 8;

#[derive(Debug, Clone)]
struct Feed {
    source: GroupSource,
    names: HashMap<String, Option<Arc<Source>>>,
    /// The round under way, with its request if one is out.
    round: Option<Round>,
    flight: Option<u64>,
    /// Everything written and visible up to this time was read.
    covered: Ms,
    deep_at: Ms,
    far_at: Ms,
    due: Ms,
    seen: HashMap<u64, Ms, BuildHasherDefault<Hashed>>,
    /// Ids of lines before this time were forgotten: no round begins before it.
    floor: Ms,
    /// With more ids than this, old ones are forgotten.
    enough: usize,
    /// How many lines alike the live tail has brought.
    alike: HashMap<u64, (u32, Ms)>,
    /// Not everything that was there when it began has been read yet.
    first: bool,
    failures: u32,
    failure: Option<Failure>,
    rate: f64,
    counted: (Ms, u64),
    lines: u64,
    /// That it is gone was said.
    gone: bool,
}

#[derive(Debug, Clone)]
struct Round {
    from: Ms,
    to: Ms,
    began: Ms,
    /// When its last page was asked for, by the service's clock.
    asked: Ms,
    token: Option<String>,
    /// The time of the newest line of its pages.
    position: Ms,
    /// How many lines alike it has brought, and their time.
    alike: HashMap<u64, (u32, Ms)>,
}

/// The state machine.
#[derive(Debug, Clone)]
pub struct Follower {
    plan: Plan,
    pattern: Option<String>,
    feeds: Vec<Feed>,
    serial: u64,
    /// How far the service's clock is ahead of ours.
    ahead: Ms,
    /// Beside a live tail: the part of the last lines that rounds brought first.
    lead: f64,
}

impl Follower {
    /// Reads these groups by a plan.
    pub fn new(sources: Vec<GroupSource>, plan: Plan, pattern: Option<String>) -> Self {
        let mut follower = Self { plan, pattern, feeds: Vec::new(), serial: 0, ahead: 0, lead: 1.0 };
        follower.set_sources(sources);
        follower
    }

    /// The same, with what is known of the service's clock: see [`Self::set_ahead`].
    #[must_use]
    pub fn ahead_by(mut self, ahead: Ms) -> Self {
        self.set_ahead(ahead);
        self
    }

    /// How far the service's clock is ahead of ours (behind: negative), as far as that is known.
    pub fn set_ahead(&mut self, ahead: Ms) {
        self.ahead = ahead;
    }

    /// Follows these groups from now on: new ones from the plan's beginning, others go on.
    pub fn set_sources(&mut self, sources: Vec<GroupSource>) {
        let place = |source: &GroupSource| (source.group.clone(), source.region.clone());
        let mut old: HashMap<_, Feed> = self.feeds.drain(..).map(|feed| (place(&feed.source), feed)).collect();
        for source in sources {
            let feed = match old.remove(&place(&source)) {
                Some(mut feed) => {
                    if feed.source != source {
                        feed.names.clear();
                        feed.source = source;
                    }
                    feed
                }
                None => Feed::new(source, self.plan.since),
            };
            self.feeds.push(feed);
        }
    }

    /// The groups.
    pub fn sources(&self) -> impl Iterator<Item = &GroupSource> {
        self.feeds.iter().map(|feed| &feed.source)
    }

    /// What is under way is not waited for: it is asked again.
    pub fn forget_flights(&mut self, now: Ms) {
        for feed in &mut self.feeds {
            feed.flight = None;
            feed.due = now;
        }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    fn interval(&self) -> Ms {
        let (least, rounds) = match (self.plan.live, self.fast()) {
            (false, _) => (INTERVAL, ROUNDS),
            (true, true) => (FAST_INTERVAL, FAST_ROUNDS),
            (true, false) => (LIVE_INTERVAL, ROUNDS),
        };
        least.max(self.feeds.len() as Ms * 1_000 / rounds)
    }

    /// Whether rounds beside a live tail are worth their requests.
    fn fast(&self) -> bool {
        self.lead >= LEAD
    }

    /// What is to be asked now.
    pub fn tick(&mut self, now: Ms) -> Vec<Ask> {
        let server = now + self.ahead;
        let plan = self.plan;
        let fills = plan.live && !self.fast();
        let mut asks = Vec::new();
        for feed in &mut self.feeds {
            if feed.flight.is_some() || feed.due > now {
                continue;
            }
            let round = if let Some(round) = feed.round.take() {
                round
            } else {
                let (from, to) = feed.window(fills, server);
                Round { from, to, began: server, asked: server, token: None, position: from, alike: HashMap::new() }
            };
            let round = feed.round.insert(round);
            round.asked = server;
            self.serial += 1;
            feed.flight = Some(self.serial);
            let window = LogWindow {
                region: feed.source.region.clone(),
                group: feed.source.group.clone(),
                prefix: feed.source.prefix(),
                from: round.from.max(0),
                to: Some(round.to),
                pattern: self.pattern.clone(),
                token: round.token.clone(),
                ..LogWindow::default()
            };
            asks.push(Ask { number: self.serial, window });
        }
        asks
    }

    /// When there may be something to ask.
    pub fn due(&self) -> Option<Ms> {
        self.feeds.iter().filter(|feed| feed.flight.is_none()).map(|feed| feed.due).min()
    }

    /// Takes a page in.
    pub fn page(&mut self, number: u64, page: LogPage, now: Ms) -> Batch {
        let (plan, interval) = (self.plan, self.interval());
        let Some(feed) = self.feeds.iter_mut().find(|feed| feed.flight == Some(number)) else {
            return Batch::default();
        };
        feed.flight = None;
        (feed.failures, feed.failure, feed.gone) = (0, None, false);
        let Some(mut round) = feed.round.take() else { return Batch::default() };
        let mut batch = Batch::default();
        let came = page.events.len();
        batch.lines.reserve(came);
        let mut recent = Recent::new();
        for event in page.events {
            round.position = round.position.max(event.at);
            self.ahead = self.ahead.max(event.ingested - now);
            let id = if plan.live {
                let content = content(&event);
                let (count, _) = round.alike.entry(content).or_insert((0, event.at));
                *count += 1;
                hash(&[&content.to_le_bytes(), &count.to_le_bytes()])
            } else {
                hash(&[event.id.as_bytes()])
            };
            feed.take(event, id, plan, &mut recent, &mut batch);
        }
        if batch.lines.len() * 2 < came {
            // A page lives as long as any of its lines: those of others would be kept along with them.
            batch.lines.iter_mut().for_each(|line| line.event = line.event.alone());
        }
        if plan.live && !feed.first {
            let fresh = batch.lines.iter().filter(|line| !line.late).count();
            self.lead = 1.0 - (1.0 - self.lead) * (1.0 - LEAD_STEP).powi(fresh.min(100) as i32);
        }
        feed.count(&batch, now);
        if page.next.is_some() {
            round.token = page.next;
            feed.due = now;
            feed.advance(&mut round);
            let behind = now + self.ahead - round.position.max(feed.covered);
            if let Some(skip) = plan.skip.filter(|skip| behind > *skip && !feed.first) {
                let to = now + self.ahead - skip / 4;
                batch.gaps.push(Gap {
                    group: feed.source.group.clone(),
                    from: round.position.max(feed.covered),
                    to,
                    sampled: false,
                    why: "more lines came than can be read at the rate that AWS allows: a live tail or a filter needs fewer requests".to_owned(),
                });
                feed.covered = to;
                feed.forget(plan.live, to);
                return batch;
            }
            feed.forget(plan.live, round.position);
            if feed.looks_back(&round, behind) {
                feed.first = false;
            } else {
                feed.round = Some(round);
            }
            return batch;
        }
        // To the end: everything that was visible when the round began was read.
        feed.covered = round.began.max(feed.covered);
        feed.first = false;
        feed.due = (round.began - self.ahead + interval).max(now);
        feed.forget(plan.live, Ms::MAX);
        batch
    }

    /// Takes a failure in.
    pub fn failed(&mut self, number: u64, failure: Failure, now: Ms) -> Batch {
        let Some(feed) = self.feeds.iter_mut().find(|feed| feed.flight == Some(number)) else {
            return Batch::default();
        };
        feed.flight = None;
        feed.failures += 1;
        let mut batch = Batch::default();
        // A token that is not taken any more: the round goes on where its lines ended.
        if let Some(round) = feed.round.as_mut().filter(|round| round.token.is_some())
            && (failure.kind == FailureKind::Invalid || feed.failures.is_multiple_of(3))
        {
            round.token = None;
            round.from = round.position;
            round.alike.clear();
        }
        if failure.kind == FailureKind::NotFound && feed.lines > 0 && !feed.gone {
            feed.gone = true;
            batch.gaps.push(Gap {
                group: feed.source.group.clone(),
                from: feed.covered,
                to: now + self.ahead,
                sampled: false,
                why: format!("the group is gone: {}", failure.message),
            });
        }
        feed.due = now + wait(feed.failures);
        feed.failure = Some(failure);
        batch
    }

    /// Takes a second of a live tail in.
    pub fn live(&mut self, update: LiveUpdate, now: Ms) -> Batch {
        let plan = self.plan;
        let mut batch = Batch::default();
        if update.started {
            // What came while nobody listened.
            for feed in self.feeds.iter_mut().filter(|feed| feed.flight.is_none()) {
                feed.due = now;
            }
        }
        if update.sampled {
            let times = update.events.iter().map(|(_, event)| event.ingested);
            let to = times.clone().max().unwrap_or(now + self.ahead);
            let from = times.min().unwrap_or(to - 1_000);
            let group = update.events.first().map(|(group, _)| group.clone()).unwrap_or_default();
            batch.gaps.push(Gap {
                group,
                from,
                to,
                sampled: true,
                why: "more than 500 lines came in a second: the live tail shows a part; the rest is filled in as far as requests allow".to_owned(),
            });
            for feed in self.feeds.iter_mut().filter(|feed| feed.flight.is_none()) {
                feed.due = feed.due.min(now + 1_000);
            }
        }
        for (group, event) in update.events {
            let Some(feed) = self.feeds.iter_mut().find(|feed| feed.source.group == group) else { continue };
            self.ahead = self.ahead.max(event.ingested - now);
            let content = content(&event);
            let (count, at) = feed.alike.entry(content).or_insert((0, event.at));
            (*count, *at) = (*count + 1, event.at);
            let id = hash(&[&content.to_le_bytes(), &count.to_le_bytes()]);
            feed.take(event, id, plan, &mut Recent::new(), &mut batch);
        }
        self.lead *= (1.0 - LEAD_STEP).powi(batch.lines.len().min(100) as i32);
        for feed in &mut self.feeds {
            let mine = batch.lines.iter().filter(|line| line.source.group == feed.source.group).count();
            feed.lines += mine as u64;
        }
        batch
    }

    /// The live tail broke: what it may have missed is read at once.
    pub fn live_broke(&mut self, now: Ms) {
        self.lead = 1.0;
        for feed in self.feeds.iter_mut().filter(|feed| feed.flight.is_none() && feed.failure.is_none()) {
            feed.due = now;
        }
    }

    /// Everything of every group that answers was read up to this time.
    pub fn covered(&self) -> Ms {
        let healthy = self.feeds.iter().filter(|feed| feed.failure.is_none());
        let covered = healthy.map(|feed| feed.covered.max(feed.position() - 1)).min();
        covered.map_or(Ms::MAX, |covered| covered - SETTLE)
    }

    /// Whether everything that was there when it began was read, of every group that answers.
    pub fn caught_up(&self) -> bool {
        self.feeds.iter().all(|feed| !feed.first || feed.failure.is_some())
    }

    /// How many ids are remembered.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> usize {
        let round = |feed: &Feed| feed.round.as_ref().map_or(0, |round| round.alike.len());
        self.feeds.iter().map(|feed| feed.seen.len() + feed.alike.len() + round(feed)).sum()
    }

    /// How each group stands.
    pub fn states(&self, now: Ms) -> Vec<FeedState> {
        let server = now + self.ahead;
        let state = |feed: &Feed| FeedState {
            group: feed.source.group.clone(),
            covered: feed.covered,
            behind: match &feed.round {
                Some(round) if round.token.is_some() => server - round.position.max(feed.covered),
                _ => (server - feed.covered - self.interval()).max(0),
            },
            rate: feed.rate,
            lines: feed.lines,
            failure: feed.failure.clone(),
            retry: feed.failure.as_ref().map(|_| feed.due),
            ended: false,
            overlap: overlap(feed.rate, true),
        };
        self.feeds.iter().map(state).collect()
    }
}

/// How far a round looks back, by how many lines a second there are.
fn overlap(rate: f64, deep: bool) -> Ms {
    if deep {
        affordable(rate, OVERLAP_LINES, DEEP, 5_000)
    } else {
        affordable(rate, OVERLAP_LINES / 10.0, SHALLOW, 2_000)
    }
}

/// How far a round looks back for lines of clocks that are behind.
fn far(rate: f64) -> Ms {
    affordable(rate, OVERLAP_LINES * 2.0, FAR, 5_000)
}

/// How long what failed so often in a row waits, in milliseconds.
pub(super) fn wait(failures: u32) -> Ms {
    backoff::wait(SignedDuration::from_secs(1), failures).as_millis() as Ms
}

/// The time in which so many lines come, within bounds.
fn affordable(rate: f64, lines: f64, most: Ms, least: Ms) -> Ms {
    let time = lines / rate.max(0.001) * 1_000.0;
    if time >= most as f64 { most } else { (time as Ms).max(least) }
}

/// What is a hash already needs no other.
#[derive(Debug, Clone, Copy, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(&[bytes]);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// What tells lines without ids apart, but for those that are alike.
pub(super) fn content(event: &LogEvent) -> u64 {
    hash(&[event.stream.as_bytes(), &event.at.to_le_bytes(), &event.ingested.to_le_bytes(), event.message.as_bytes()])
}

impl Feed {
    fn new(source: GroupSource, since: Ms) -> Self {
        Self {
            source,
            names: HashMap::new(),
            round: None,
            flight: None,
            covered: since,
            deep_at: 0,
            far_at: 0,
            due: 0,
            seen: HashMap::default(),
            floor: Ms::MIN,
            enough: FEW,
            alike: HashMap::new(),
            first: true,
            failures: 0,
            failure: None,
            rate: 0.0,
            counted: (0, 0),
            lines: 0,
            gone: false,
        }
    }

    /// The window of the next round; one that fills what a live tail missed looks far back.
    fn window(&mut self, fills: bool, server: Ms) -> (Ms, Ms) {
        let future = affordable(self.rate, FUTURE_LINES, FUTURE, 5_000);
        if self.first {
            self.deep_at = server;
            return (self.covered, server + future);
        }
        if server - self.far_at >= FAR_EVERY {
            (self.far_at, self.deep_at) = (server, server);
            return ((self.covered - far(self.rate)).max(self.floor), server + future);
        }
        let deep = fills || server - self.deep_at >= DEEP_EVERY;
        // Lines stamped before the beginning count too, if they came after it: see `take`.
        let from = (self.covered - overlap(self.rate, deep)).max(self.floor);
        if !deep {
            return (from, server + 5_000);
        }
        self.deep_at = server;
        (from, server + future)
    }

    fn position(&self) -> Ms {
        self.round.as_ref().map_or(self.covered, |round| round.position)
    }

    /// Who writes into a stream, if anybody wants to know.
    fn source_of(&mut self, stream: &Piece, recent: &mut Recent) -> Option<Arc<Source>> {
        if let Some((_, source)) = recent.iter().find(|(name, _)| name.is(stream)) {
            return source.clone();
        }
        let known = self.names.get(&**stream).cloned();
        let source = known.unwrap_or_else(|| {
            let source = self.source.source(stream).map(Arc::new);
            self.names.insert(stream.to_string(), source.clone());
            source
        });
        if recent.len() < RECENT {
            recent.push((stream.clone(), source.clone()));
        }
        source
    }

    /// Takes a line in, unless it is known or not wanted.
    fn take(&mut self, event: LogEvent, id: u64, plan: Plan, recent: &mut Recent, batch: &mut Batch) {
        // A round that looks far back finds what was asked for by nobody, too.
        if event.at < plan.since && event.ingested < plan.since {
            return;
        }
        // Not requested by any source yet; do not mark it as seen, as one may request it on a later round.
        let Some(source) = self.source_of(&event.stream, recent) else { return };
        let Entry::Vacant(unacknowledged) = self.seen.entry(id) else { return };
        unacknowledged.insert(event.at);
        let late = !self.first && event.at < self.covered - LATE;
        batch.lines.push(Arrived { source, event, id, late });
    }

    /// A page was read that is not the round's last: what was visible up to its end was read.
    fn advance(&mut self, round: &mut Round) {
        // Lines of the very time may still come on the next page. Those that are stamped in the future say nothing
        // of what will be written until then.
        let read = round.position - 1;
        self.covered = self.covered.max(read.min(round.asked));
        self.first &= read < round.began;
        if round.alike.len() > FEW {
            // Pages are in the order of time: no more like these will come.
            round.alike.retain(|_, (_, at)| *at >= round.position);
        }
    }

    /// Whether a round that is so far behind is left for one that looks back for late lines: where it is further
    /// behind than that one looks, it reads the lines as late itself.
    fn looks_back(&self, round: &Round, behind: Ms) -> bool {
        let whole = round.position > round.began && self.covered >= round.position - 1;
        whole && round.asked - round.began >= DEEP_EVERY && behind < overlap(self.rate, true)
    }

    /// Forgets ids that no round will bring again, where the one under way will bring none before a time.
    fn forget(&mut self, live: bool, position: Ms) {
        if self.seen.len() <= self.enough && self.alike.len() <= self.enough {
            return;
        }
        let back = far(self.rate).max(overlap(self.rate, true)) + if live { 30_000 } else { 5_000 };
        self.floor = self.floor.max((self.covered - back).min(position));
        let floor = self.floor;
        self.seen.retain(|_, at| *at >= floor);
        self.alike.retain(|_, (_, at)| *at >= floor);
        // A look at each of them costs: they are looked at again when there are twice as many.
        self.enough = (self.seen.len().max(self.alike.len()) * 2).max(FEW);
    }

    fn count(&mut self, batch: &Batch, now: Ms) {
        self.lines += batch.lines.len() as u64;
        let (since, before) = self.counted;
        if now - since >= 2_000 {
            let seconds = (now - since) as f64 / 1_000.0;
            let lately = (self.lines - before) as f64 / seconds;
            self.rate = if since == 0 { 0.0 } else { self.rate * 0.5 + lately * 0.5 };
            self.counted = (now, self.lines);
        }
    }
}
