//! One followed group: how far it was read, which window comes next, and which of its lines are known already.
//! [`super::follow`] decides when to send requests, and combines live tails and rounds.

use super::reread::{ROUND_OVERLAP, Reach, RereadProgress, SkippedRange};
use super::sources::GroupSource;
use crate::model::logs::{LogEvent, LogPage, Ms};
use crate::model::{Failure, Piece};
use log_store::Source;
use log_store::store::hash;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// How far an ordinary round looks back. Most lines are visible within 300 ms, and nearly all others within 10 s.
const SHALLOW: Ms = 10_000;
/// How far a deep round looks back: two minutes plus the interval between two deep rounds.
const DEEP: Ms = 150_000;
/// The interval between two deep rounds.
pub const DEEP_EVERY: Ms = 20_000;
/// Approximate maximum number of lines in a round's overlap: looking back must not use up all requests.
const OVERLAP_LINES: f64 = 20_000.0;
/// Container clocks may be ahead: lines stamped up to this far in the future are read. CloudWatch Logs accepts none
/// further ahead.
const FUTURE: Ms = 2 * 3_600_000;
/// How far a quiet group is occasionally read back, because container clocks may be behind.
const FAR: Ms = 2 * 3_600_000 + 600_000;
/// The interval between two such rounds.
const FAR_EVERY: Ms = 300_000;
/// Maximum number of future lines that a round includes.
const FUTURE_LINES: f64 = 200_000.0;
/// Number of ids up to which cleaning them up is not worth scanning them.
const FEW: usize = 2_000;
/// The most by which the remembered ids grow before they are scanned again.
const MANY: usize = 100_000;
/// A line is late if the group had been read this far past its time before it came.
const LATE: Ms = 2_000;

/// How a group is read: from which time on, and whether a live tail runs beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Lines from this time on are read.
    pub since: Ms,
    /// Whether a live tail runs beside it.
    pub live: bool,
    /// How far behind a round must be for the time in between to be skipped and reported; `None`: never.
    pub skip: Option<Ms>,
}

/// A log line that arrived, and its source.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedLine {
    /// The group, stream and service that wrote it.
    pub source: Arc<Source>,
    /// The line.
    pub event: LogEvent,
    /// The line's id, or a hash of its content; unique among all lines.
    pub id: u64,
    /// Whether it came after later lines had been read.
    pub late: bool,
}

/// A time range that was not read, or not completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub group: String,
    /// The time at which it begins.
    pub from: Ms,
    /// The time at which it ends.
    pub to: Ms,
    /// Whether the service showed only a part of it.
    pub sampled: bool,
    /// Why the lines are missing, in a sentence.
    pub why: String,
}

/// The outcome of an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// New lines, in order of arrival.
    pub lines: Vec<ReceivedLine>,
    /// The time ranges with missing lines.
    pub gaps: Vec<Gap>,
}

/// Maximum number of stream names remembered: each task has its own stream, so their number is unbounded.
const NAMES: usize = 4_096;
/// The most recent streams of a page, whose lines share their names, so that not every line needs a lookup.
pub(super) type Recent = Vec<(Piece, Option<Arc<Source>>)>;
/// Number of recent streams remembered per page.
const RECENT: usize = 8;

#[derive(Debug, Clone)]
pub(super) struct Feed {
    pub(super) source: GroupSource,
    pub(super) names: HashMap<String, Option<Arc<Source>>>,
    /// The round in progress; its request is in `flight`.
    pub(super) round: Option<Round>,
    pub(super) flight: Option<u64>,
    /// A round that rereads an older range; new lines take precedence over it.
    pub(super) back: Option<Round>,
    /// Whether the reread goes before the next round.
    pub(super) reread_goes_first: bool,
    /// Whether the request in flight belongs to the reread.
    pub(super) reread_in_flight: bool,
    pub(super) reread_progress: RereadProgress,
    /// Everything written and visible up to this time was read.
    pub(super) covered: Ms,
    pub(super) deep_at: Ms,
    pub(super) far_at: Ms,
    pub(super) due: Ms,
    pub(super) seen: HashMap<u64, Ms, BuildHasherDefault<Hashed>>,
    /// Ids of lines before this time were forgotten, so no round begins before it.
    pub(super) floor: Ms,
    /// Number of ids above which old ones are forgotten.
    pub(super) forget_above: usize,
    /// How many identical lines the live tail has brought.
    pub(super) identical_counts: HashMap<u64, (u32, Ms)>,
    /// Whether lines that existed when reading began are still unread.
    pub(super) first: bool,
    pub(super) failures: u32,
    pub(super) failure: Option<Failure>,
    pub(super) rate: f64,
    /// The last measurement of the rate: its time, the number of lines then, and how far they were read.
    pub(super) last_rate_sample: (Ms, u64, Ms),
    pub(super) lines: u64,
    /// Whether the group's disappearance was already reported.
    pub(super) gone_reported: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Round {
    pub(super) from: Ms,
    pub(super) to: Ms,
    pub(super) began: Ms,
    /// When its last page was requested, on the service's clock.
    pub(super) asked: Ms,
    pub(super) token: Option<String>,
    /// The time of the newest line in its pages.
    pub(super) position: Ms,
    pub(super) reach: Reach,
    /// How many identical lines it has brought, and their time.
    pub(super) alike: HashMap<u64, (u32, Ms)>,
}

/// How far a round looks back, for a rate of lines per second.
pub(super) fn overlap(rate: f64, deep: bool) -> Ms {
    if deep {
        affordable(rate, OVERLAP_LINES, DEEP, 5_000)
    } else {
        affordable(rate, OVERLAP_LINES / 10.0, SHALLOW, ROUND_OVERLAP)
    }
}

/// How far a round looks back for lines from clocks that are behind.
fn far(rate: f64) -> Ms {
    affordable(rate, OVERLAP_LINES * 2.0, FAR, 5_000)
}

/// The time in which this many lines come, within bounds.
fn affordable(rate: f64, lines: f64, most: Ms, least: Ms) -> Ms {
    let time = lines / rate.max(0.001) * 1_000.0;
    if time >= most as f64 { most } else { (time as Ms).max(least) }
}

/// A hasher for ids that are already hashes.
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

/// Hashes a line without an id: its stream, times and text. Only lines identical in all of these share the hash.
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
            reread_goes_first: false,
            reread_in_flight: false,
            reread_progress: RereadProgress::new(since),
            covered: since,
            deep_at: 0,
            far_at: 0,
            due: 0,
            seen: HashMap::default(),
            floor: Ms::MIN,
            forget_above: FEW,
            identical_counts: HashMap::new(),
            first: true,
            failures: 0,
            failure: None,
            rate: 0.0,
            last_rate_sample: (0, 0, since),
            lines: 0,
            gone_reported: false,
        }
    }

    /// The window of the next round; a round that fills the gaps of a live tail looks far back.
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
        // Lines stamped before the beginning count too, if they came after it; `take` filters them.
        let back = overlap(self.rate, deep);
        let begins = self.covered - back;
        // A round that looks back far enough also covers what had to be read again while more lines came.
        let begins = if back >= DEEP { begins.min(self.reread_progress.ids_needed_from(self.rate)) } else { begins };
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

    /// The container that writes into a stream; `None` if its lines are not wanted.
    pub(super) fn source_of(&mut self, stream: &Piece, recent: &mut Recent) -> Option<Arc<Source>> {
        if let Some((_, source)) = recent.iter().find(|(name, _)| name.is_same_slice(stream)) {
            return source.clone();
        }
        let known = self.names.get(&**stream).cloned();
        let source = known.unwrap_or_else(|| {
            let source = self.source.source(stream).map(Arc::new);
            if self.names.len() >= NAMES {
                // Names are created again for streams that still write.
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
        // A round that looks far back also finds lines from before the requested time.
        if event.at < plan.since && event.ingested < plan.since {
            return;
        }
        // No source claims the stream yet: do not mark the line as seen, because a later round may find its source.
        let Some(source) = self.source_of(&event.stream, recent) else { return };
        let Entry::Vacant(unacknowledged) = self.seen.entry(id) else { return };
        unacknowledged.insert(event.at);
        let late = !self.first && event.at < self.covered - LATE;
        batch.lines.push(ReceivedLine { source, event, id, late });
    }

    /// Records that a page that is not the round's last was read: everything visible up to its end was read.
    pub(super) fn advance(&mut self, round: &mut Round) {
        // Lines of the same millisecond may still come on the next page. Lines stamped in the future prove nothing
        // about lines written until then.
        let read = round.position - 1;
        self.covered = self.covered.max(read.min(round.asked));
        self.reread_progress.record_page(&mut round.reach, round.from, read, round.asked);
        self.first &= read < round.began;
        if round.alike.len() > FEW {
            // Pages are in order of time: no more identical lines will come.
            round.alike.retain(|_, (_, at)| *at >= round.position);
        }
    }

    /// Whether a lagging round is given up for one that looks back for late lines. A round further behind than that
    /// overlap reads the late lines itself.
    pub(super) fn should_look_back(&self, round: &Round, behind: Ms) -> bool {
        let is_complete = round.position > round.began && self.covered >= round.position - 1;
        is_complete && round.asked - round.began >= DEEP_EVERY && behind < overlap(self.rate, true)
    }

    /// Forgets ids that no round will bring again; the round in progress brings none before `position`.
    pub(super) fn forget(&mut self, live: bool, position: Ms) {
        if self.seen.len() <= self.forget_above && self.identical_counts.len() <= self.forget_above {
            return;
        }
        let back = far(self.rate).max(overlap(self.rate, true)) + if live { 30_000 } else { 5_000 };
        let back_at = self.back.as_ref().map_or(Ms::MAX, |round| round.position);
        let needed = self.reread_progress.ids_needed_from(self.rate).min(position).min(back_at);
        self.forget_before((self.covered - back).min(needed));
        // Scanning the ids is expensive: they are scanned again once there are twice as many, or many more.
        let left = self.seen.len().max(self.identical_counts.len());
        self.forget_above = (left + left.min(MANY)).max(FEW);
    }

    /// Forgets ids of lines before a time; no round begins before it.
    pub(super) fn forget_before(&mut self, time: Ms) {
        self.floor = self.floor.max(time);
        let floor = self.floor;
        self.seen.retain(|_, at| *at >= floor);
        self.identical_counts.retain(|_, (_, at)| *at >= floor);
    }

    pub(super) fn count(&mut self, batch: &Batch, now: Ms) {
        self.lines += batch.lines.len() as u64;
        let (since, before, read) = self.last_rate_sample;
        if now - since >= 2_000 {
            // Lines that are read late come faster than they were written.
            let position = self.covered.max(self.position());
            let seconds = (now - since).max(position - read) as f64 / 1_000.0;
            let lately = (self.lines - before) as f64 / seconds;
            self.rate = if since == 0 { 0.0 } else { self.rate * 0.5 + lately * 0.5 };
            self.last_rate_sample = (now, self.lines, position);
        }
    }
}

impl Round {
    /// A round from one time to another, requested at `server`.
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
    /// The round to request now, if any: new lines first, then rereads.
    pub(super) fn next_round(&mut self, fills: bool, now: Ms, server: Ms) -> Option<&mut Round> {
        if self.flight.is_some() {
            return None;
        }
        // If requests take longer than a round may wait, a reread gets its turn between two rounds.
        let turn = self.round.is_none() && self.reread_goes_first && self.has_reread(server);
        if self.due <= now && !turn {
            self.reread_in_flight = false;
            if self.round.is_none() {
                let window = self.window(fills, server);
                self.round = Some(Round::new(window, server));
            }
            return self.round.as_mut();
        }
        self.reread_goes_first = false;
        self.reread_in_flight = self.has_reread(server);
        self.back.as_mut()
    }

    /// Whether a range must be read again now.
    fn has_reread(&mut self, server: Ms) -> bool {
        // With few lines, ordinary rounds look back far enough.
        if self.first || self.failure.is_some() || overlap(self.rate, true) >= DEEP {
            self.back = None;
        } else if self.back.is_none() {
            self.back = self.reread_progress.due(self.rate, server).map(|window| Round::new(window, server));
        }
        self.back.is_some()
    }

    /// Takes a page of a reread.
    pub(super) fn take_reread(&mut self, mut round: Round, page: LogPage, plan: Plan, batch: &mut Batch) {
        self.lines_of(&mut round, page.events, plan, batch);
        let to = if page.next.is_some() { round.position - 1 } else { round.to };
        self.reread_progress.record_page(&mut round.reach, round.from, to, round.asked);
        if page.next.is_some() {
            round.token = page.next;
            self.back = Some(round);
        }
    }

    /// Adds the lines of a page.
    pub(super) fn lines_of(&mut self, round: &mut Round, events: Vec<LogEvent>, plan: Plan, batch: &mut Batch) {
        let received = events.len();
        batch.lines.reserve(received);
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
        if batch.lines.len() * 2 < received {
            // Lines share the memory of their page: dropping unwanted lines must not keep the page alive.
            batch.lines.iter_mut().for_each(|line| line.event = line.event.detached());
        }
    }

    /// Reports what cannot be read again.
    pub(super) fn give_up(&mut self, server: Ms, batch: &mut Batch) {
        if self.first {
            return;
        }
        let left = self.reread_progress.give_up(self.rate, server, self.floor, self.seen.len());
        if !left.is_empty() {
            // The reread may cover what was given up, and those ids are no longer needed.
            self.back = None;
            self.forget_above = FEW;
        }
        self.report_skipped(left, batch);
    }

    pub(super) fn report_skipped(&self, left: Vec<SkippedRange>, batch: &mut Batch) {
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
