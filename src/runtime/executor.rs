//! Carries out effects that ask AWS. Each fetch is a task of its own; dropping it cancels its request.

use crate::app::effect::{Effect, Lane, Query};
use crate::app::event::{Answer, Event, Part};
use crate::app::ticket::Ticket;
use crate::aws::{Connection, Session};
use crate::config::EnvironmentConfig;
use crate::model::{Failure, FailureKind};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Events that may wait between the feeds and the app. Bounded: a feed that is faster than the app
/// waits, it does not fill the memory.
pub const CHANNEL: usize = 256;

/// Runs fetches for one environment at a time.
pub struct Executor {
    out: mpsc::Sender<Event>,
    session: Option<Session>,
    tasks: JoinSet<()>,
    simulated: bool,
}

impl Executor {
    /// An executor and the channel on which answers come. On the simulator no credentials are looked
    /// for: it takes any, and a person without an account has none.
    pub fn new(simulated: bool) -> (Self, mpsc::Receiver<Event>) {
        let (out, events) = mpsc::channel(CHANNEL);
        (Self { out, session: None, tasks: JoinSet::new(), simulated }, events)
    }

    /// Carries out an effect; gives back those that are not for AWS.
    pub fn carry_out(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Connect { environment, generation: _ } => {
                self.connect(&environment);
                None
            }
            Effect::Fetch { ticket, lane, query } => {
                self.fetch(ticket, lane, query);
                None
            }
            Effect::Copy(_) | Effect::Save { .. } | Effect::OpenUrl(_) | Effect::Suspend | Effect::Quit => Some(effect),
        }
    }

    /// How often pages of logs may be asked for, in requests a second.
    pub fn set_logs_rate(&self, rate: f64) {
        if let Some(session) = &self.session {
            session.set_logs_rate(rate);
        }
    }

    /// How far this machine's clock is ahead of AWS's, once something answered.
    pub fn clock_skew(&self) -> Option<jiff::SignedDuration> {
        self.session.as_ref().and_then(Session::clock_skew)
    }

    /// The region in use, once it is known.
    pub fn region(&self) -> Option<String> {
        self.session.as_ref().and_then(Session::region)
    }

    fn connect(&mut self, environment: &EnvironmentConfig) {
        // Requests of the environment before are cancelled with their tasks.
        self.tasks.abort_all();
        self.tasks = JoinSet::new();
        let connection = match (&environment.endpoint_url, &environment.region) {
            (Some(endpoint), Some(region)) if self.simulated => Connection::simulated(endpoint, region),
            _ => Connection::from(environment),
        };
        self.session = Some(Session::new(connection));
    }

    fn fetch(&mut self, ticket: Ticket, lane: Lane, query: Query) {
        // Finished tasks are let go, so that the set holds only what is under way.
        while self.tasks.try_join_next().is_some() {}
        let Some(session) = self.session.clone() else { return };
        let out = self.out.clone();
        self.tasks.spawn(async move {
            let asked = AssertUnwindSafe(session.ask(ticket, lane, query, &out)).catch_unwind().await;
            if asked.is_err() {
                // A fault in one feed must not leave its source waiting for ever.
                let failure = Failure::new(FailureKind::Other, "an internal fault: see the report in the log");
                let answer = Answer { ticket, requests: 0, part: Part::Broken(failure) };
                let _ = out.send(Event::Answer(answer)).await;
            }
        });
    }
}
