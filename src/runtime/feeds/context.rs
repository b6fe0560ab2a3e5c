//! The sessions and settings that a feed needs to answer a query.

use super::sql_sessions::Sessions;
use crate::app::effect::Priority;
use crate::app::event::{Answer, Event};
use crate::app::ticket::Ticket;
use crate::aws::Session;
use crate::config::EnvironmentConfig;
use crate::feeds::Part;
use crate::runtime::clock::Clock;
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

/// The sessions and settings for answering one query.
#[derive(Clone)]
pub(crate) struct FeedContext {
    /// Identifies the query in each piece of the answer.
    pub ticket: Ticket,
    /// The priority of the query.
    pub priority: Priority,
    /// The session of the opened environment, if one is opened.
    pub session: Option<Session>,
    /// The configuration of the opened environment.
    pub environment: Option<Box<EnvironmentConfig>>,
    /// The open sessions on SQL servers.
    pub sql: Sessions,
    /// The channel for pieces of the answer. It is bounded: a feed waits for room, and loses nothing.
    pub out: Sender<Event>,
    /// For a query that closes what it holds open: becomes true, or loses its sender, when the query should end.
    pub ending: watch::Receiver<bool>,
    /// The clock of the recipient.
    pub clock: Clock,
}

impl FeedContext {
    /// Completes when a query that closes what it holds open ([`crate::feeds::lifetime::Lifetime::Closing`]) should end.
    pub async fn ended(&self) {
        let _ = self.ending.clone().wait_for(|ended| *ended).await;
    }

    /// Sends a piece that took no request to AWS. Returns false if nobody listens any more.
    pub async fn send(&self, part: impl Into<Part>) -> bool {
        let answer = Answer { ticket: self.ticket, requests: 0, part: part.into() };
        self.out.send(Event::Answer(answer)).await.is_ok()
    }
}
