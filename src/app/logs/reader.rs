//! Reads logs for a headless command: which requests are sent when, which lines are output in which order, live tails
//! beside polling, and the identity of renewed credentials. Pure: the driver supplies the time and runs the requests.

use super::follow::{Batch, FeedState, Follower, Gap, ReceivedLine};
use super::line_order::ReorderBuffer;
use super::single_read::OneTimeReader;
use super::sources::GroupSource;
use crate::app::backoff::Backoff;
use crate::app::effect::{Effect, Priority};
use crate::app::event::{Answer, Event};
use crate::app::ticket::{Owner, Ticket};
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::Failure;
use crate::model::logs::Ms;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// Number of unwritten lines above which no more are requested.
const AHEAD: usize = 50_000;
/// Tickets of pages.
const PAGES: u8 = 0;
/// Tickets of live tails.
const LIVE: u8 = 1;
/// Tickets of the requests for the caller identity.
const WHO: u8 = 2;

/// A line or a gap to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputItem {
    Line(ReceivedLine),
    /// The bounds of lines that are missing.
    Gap(Gap),
}

impl OutputItem {
    /// Its time, group and stream: lines equal in these stay in the order in which they were written.
    fn place(&self) -> (Ms, &str, &str) {
        match self {
            Self::Line(line) => (line.event.at, &line.source.group, &line.source.stream),
            Self::Gap(gap) => (gap.from, &gap.group, ""),
        }
    }
}

/// A report of the reader to the command.
#[derive(Debug, Clone, PartialEq)]
pub enum ReaderEvent {
    /// Lines, in order; possibly none.
    Lines(Vec<OutputItem>),
    /// Everything was read to its end.
    Ended,
    /// The credentials were renewed and belong to another account.
    WrongAccount(String),
    /// The credentials were renewed, but the identity could not be read this many times in a row. Nothing is read until
    /// it is known; the request is repeated after a while.
    IdentityUnreadable(Failure, u32),
}

/// How groups are read: continuously, or once.
pub enum ReadMode {
    /// Continuously.
    Follow(Box<Follower>),
    /// Once, to the end.
    Once(Box<OneTimeReader>),
}

/// Reads log groups for a command: what to request, in which order to print, when to stop.
pub struct Reader {
    now: Ms,
    /// Effects to be run.
    effects: Vec<Effect>,
    /// The reason why reading ended, until it is reported.
    stopped: Option<ReaderEvent>,
    way: ReadMode,
    order: ReorderBuffer<OutputItem>,
    /// The live tails: ARNs of their groups, and when a closed one is reopened.
    tails: Vec<Tail>,
    /// The serial of the newest live tail.
    sessions: u64,
    account: Option<String>,
    /// Answers held back until the account of the renewed credentials is known.
    held: Option<Vec<Answer<Fact>>>,
    /// When the identity is requested next; `None` while a request is in flight.
    identity_due: Option<Ms>,
    identity_backoff: Backoff,
    /// Which half of each rate limit is used next: that of `FilterLogEvents`, and that of `GetLogEvents`.
    operator: [bool; 2],
    /// How far the service's clock is ahead, as passed to the follower.
    ahead: SignedDuration,
}

struct Tail {
    groups: Vec<String>,
    /// The serial of its newest session.
    serial: u64,
    open: bool,
    due: Ms,
    failed: Backoff,
}

impl Reader {
    /// Reads groups; a line waits up to `delay` for others.
    pub fn new(way: ReadMode, delay: Ms, account: Option<String>) -> Self {
        Self {
            now: 0,
            effects: Vec::new(),
            stopped: None,
            way,
            order: ReorderBuffer::new(delay),
            tails: Vec::new(),
            sessions: 0,
            account,
            held: None,
            identity_due: None,
            identity_backoff: Backoff::default(),
            operator: [false; 2],
            ahead: SignedDuration::ZERO,
        }
    }

    /// Opens live tails of these groups (ARNs), at most 10 each.
    pub fn live(&mut self, arns: &[String]) {
        self.tails = arns
            .chunks(10)
            .map(|groups| Tail { groups: groups.to_vec(), serial: 0, open: false, due: 0, failed: Backoff::default() })
            .collect();
    }

    /// Follows these groups from now on.
    pub fn set_sources(&mut self, groups: Vec<GroupSource>) {
        if let ReadMode::Follow(follower) = &mut self.way {
            follower.set_sources(groups);
        }
    }

    /// The state of each group.
    pub fn states(&self) -> Vec<FeedState> {
        match &self.way {
            ReadMode::Follow(follower) => follower.states(self.now),
            ReadMode::Once(once) => once.states(),
        }
    }

    /// The gaps if following ends now.
    pub fn unread(&self) -> Vec<OutputItem> {
        match &self.way {
            ReadMode::Follow(follower) => follower.unread(self.now).into_iter().map(OutputItem::Gap).collect(),
            ReadMode::Once(_) => Vec::new(),
        }
    }

    /// Advances the time; returns the requests that are due.
    pub fn tick(&mut self, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        self.now = now.as_millisecond();
        if ahead != self.ahead {
            self.ahead = ahead;
            if let ReadMode::Follow(follower) = &mut self.way {
                follower.set_ahead(i64::try_from(ahead.as_millis()).unwrap_or_default());
            }
        }
        // Do not read ahead without bound for a slow consumer.
        if !self.ended() && self.order.releasable_count() <= AHEAD {
            self.ask();
        }
        std::mem::take(&mut self.effects)
    }

    /// Handles an event; returns the effects to run.
    pub fn take(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        self.now = now.as_millisecond();
        if let Some(stopped) = self.taken(event) {
            self.stopped.get_or_insert(stopped);
        }
        std::mem::take(&mut self.effects)
    }

    /// How long nothing is due, at most one second; zero if there is something to report already.
    pub fn idle_time(&self) -> Duration {
        if self.ended() || self.stopped.is_some() || self.order.releasable_count() > 0 {
            // Other events get their turn: lines may come faster than they are written.
            return Duration::ZERO;
        }
        let next = match &self.way {
            ReadMode::Follow(follower) => follower.due(),
            ReadMode::Once(once) => once.due(),
        };
        let due = [next, self.order.due()].into_iter().flatten().min().unwrap_or(self.now + 1_000);
        Duration::from_millis((due - self.now).clamp(1, 1_000).unsigned_abs())
    }

    /// The next report.
    pub fn next_report(&mut self) -> ReaderEvent {
        if let Some(stopped) = self.stopped.take() {
            return stopped;
        }
        if self.ended() {
            // Nothing more comes, so there is nothing to wait for.
            let rest = self.release(Ms::MAX);
            return if rest.is_empty() { ReaderEvent::Ended } else { ReaderEvent::Lines(rest) };
        }
        ReaderEvent::Lines(self.release(self.covered()))
    }

    fn ended(&self) -> bool {
        matches!(&self.way, ReadMode::Once(once) if once.ended())
    }

    /// The lines that may be output, if everything up to `covered` was read.
    fn release(&mut self, covered: Ms) -> Vec<OutputItem> {
        let out = self.order.release(self.now, covered);
        self.sorted(out)
    }

    /// Sorts lines of the same millisecond, so that every read has the same order; otherwise the order of answers would
    /// decide.
    fn sorted(&self, mut out: Vec<OutputItem>) -> Vec<OutputItem> {
        if matches!(self.way, ReadMode::Once(_)) {
            out.sort_by(|one, other| one.place().cmp(&other.place()));
        }
        out
    }

    /// The time up to which everything was read, of every group that answers.
    fn covered(&self) -> Ms {
        match &self.way {
            ReadMode::Follow(follower) => follower.covered(),
            ReadMode::Once(once) => once.covered(),
        }
    }

    /// Whether everything that existed at the beginning has been read.
    pub fn caught_up(&self) -> bool {
        match &self.way {
            ReadMode::Follow(follower) => follower.caught_up(),
            ReadMode::Once(once) => once.ended(),
        }
    }

    /// All lines that still wait for their order.
    pub fn flush(&mut self) -> Vec<OutputItem> {
        let rest = self.order.flush();
        self.sorted(rest)
    }

    fn fetch(&mut self, kind: u8, serial: u64, query: Query) {
        // A manual read may use both halves of the budget: nothing else is read.
        let half = &mut self.operator[usize::from(matches!(query, Query::StreamPage(_)))];
        *half = !*half;
        let priority = if *half { Priority::Operator } else { Priority::Background };
        self.effects.push(Effect::Fetch { ticket: Ticket::of_command(kind, serial), priority, ask: query.into() });
    }

    fn ask(&mut self) {
        let now = self.now;
        if self.held.is_some() {
            if self.identity_due.is_some_and(|due| due <= now) {
                self.identity_due = None;
                self.fetch(WHO, 0, Query::Identity);
            }
            return;
        }
        let asks: Vec<(u64, Query)> = match &mut self.way {
            ReadMode::Follow(follower) => {
                let asks = follower.tick(now).into_iter();
                asks.map(|ask| (ask.number, Query::LogPage(Box::new(ask.window)))).collect()
            }
            ReadMode::Once(once) => {
                let waiting = self.order.len() - self.order.releasable_count();
                once.tick(now, waiting).into_iter().map(|ask| (ask.number, ask.query)).collect()
            }
        };
        for (number, query) in asks {
            self.fetch(PAGES, number, query);
        }
        let mut open = Vec::new();
        for tail in self.tails.iter_mut().filter(|tail| !tail.open && tail.due <= now) {
            tail.open = true;
            self.sessions += 1;
            tail.serial = self.sessions;
            open.push((tail.serial, tail.groups.clone()));
        }
        for (serial, groups) in open {
            self.fetch(LIVE, serial, Query::LiveTail { groups });
        }
    }

    /// Takes an event; returns what stops the reading.
    fn taken(&mut self, event: Event) -> Option<ReaderEvent> {
        let answer = match event {
            Event::CredentialsRenewed(_) if self.account.is_some() => {
                self.hold();
                return None;
            }
            Event::Answer(answer) if matches!(answer.ticket.owner, Owner::Command(_)) => answer.of::<Fact>(),
            _ => return None,
        };
        self.answered(answer)
    }

    /// Takes an answer, or holds it until the account is known; returns what stops the reading.
    fn answered(&mut self, answer: Answer<Fact>) -> Option<ReaderEvent> {
        if answer.ticket.owner == Owner::Command(WHO) {
            return self.take_identity(answer.part);
        }
        if let Some(held) = &mut self.held {
            held.push(answer);
            return None;
        }
        let (serial, now) = (answer.ticket.serial, self.now);
        if answer.ticket.owner == Owner::Command(LIVE) {
            self.take_live(serial, answer.part, now);
            return None;
        }
        let batch = match (&mut self.way, answer.part) {
            (ReadMode::Follow(follower), Part::Last(Fact::LogPage(page))) => follower.page(serial, page, now),
            (ReadMode::Once(once), Part::Last(Fact::LogPage(page))) => once.page(serial, page, now),
            (ReadMode::Once(once), Part::Last(Fact::LogStreams(streams))) => {
                once.streams(serial, Some(streams));
                Batch::default()
            }
            (way, part) => {
                let failure = match part {
                    Part::Failed(failure) => failure,
                    Part::Page(_) | Part::Last(_) => Failure::mismatched_answer(),
                };
                match way {
                    ReadMode::Follow(follower) => follower.failed(serial, failure, now),
                    ReadMode::Once(once) => once.failed(serial, failure, now),
                }
            }
        };
        self.put(batch, now);
        None
    }

    /// Holds all answers until the account of the renewed credentials is known.
    fn hold(&mut self) {
        if self.held.is_some() {
            return;
        }
        self.held = Some(Vec::new());
        self.fetch(WHO, 0, Query::Identity);
        // A live tail would go on sending, and the answers waiting for the identity would grow without bound.
        let now = self.now;
        for tail in self.tails.iter_mut().filter(|tail| tail.open) {
            self.effects.push(Effect::CancelFetch(Ticket::of_command(LIVE, tail.serial)));
            (tail.open, tail.due) = (false, now);
            // Answers of the session that was left are dropped.
            self.sessions += 1;
            tail.serial = self.sessions;
        }
        self.live_broke(now);
    }

    fn live_broke(&mut self, now: Ms) {
        if let ReadMode::Follow(follower) = &mut self.way {
            follower.live_tail_ended(now);
        }
    }

    fn take_live(&mut self, serial: u64, part: Part, now: Ms) {
        let Some(tail) = self.tails.iter_mut().find(|tail| tail.serial == serial) else { return };
        match part {
            Part::Page(Fact::LiveTail(update)) => {
                tail.failed.record_success();
                if let ReadMode::Follow(follower) = &mut self.way {
                    let batch = follower.live(update, now);
                    self.put(batch, now);
                }
            }
            Part::Last(_) | Part::Page(_) => {
                // The session's three hours are over: the next session starts at once.
                (tail.open, tail.due) = (false, now);
                self.live_broke(now);
            }
            Part::Failed(failure) => {
                tracing::warn!("{failure}");
                tail.open = false;
                tail.due = now + tail.failed.record_failure().as_millis() as Ms;
                self.live_broke(now);
            }
        }
    }

    /// Takes the identity of the renewed credentials.
    fn take_identity(&mut self, part: Part) -> Option<ReaderEvent> {
        match part {
            Part::Last(Fact::Identity(identity)) | Part::Page(Fact::Identity(identity)) => {
                if self.account.as_ref().is_some_and(|account| *account != identity.account) {
                    return Some(ReaderEvent::WrongAccount(identity.account));
                }
                self.identity_backoff.record_success();
                let mut wrong = None;
                for answer in self.held.take().unwrap_or_default() {
                    wrong = wrong.or(self.answered(answer));
                }
                wrong
            }
            Part::Page(Fact::Endpoints(_)) => None,
            // Identity unknown: ask again, with back-off, before the answers are used.
            Part::Failed(failure) => Some(self.unknown(failure)),
            Part::Page(_) | Part::Last(_) => Some(self.unknown(Failure::mismatched_answer())),
        }
    }

    fn unknown(&mut self, failure: Failure) -> ReaderEvent {
        self.identity_due = Some(self.now + self.identity_backoff.record_failure().as_millis() as Ms);
        ReaderEvent::IdentityUnreadable(failure, self.identity_backoff.failures())
    }

    fn put(&mut self, batch: Batch, now: Ms) {
        for gap in batch.gaps {
            self.order.push(gap.from, now, OutputItem::Gap(gap));
        }
        for line in batch.lines {
            self.order.push(line.event.at, now, OutputItem::Line(line));
        }
    }
}
