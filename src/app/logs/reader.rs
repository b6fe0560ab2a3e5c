//! Reads logs for a command: what is asked when, which lines go out in which order, live tails beside the polling, and
//! whose the credentials are after they were renewed. Pure: who drives it tells the time and carries out what it asks.

use super::follow::{Arrived, Batch, FeedState, Follower, Gap};
use super::once::Once;
use super::order::Order;
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

/// With more lines than this to be written, no more are asked for.
const AHEAD: usize = 50_000;
/// Tickets of pages.
const PAGES: u8 = 0;
/// Tickets of live tails.
const LIVE: u8 = 1;
/// Tickets of the requests for the caller identity.
const WHO: u8 = 2;

/// A line or a gap, to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Out {
    Line(Arrived),
    /// The bounds of lines that are missing.
    Gap(Gap),
}

impl Out {
    /// Its time, its group and its stream: lines that are alike in these are in the order of being written.
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
    /// Lines, in order; perhaps none.
    Lines(Vec<Out>),
    /// Everything was read to its end.
    Ended,
    /// The credentials were renewed, and belong to another account.
    WrongAccount(String),
    /// The credentials were renewed, and whose they are could not be asked, so many times in a row. Nothing
    /// is read until that is known; it is asked again after a while.
    Unknown(Failure, u32),
}

/// How groups are read: followed, or once.
pub enum Way {
    /// Again and again.
    Follow(Box<Follower>),
    /// Once, to the end.
    Once(Box<Once>),
}

/// Reads log groups for a command: what to ask, in which order to print, when to stop.
pub struct Reader {
    now: Ms,
    /// Effects that are to be carried out.
    effects: Vec<Effect>,
    /// The reason why reading ended, until it is reported.
    stopped: Option<ReaderEvent>,
    way: Way,
    order: Order<Out>,
    /// ARNs of the groups of each live tail, and when a closed one is opened again.
    tails: Vec<Tail>,
    /// The serial of the newest live tail.
    sessions: u64,
    account: Option<String>,
    /// Answers held back until the account of the renewed credentials is known.
    held: Option<Vec<Answer<Fact>>>,
    /// When that is asked next; none while the question is under way.
    who_due: Option<Ms>,
    who_failed: Backoff,
    /// Which half of each limit is used next: that of `FilterLogEvents`, and that of `GetLogEvents`.
    operator: [bool; 2],
    /// How far the service's clock is ahead, as the follower was told.
    ahead: SignedDuration,
}

struct Tail {
    groups: Vec<String>,
    /// Of its newest session.
    serial: u64,
    open: bool,
    due: Ms,
    failed: Backoff,
}

impl Reader {
    /// Reads groups; a line waits up to `delay` for others.
    pub fn new(way: Way, delay: Ms, account: Option<String>) -> Self {
        Self {
            now: 0,
            effects: Vec::new(),
            stopped: None,
            way,
            order: Order::new(delay),
            tails: Vec::new(),
            sessions: 0,
            account,
            held: None,
            who_due: None,
            who_failed: Backoff::default(),
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
        if let Way::Follow(follower) = &mut self.way {
            follower.set_sources(groups);
        }
    }

    /// How the groups stand.
    pub fn states(&self) -> Vec<FeedState> {
        match &self.way {
            Way::Follow(follower) => follower.states(self.now),
            Way::Once(once) => once.states(),
        }
    }

    /// The gaps where the following ends now.
    pub fn unread(&self) -> Vec<Out> {
        match &self.way {
            Way::Follow(follower) => follower.unread(self.now).into_iter().map(Out::Gap).collect(),
            Way::Once(_) => Vec::new(),
        }
    }

    /// Time goes on: what is to be asked now.
    pub fn tick(&mut self, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        self.now = now.as_millisecond();
        if ahead != self.ahead {
            self.ahead = ahead;
            if let Way::Follow(follower) = &mut self.way {
                follower.set_ahead(i64::try_from(ahead.as_millis()).unwrap_or_default());
            }
        }
        // Do not read ahead without bound for a slow consumer.
        if !self.ended() && self.order.ready() <= AHEAD {
            self.ask();
        }
        std::mem::take(&mut self.effects)
    }

    /// Handles an event; returns what is to be done.
    pub fn take(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        self.now = now.as_millisecond();
        if let Some(stopped) = self.taken(event) {
            self.stopped.get_or_insert(stopped);
        }
        std::mem::take(&mut self.effects)
    }

    /// How long nothing is to be done, a second at most; zero where there is something to tell already.
    pub fn idle(&self) -> Duration {
        if self.ended() || self.stopped.is_some() || self.order.ready() > 0 {
            // Others have their turn: the lines may come faster than they are written.
            return Duration::ZERO;
        }
        let next = match &self.way {
            Way::Follow(follower) => follower.due(),
            Way::Once(once) => once.due(),
        };
        let due = [next, self.order.due()].into_iter().flatten().min().unwrap_or(self.now + 1_000);
        Duration::from_millis((due - self.now).clamp(1, 1_000).unsigned_abs())
    }

    /// The next report.
    pub fn heard(&mut self) -> ReaderEvent {
        if let Some(stopped) = self.stopped.take() {
            return stopped;
        }
        if self.ended() {
            // Nothing more comes: there is nothing to wait for.
            let rest = self.release(Ms::MAX);
            return if rest.is_empty() { ReaderEvent::Ended } else { ReaderEvent::Lines(rest) };
        }
        ReaderEvent::Lines(self.release(self.covered()))
    }

    fn ended(&self) -> bool {
        matches!(&self.way, Way::Once(once) if once.ended())
    }

    /// The lines that may go out now, where everything up to a time was read.
    fn release(&mut self, covered: Ms) -> Vec<Out> {
        let out = self.order.release(self.now, covered);
        self.settled(out)
    }

    /// Sorts lines of one moment, so that every read of it has the same order: within one millisecond the answers would
    /// decide.
    fn settled(&self, mut out: Vec<Out>) -> Vec<Out> {
        if matches!(self.way, Way::Once(_)) {
            out.sort_by(|one, other| one.place().cmp(&other.place()));
        }
        out
    }

    /// Everything of every group that answers was read up to this time.
    fn covered(&self) -> Ms {
        match &self.way {
            Way::Follow(follower) => follower.covered(),
            Way::Once(once) => once.covered(),
        }
    }

    /// Whether everything that was there at the beginning has been read.
    pub fn caught_up(&self) -> bool {
        match &self.way {
            Way::Follow(follower) => follower.caught_up(),
            Way::Once(once) => once.ended(),
        }
    }

    /// Everything that still waits for its order.
    pub fn flush(&mut self) -> Vec<Out> {
        let rest = self.order.flush();
        self.settled(rest)
    }

    fn fetch(&mut self, kind: u8, serial: u64, query: Query) {
        // A read by hand may use both halves of the budget: nothing else is read.
        let half = &mut self.operator[usize::from(matches!(query, Query::StreamPage(_)))];
        *half = !*half;
        let lane = if *half { Priority::Operator } else { Priority::Background };
        self.effects.push(Effect::Fetch { ticket: Ticket::of_command(kind, serial), lane, ask: query.into() });
    }

    fn ask(&mut self) {
        let now = self.now;
        if self.held.is_some() {
            if self.who_due.is_some_and(|due| due <= now) {
                self.who_due = None;
                self.fetch(WHO, 0, Query::Identity);
            }
            return;
        }
        let asks: Vec<(u64, Query)> = match &mut self.way {
            Way::Follow(follower) => {
                let asks = follower.tick(now).into_iter();
                asks.map(|ask| (ask.number, Query::LogPage(Box::new(ask.window)))).collect()
            }
            Way::Once(once) => {
                let waiting = self.order.len() - self.order.ready();
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

    /// Takes an event in; what stops the reading.
    fn taken(&mut self, event: Event) -> Option<ReaderEvent> {
        let answer = match event {
            Event::Renewed(_) if self.account.is_some() => {
                self.hold();
                return None;
            }
            Event::Answer(answer) if matches!(answer.ticket.owner, Owner::Command(_)) => answer.of::<Fact>(),
            _ => return None,
        };
        self.answered(answer)
    }

    /// Takes an answer in, or holds it until the account is known; what stops the reading.
    fn answered(&mut self, answer: Answer<Fact>) -> Option<ReaderEvent> {
        if answer.ticket.owner == Owner::Command(WHO) {
            return self.who(answer.part);
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
            (Way::Follow(follower), Part::Last(Fact::LogPage(page))) => follower.page(serial, page, now),
            (Way::Once(once), Part::Last(Fact::LogPage(page))) => once.page(serial, page, now),
            (Way::Once(once), Part::Last(Fact::LogStreams(streams))) => {
                once.streams(serial, Some(streams));
                Batch::default()
            }
            (way, part) => {
                let failure = match part {
                    Part::Failed(failure) => failure,
                    Part::Page(_) | Part::Last(_) => Failure::other_answer(),
                };
                match way {
                    Way::Follow(follower) => follower.failed(serial, failure, now),
                    Way::Once(once) => once.failed(serial, failure, now),
                }
            }
        };
        self.put(batch, now);
        None
    }

    /// No answer is accepted until the account of the renewed credentials is known.
    fn hold(&mut self) {
        if self.held.is_some() {
            return;
        }
        self.held = Some(Vec::new());
        self.fetch(WHO, 0, Query::Identity);
        // A live tail would go on sending: nothing bounds what waits for an answer that may never come.
        let now = self.now;
        for tail in self.tails.iter_mut().filter(|tail| tail.open) {
            self.effects.push(Effect::Leave(Ticket::of_command(LIVE, tail.serial)));
            (tail.open, tail.due) = (false, now);
            // Answers of the session that was left are nobody's.
            self.sessions += 1;
            tail.serial = self.sessions;
        }
        self.live_broke(now);
    }

    fn live_broke(&mut self, now: Ms) {
        if let Way::Follow(follower) = &mut self.way {
            follower.live_broke(now);
        }
    }

    fn take_live(&mut self, serial: u64, part: Part, now: Ms) {
        let Some(tail) = self.tails.iter_mut().find(|tail| tail.serial == serial) else { return };
        match part {
            Part::Page(Fact::LiveTail(update)) => {
                tail.failed.worked();
                if let Way::Follow(follower) = &mut self.way {
                    let batch = follower.live(update, now);
                    self.put(batch, now);
                }
            }
            Part::Last(_) | Part::Page(_) => {
                // Three hours are over: the next session begins at once.
                (tail.open, tail.due) = (false, now);
                self.live_broke(now);
            }
            Part::Failed(failure) => {
                tracing::warn!("{failure}");
                tail.open = false;
                tail.due = now + tail.failed.failed().as_millis() as Ms;
                self.live_broke(now);
            }
        }
    }

    /// The account of the renewed credentials.
    fn who(&mut self, part: Part) -> Option<ReaderEvent> {
        match part {
            Part::Last(Fact::Identity(identity)) | Part::Page(Fact::Identity(identity)) => {
                if self.account.as_ref().is_some_and(|account| *account != identity.account) {
                    return Some(ReaderEvent::WrongAccount(identity.account));
                }
                self.who_failed.worked();
                let mut wrong = None;
                for answer in self.held.take().unwrap_or_default() {
                    wrong = wrong.or(self.answered(answer));
                }
                wrong
            }
            Part::Page(Fact::Endpoints(_)) => None,
            // Identity unknown: ask again, with back-off, before the answers are used.
            Part::Failed(failure) => Some(self.unknown(failure)),
            Part::Page(_) | Part::Last(_) => Some(self.unknown(Failure::other_answer())),
        }
    }

    fn unknown(&mut self, failure: Failure) -> ReaderEvent {
        self.who_due = Some(self.now + self.who_failed.failed().as_millis() as Ms);
        ReaderEvent::Unknown(failure, self.who_failed.failures())
    }

    fn put(&mut self, batch: Batch, now: Ms) {
        for gap in batch.gaps {
            self.order.push(gap.from, now, Out::Gap(gap));
        }
        for line in batch.lines {
            self.order.push(line.event.at, now, Out::Line(line));
        }
    }
}
