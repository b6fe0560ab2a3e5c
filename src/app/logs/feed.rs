//! One group that is followed: how far it was read, which window comes next, and which of its lines are known already.
//! Who asks when, and how live tails and rounds go together, is in [`super::follow`].

use super::again::{Again, LeftOut, NEAR, Reach};
use super::sources::GroupSource;
use crate::model::logs::{LogEvent, LogPage, Ms};
use crate::model::{Failure, Piece};
use log_store::Source;
use log_store::store::hash;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// How far an ordinary round looks back. Most lines are visible within 300 ms, and nearly all others
/// within 10 s.
const SHALLOW: Ms = 10_000;
/// How far a deep round looks back: two minutes, and what comes between two of them.
const DEEP: Ms = 150_000;
/// The interval between two deep rounds.
pub const DEEP_EVERY: Ms = 20_000;
/// A round's overlap holds about this many lines at most: a look back must not cost all requests.
const OVERLAP_LINES: f64 = 20_000.0;
/// Clocks of containers may be ahead: lines stamped up to this far in the future are read. The
/// service takes none that are further.
const FUTURE: Ms = 2 * 3_600_000;
/// In a quiet group a round looks back this far now and then: clocks of containers may be slow.
const FAR: Ms = 2 * 3_600_000 + 600_000;
/// The interval between two such rounds.
const FAR_EVERY: Ms = 300_000;
/// The lines of the future that a round takes along.
const FUTURE_LINES: f64 = 200_000.0;
/// Up to this many ids are not worth a look at each of them.
const FEW: usize = 2_000;
/// The most by which remembered ids grow before each of them is looked at again.
const MANY: usize = 100_000;
/// A line is late if the group was read this far past its time before it came.
const LATE: Ms = 2_000;

/// How a group is read: from when on, and whether a live tail runs beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Lines from this time on are read.
    pub since: Ms,
    /// Whether a live tail runs beside it.
    pub live: bool,
    /// When a round is this far behind, what is between is left out and said so; none: never.
    pub skip: Option<Ms>,
}

/// A log line that arrived, and where from.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    /// The group, stream and service that wrote it.
    pub source: Arc<Source>,
    /// The line.
    pub event: LogEvent,
    /// The line's id, or a hash of its content: tells it from all others.
    pub id: u64,
    /// Whether it came after later lines had been read.
    pub late: bool,
}

/// A stretch that was not read, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub group: String,
    /// The time at which it begins.
    pub from: Ms,
    /// The time at which it ends.
    pub to: Ms,
    /// Whether the service showed a part of it only.
    pub sampled: bool,
    /// Why the lines are missing, in a sentence.
    pub why: String,
}

/// The outcome of an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// New lines, in the order in which they came.
    pub lines: Vec<Arrived>,
    /// The times of which lines are missing.
    pub gaps: Vec<Gap>,
}

/// Names of streams that are remembered; each task has its own, so that there is no end of them.
const NAMES: usize = 4_096;
/// Streams of one page, whose lines share their names: not to look each up.
pub(super) type Recent = Vec<(Piece, Option<Arc<Source>>)>;
/// How many streams of a page are remembered.
const RECENT: usize = 8;

#[derive(Debug, Clone)]
pub(super) struct Feed {
    pub(super) source: GroupSource,
    pub(super) names: HashMap<String, Option<Arc<Source>>>,
    /// The round under way, with its request if one is out.
    pub(super) round: Option<Round>,
    pub(super) flight: Option<u64>,
    /// A round that reads an older stretch once more; what is new goes before it.
    pub(super) back: Option<Round>,
    /// That one goes before the next round.
    pub(super) turn: bool,
    /// Whether the request that is out is that one's.
    pub(super) backwards: bool,
    pub(super) again: Again,
    /// Everything written and visible up to this time was read.
    pub(super) covered: Ms,
    pub(super) deep_at: Ms,
    pub(super) far_at: Ms,
    pub(super) due: Ms,
    pub(super) seen: HashMap<u64, Ms, BuildHasherDefault<Hashed>>,
    /// Ids of lines before this time were forgotten: no round begins before it.
    pub(super) floor: Ms,
    /// With more ids than this, old ones are forgotten.
    pub(super) enough: usize,
    /// How many lines alike the live tail has brought.
    pub(super) alike: HashMap<u64, (u32, Ms)>,
    /// Whether some of what was there when it began has not been read yet.
    pub(super) first: bool,
    pub(super) failures: u32,
    pub(super) failure: Option<Failure>,
    pub(super) rate: f64,
    /// When, how many lines there were then, and up to which time they were read.
    pub(super) counted: (Ms, u64, Ms),
    pub(super) lines: u64,
    /// Whether its disappearance was already reported.
    pub(super) gone: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Round {
    pub(super) from: Ms,
    pub(super) to: Ms,
    pub(super) began: Ms,
    /// When its last page was asked for, by the service's clock.
    pub(super) asked: Ms,
    pub(super) token: Option<String>,
    /// The time of the newest line of its pages.
    pub(super) position: Ms,
    pub(super) reach: Reach,
    /// How many lines alike it has brought, and their time.
    pub(super) alike: HashMap<u64, (u32, Ms)>,
}

/// How far a round looks back, by how many lines a second there are.
pub(super) fn overlap(rate: f64, deep: bool) -> Ms {
    if deep {
        affordable(rate, OVERLAP_LINES, DEEP, 5_000)
    } else {
        affordable(rate, OVERLAP_LINES / 10.0, SHALLOW, NEAR)
    }
}

/// How far a round looks back for lines of clocks that are behind.
fn far(rate: f64) -> Ms {
    affordable(rate, OVERLAP_LINES * 2.0, FAR, 5_000)
}

/// The time in which so many lines come, within bounds.
fn affordable(rate: f64, lines: f64, most: Ms, least: Ms) -> Ms {
    let time = lines / rate.max(0.001) * 1_000.0;
    if time >= most as f64 { most } else { (time as Ms).max(least) }
}

/// An id that is a hash already is not hashed again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hashed(u64);

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

/// A hash of a line that has no id: of its stream, times and text. Only lines that are alike in all of these share it.
pub(super) fn content(event: &LogEvent) -> u64 {
    hash(&[event.stream.as_bytes(), &event.at.to_le_bytes(), &event.ingested.to_le_bytes(), event.message.as_bytes()])
}

impl Feed {
    pub(super) fn new(source: GroupSource, since: Ms) -> Self {
        Self {
            source,
            names: HashMap::new(),
            round: None,
            flight: None,
            back: None,
            turn: false,
            backwards: false,
            again: Again::new(since),
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
            counted: (0, 0, since),
            lines: 0,
            gone: false,
        }
    }

    /// The window of the next round; one that fills what a live tail missed looks far back.
    pub(super) fn window(&mut self, fills: bool, server: Ms) -> (Ms, Ms) {
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
        let back = overlap(self.rate, deep);
        let begins = self.covered - back;
        // One that looks back far enough takes along what was to be read again while more lines came.
        let begins = if back >= DEEP { begins.min(self.again.needed(self.rate)) } else { begins };
        let from = begins.max(self.floor);
        if !deep {
            return (from, server + 5_000);
        }
        self.deep_at = server;
        (from, server + future)
    }

    pub(super) fn position(&self) -> Ms {
        self.round.as_ref().map_or(self.covered, |round| round.position)
    }

    /// The container that writes into a stream; none if its lines are not wanted.
    pub(super) fn source_of(&mut self, stream: &Piece, recent: &mut Recent) -> Option<Arc<Source>> {
        if let Some((_, source)) = recent.iter().find(|(name, _)| name.is(stream)) {
            return source.clone();
        }
        let known = self.names.get(&**stream).cloned();
        let source = known.unwrap_or_else(|| {
            let source = self.source.source(stream).map(Arc::new);
            if self.names.len() >= NAMES {
                // They are made again, of those that still write.
                self.names.clear();
            }
            self.names.insert(stream.to_string(), source.clone());
            source
        });
        if recent.len() < RECENT {
            recent.push((stream.clone(), source.clone()));
        }
        source
    }

    /// Adds a line, unless it is known or not wanted.
    pub(super) fn take(&mut self, event: LogEvent, id: u64, plan: Plan, recent: &mut Recent, batch: &mut Batch) {
        // A round that looks far back finds what was asked for by nobody, too.
        if event.at < plan.since && event.ingested < plan.since {
            return;
        }
        // No source has asked for it yet: do not mark it as seen, as one may on a later round.
        let Some(source) = self.source_of(&event.stream, recent) else { return };
        let Entry::Vacant(unacknowledged) = self.seen.entry(id) else { return };
        unacknowledged.insert(event.at);
        let late = !self.first && event.at < self.covered - LATE;
        batch.lines.push(Arrived { source, event, id, late });
    }

    /// A page was read that is not the round's last: what was visible up to its end was read.
    pub(super) fn advance(&mut self, round: &mut Round) {
        // Lines of the very time may still come on the next page. Those that are stamped in the future say nothing
        // of what will be written until then.
        let read = round.position - 1;
        self.covered = self.covered.max(read.min(round.asked));
        self.again.read(&mut round.reach, round.from, read, round.asked);
        self.first &= read < round.began;
        if round.alike.len() > FEW {
            // Pages are in the order of time: no more like these will come.
            round.alike.retain(|_, (_, at)| *at >= round.position);
        }
    }

    /// Whether a round that is so far behind is left for one that looks back for late lines: where it is further
    /// behind than that one looks, it reads the lines as late itself.
    pub(super) fn looks_back(&self, round: &Round, behind: Ms) -> bool {
        let whole = round.position > round.began && self.covered >= round.position - 1;
        whole && round.asked - round.began >= DEEP_EVERY && behind < overlap(self.rate, true)
    }

    /// Forgets ids that no round will bring again, where the one under way will bring none before a time.
    pub(super) fn forget(&mut self, live: bool, position: Ms) {
        if self.seen.len() <= self.enough && self.alike.len() <= self.enough {
            return;
        }
        let back = far(self.rate).max(overlap(self.rate, true)) + if live { 30_000 } else { 5_000 };
        let back_at = self.back.as_ref().map_or(Ms::MAX, |round| round.position);
        let needed = self.again.needed(self.rate).min(position).min(back_at);
        self.forget_before((self.covered - back).min(needed));
        // A look at each of them costs: they are looked at again when there are twice as many, or many more.
        let left = self.seen.len().max(self.alike.len());
        self.enough = (left + left.min(MANY)).max(FEW);
    }

    /// Forgets ids of lines before a time; no round begins before it.
    pub(super) fn forget_before(&mut self, time: Ms) {
        self.floor = self.floor.max(time);
        let floor = self.floor;
        self.seen.retain(|_, at| *at >= floor);
        self.alike.retain(|_, (_, at)| *at >= floor);
    }

    pub(super) fn count(&mut self, batch: &Batch, now: Ms) {
        self.lines += batch.lines.len() as u64;
        let (since, before, read) = self.counted;
        if now - since >= 2_000 {
            // What is read late comes faster than it was written.
            let position = self.covered.max(self.position());
            let seconds = (now - since).max(position - read) as f64 / 1_000.0;
            let lately = (self.lines - before) as f64 / seconds;
            self.rate = if since == 0 { 0.0 } else { self.rate * 0.5 + lately * 0.5 };
            self.counted = (now, self.lines, position);
        }
    }
}

impl Round {
    /// Reads from one time to another; asked for at `server`.
    pub(super) fn new((from, to): (Ms, Ms), server: Ms) -> Self {
        Self {
            from,
            to,
            began: server,
            asked: server,
            token: None,
            position: from,
            reach: Reach::default(),
            alike: HashMap::new(),
        }
    }
}

impl Feed {
    /// The round that is to be asked for now, if any: what is new first, then what is read once more.
    pub(super) fn next_round(&mut self, fills: bool, now: Ms, server: Ms) -> Option<&mut Round> {
        if self.flight.is_some() {
            return None;
        }
        // Where requests take longer than a round may wait, what is read again has its turn between two rounds.
        let turn = self.round.is_none() && self.turn && self.reads_again(server);
        if self.due <= now && !turn {
            self.backwards = false;
            if self.round.is_none() {
                let window = self.window(fills, server);
                self.round = Some(Round::new(window, server));
            }
            return self.round.as_mut();
        }
        self.turn = false;
        self.backwards = self.reads_again(server);
        self.back.as_mut()
    }

    /// Whether there is something to be read again now.
    fn reads_again(&mut self, server: Ms) -> bool {
        // Where lines are few, ordinary rounds look back far enough.
        if self.first || self.failure.is_some() || overlap(self.rate, true) >= DEEP {
            self.back = None;
        } else if self.back.is_none() {
            self.back = self.again.due(self.rate, server).map(|window| Round::new(window, server));
        }
        self.back.is_some()
    }

    /// A page of a round that reads once more.
    pub(super) fn read_again(&mut self, mut round: Round, page: LogPage, plan: Plan, batch: &mut Batch) {
        self.lines_of(&mut round, page.events, plan, batch);
        let to = if page.next.is_some() { round.position - 1 } else { round.to };
        self.again.read(&mut round.reach, round.from, to, round.asked);
        if page.next.is_some() {
            round.token = page.next;
            self.back = Some(round);
        }
    }

    /// Adds the lines of a page.
    pub(super) fn lines_of(&mut self, round: &mut Round, events: Vec<LogEvent>, plan: Plan, batch: &mut Batch) {
        let came = events.len();
        batch.lines.reserve(came);
        let mut recent = Recent::new();
        for event in events {
            round.position = round.position.max(event.at);
            let id = if plan.live {
                let content = content(&event);
                let (count, _) = round.alike.entry(content).or_insert((0, event.at));
                *count += 1;
                hash(&[&content.to_le_bytes(), &count.to_le_bytes()])
            } else {
                hash(&[event.id.as_bytes()])
            };
            self.take(event, id, plan, &mut recent, batch);
        }
        if batch.lines.len() * 2 < came {
            // A page lives as long as any of its lines: those of others would be kept along with them.
            batch.lines.iter_mut().for_each(|line| line.event = line.event.alone());
        }
    }

    /// Reports what cannot be read again.
    pub(super) fn give_up(&mut self, server: Ms, batch: &mut Batch) {
        if self.first {
            return;
        }
        let left = self.again.give_up(self.rate, server, self.floor, self.seen.len());
        if !left.is_empty() {
            // It may be reading what was given up, and ids of that are needed no longer.
            self.back = None;
            self.enough = FEW;
        }
        self.left_out(left, batch);
    }

    pub(super) fn left_out(&self, left: Vec<LeftOut>, batch: &mut Batch) {
        batch.gaps.extend(left.into_iter().map(|left| Gap {
            group: self.source.group.clone(),
            from: left.from,
            to: left.to,
            sampled: true,
            why: format!(
                "lines that came more than {} s after their time were not looked for: too many lines come",
                left.later / 1_000
            ),
        }));
    }
}
