//! Logs without a screen: a reader is driven, and what a command asks once is answered.

use super::ring::{EventHandler, EventLoop};
use crate::app::effect::{Effect, Priority};
use crate::app::event::Event;
use crate::app::logs::follow::FeedState;
use crate::app::logs::reader::{Out, Reader, ReaderEvent, Way};
use crate::app::logs::sources::GroupSource;
use crate::app::ticket::Ticket;
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::Failure;
use crate::model::logs::{InsightsQuery, InsightsResult, LogGroup, Ms};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// Tickets of what a command asks once; a reader numbers its own.
const ONCE: u8 = u8::MAX;
/// Which of them: the groups there are, a query of Insights; those that may be given up come after.
const GROUPS: u64 = 0;
const INSIGHTS: u64 = 1;

/// Drives [`Reader`]: runs the requests that it asks for and hands their answers to it.
pub struct LogReader {
    ring: EventLoop,
    reader: Reader,
}

impl LogReader {
    /// Reads groups; a line waits up to `delay` for others.
    pub fn new(ring: EventLoop, way: Way, delay: Ms, account: Option<String>) -> Self {
        Self { ring, reader: Reader::new(way, delay, account) }
    }

    /// The ring back, for another read.
    pub fn into_ring(self) -> EventLoop {
        self.ring
    }

    /// Whether everything that was there at the beginning has been read.
    pub fn caught_up(&self) -> bool {
        self.reader.caught_up()
    }

    /// Opens live tails of these groups (ARNs), at most 10 each.
    pub fn live(&mut self, arns: &[String]) {
        self.reader.live(arns);
    }

    /// Follows these groups from now on.
    pub fn set_sources(&mut self, groups: Vec<GroupSource>) {
        self.reader.set_sources(groups);
    }

    /// How the groups stand.
    pub fn states(&self) -> Vec<FeedState> {
        self.reader.states()
    }

    /// The gaps where the following ends now.
    pub fn unread(&self) -> Vec<Out> {
        self.reader.unread()
    }

    /// Waits for the next lines, at most about a second.
    pub async fn next(&mut self) -> ReaderEvent {
        self.ring.turn(&mut self.reader).await;
        self.reader.heard()
    }

    /// Everything that still waits for its order.
    pub fn flush(&mut self) -> Vec<Out> {
        self.reader.flush()
    }
}

impl EventHandler for Reader {
    fn tick(&mut self, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        Reader::tick(self, now, ahead)
    }

    fn take(&mut self, event: Event, now: Timestamp, _: SignedDuration) -> Vec<Effect> {
        Reader::take(self, event, now)
    }

    fn idle(&self, _: Timestamp) -> Option<Duration> {
        Some(Reader::idle(self))
    }

    fn over(&self) -> bool {
        false
    }
}

/// One question and its answer, which may be of several pages.
struct Question {
    ticket: Ticket,
    query: Option<Query>,
    facts: Vec<Fact>,
    ended: Option<Result<(), Failure>>,
}

impl EventHandler for Question {
    fn tick(&mut self, _: Timestamp, _: SignedDuration) -> Vec<Effect> {
        let ticket = self.ticket;
        let ask = |query| Effect::Fetch { ticket, lane: Priority::Operator, ask: Ask::Aws(query) };
        self.query.take().map(ask).into_iter().collect()
    }

    fn take(&mut self, event: Event, _: Timestamp, _: SignedDuration) -> Vec<Effect> {
        if let Event::Answer(answer) = event
            && answer.ticket == self.ticket
        {
            match answer.part.of() {
                Part::Page(fact) => self.facts.push(fact),
                Part::Last(fact) => {
                    self.facts.push(fact);
                    self.ended = Some(Ok(()));
                }
                Part::Failed(failure) => self.ended = Some(Err(failure)),
            }
        }
        Vec::new()
    }

    fn idle(&self, _: Timestamp) -> Option<Duration> {
        None
    }

    fn over(&self) -> bool {
        self.ended.is_some()
    }
}

/// Asks one thing, and waits for all pages of its answer.
///
/// # Errors
/// What the service said.
pub async fn answered(ring: &mut EventLoop, serial: u64, query: Query) -> Result<Vec<Fact>, Failure> {
    let ticket = Ticket::of_command(ONCE, serial);
    let mut question = Question { ticket, query: Some(query), facts: Vec::new(), ended: None };
    ring.drive(&mut question, None).await;
    question.ended.unwrap_or(Ok(())).map(|()| question.facts)
}

/// Reads the groups whose names begin so.
///
/// # Errors
/// What the service said.
pub async fn groups(ring: &mut EventLoop, prefix: &str) -> Result<Vec<LogGroup>, Failure> {
    groups_by(ring, GROUPS, prefix).await
}

/// The same as a question that may be given up: what comes of it later is no answer to another one.
///
/// # Errors
/// What the service said.
pub async fn groups_if_soon(ring: &mut EventLoop, number: usize, prefix: &str) -> Result<Vec<LogGroup>, Failure> {
    groups_by(ring, INSIGHTS + 1 + number as u64, prefix).await
}

async fn groups_by(ring: &mut EventLoop, serial: u64, prefix: &str) -> Result<Vec<LogGroup>, Failure> {
    let facts = answered(ring, serial, Query::LogGroups { prefix: prefix.to_owned() }).await?;
    let mut found = BTreeMap::new();
    for fact in facts {
        if let Fact::LogGroups(groups) = fact {
            found.extend(groups.into_iter().map(|group| (group.name.clone(), group)));
        }
    }
    Ok(found.into_values().collect())
}

/// Runs a query of Insights to its end.
///
/// # Errors
/// What the service said.
pub async fn insights(ring: &mut EventLoop, query: InsightsQuery) -> Result<InsightsResult, Failure> {
    let facts = answered(ring, INSIGHTS, Query::Insights(Box::new(query))).await?;
    match facts.into_iter().last() {
        Some(Fact::Insights(result)) => Ok(*result),
        _ => Err(Failure::other_answer()),
    }
}
