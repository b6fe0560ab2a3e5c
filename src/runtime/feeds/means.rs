//! The sessions and settings with which a feed answers a question.

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

/// The sessions and settings with which a feed answers one question.
#[derive(Clone)]
pub(crate) struct FeedContext {
    /// Comes back with each piece.
    pub ticket: Ticket,
    /// The priority of the answer.
    pub lane: Priority,
    /// The session of the opened environment; none while none is opened.
    pub session: Option<Session>,
    /// The opened environment, as it is configured.
    pub environment: Option<Box<EnvironmentConfig>>,
    /// The sessions on servers of SQL that are open.
    pub sql: Sessions,
    /// Where pieces go. It is bounded: a feed waits until there is room, and loses nothing.
    pub out: Sender<Event>,
    /// For a question that closes what it holds open: true, or without its other end, when it is to end.
    pub ending: watch::Receiver<bool>,
    /// The clock of whoever waits.
    pub clock: Clock,
}

impl FeedContext {
    /// Until the question is to end, where it closes what it holds open ([`crate::feeds::lifetime::Lifetime::Closing`]).
    pub async fn ended(&self) {
        let _ = self.ending.clone().wait_for(|ended| *ended).await;
    }

    /// Sends a piece that took no request to AWS. Whether anybody listens still.
    pub async fn send(&self, part: impl Into<Part>) -> bool {
        let answer = Answer { ticket: self.ticket, requests: 0, part: part.into() };
        self.out.send(Event::Answer(answer)).await.is_ok()
    }
}
