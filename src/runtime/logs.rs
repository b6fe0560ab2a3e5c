//! Logs without a screen: drives a reader, and answers single queries of commands.

use super::event_loop::{EventHandler, EventLoop};
use crate::app::effect::{Effect, Priority};
use crate::app::event::Event;
use crate::app::logs::follow::FeedState;
use crate::app::logs::reader::{OutputItem, ReadMode, Reader, ReaderEvent};
use crate::app::logs::sources::GroupSource;
use crate::app::ticket::Ticket;
use crate::feeds::Ask;
use crate::feeds::aws::{Fact, Part, Query};
use crate::model::Failure;
use crate::model::logs::{InsightsQuery, InsightsResult, LogGroup, Ms};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// The owner number in tickets of a command's single queries; a reader numbers its own.
const ONCE: u8 = u8::MAX;
/// Serial numbers of these queries: the list of groups, and a query of Insights. Abandonable ones follow.
const GROUPS: u64 = 0;
const INSIGHTS: u64 = 1;

/// Drives a [`Reader`]: runs the requests that it needs and passes it the answers.
pub struct LogReader {
    event_loop: EventLoop,
    reader: Reader,
}

impl LogReader {
    /// Creates a reader; a line waits up to `delay` for earlier lines of other groups.
    pub fn new(event_loop: EventLoop, way: ReadMode, delay: Ms, account: Option<String>) -> Self {
        Self { event_loop, reader: Reader::new(way, delay, account) }
    }

    /// Returns the event loop, for another read.
    pub fn into_ring(self) -> EventLoop {
        self.event_loop
    }

    /// Whether everything that existed at the start has been read.
    pub fn caught_up(&self) -> bool {
        self.reader.caught_up()
    }

    /// Opens live tails of these groups (ARNs), at most 10 each.
    pub fn open_live_tails(&mut self, arns: &[String]) {
        self.reader.live(arns);
    }

    /// Follows these groups from now on.
    pub fn set_sources(&mut self, groups: Vec<GroupSource>) {
        self.reader.set_sources(groups);
    }

    /// Returns the states of the groups.
    pub fn states(&self) -> Vec<FeedState> {
        self.reader.states()
    }

    /// Returns the gaps that would remain if following ended now.
    pub fn remaining_gaps(&self) -> Vec<OutputItem> {
        self.reader.unread()
    }

    /// Waits for the next lines, about a second at most.
    pub async fn next(&mut self) -> ReaderEvent {
        self.event_loop.turn(&mut self.reader).await;
        self.reader.next_report()
    }

    /// Returns all lines that still wait for their order.
    pub fn flush(&mut self) -> Vec<OutputItem> {
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
        Some(Reader::idle_time(self))
    }

    fn is_over(&self) -> bool {
        false
    }
}

/// One query and its answer, which may have several pages.
struct Question {
    ticket: Ticket,
    query: Option<Query>,
    facts: Vec<Fact>,
    ended: Option<Result<(), Failure>>,
}

impl EventHandler for Question {
    fn tick(&mut self, _: Timestamp, _: SignedDuration) -> Vec<Effect> {
        let ticket = self.ticket;
        let ask = |query| Effect::Fetch { ticket, priority: Priority::Operator, ask: Ask::Aws(query) };
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

    fn is_over(&self) -> bool {
        self.ended.is_some()
    }
}

/// Sends one query, and waits for all pages of its answer.
///
/// # Errors
/// The error of the service.
pub async fn query_facts(event_loop: &mut EventLoop, serial: u64, query: Query) -> Result<Vec<Fact>, Failure> {
    let ticket = Ticket::of_command(ONCE, serial);
    let mut question = Question { ticket, query: Some(query), facts: Vec::new(), ended: None };
    event_loop.drive(&mut question, None).await;
    question.ended.unwrap_or(Ok(())).map(|()| question.facts)
}

/// Returns the groups whose names begin with `prefix`.
///
/// # Errors
/// The error of the service.
pub async fn groups(event_loop: &mut EventLoop, prefix: &str) -> Result<Vec<LogGroup>, Failure> {
    groups_by(event_loop, GROUPS, prefix).await
}

/// As [`groups`], for a query that may be abandoned: with its own `number`, a late answer is not taken for another query's.
///
/// # Errors
/// The error of the service.
pub async fn groups_if_soon(event_loop: &mut EventLoop, number: usize, prefix: &str) -> Result<Vec<LogGroup>, Failure> {
    groups_by(event_loop, INSIGHTS + 1 + number as u64, prefix).await
}

async fn groups_by(event_loop: &mut EventLoop, serial: u64, prefix: &str) -> Result<Vec<LogGroup>, Failure> {
    let facts = query_facts(event_loop, serial, Query::LogGroups { prefix: prefix.to_owned() }).await?;
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
/// The error of the service.
pub async fn insights(event_loop: &mut EventLoop, query: InsightsQuery) -> Result<InsightsResult, Failure> {
    let facts = query_facts(event_loop, INSIGHTS, Query::Insights(Box::new(query))).await?;
    match facts.into_iter().last() {
        Some(Fact::Insights(result)) => Ok(*result),
        _ => Err(Failure::mismatched_answer()),
    }
}
