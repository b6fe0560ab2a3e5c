//! The same ring without a screen: drives the app until all that is wanted was read once.

use super::clock::Clock;
use super::executor::Executor;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::keymap::Keymap;
use crate::app::poll::Wants;
use crate::app::{App, Session};
use crate::config::{Config, EnvironmentConfig};
use crate::panes::table::TABLE;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A read that is done once takes no longer than this, and as long again as a credential helper may take. A healthy
/// one takes seconds; each request ends by itself, but a list of many pages from a slow service is many requests.
pub const READ_LIMIT: Duration = Duration::from_mins(2);

/// How a collection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collected {
    /// All that was wanted was read, well or not.
    Settled,
    /// The time ran out before.
    TimedOut,
}

/// An app without a screen, and the hands that feed it.
pub struct Collector {
    /// The app; its estate is settled after [`Collector::collect`].
    pub app: App,
    executor: Executor,
    events: mpsc::Receiver<Event>,
    clock: Clock,
    pending: Vec<Effect>,
    limit: Duration,
}

impl Collector {
    /// The latest that it may be now by the service's clock.
    pub fn latest(&self) -> jiff::Timestamp {
        self.app.service_now() + self.executor.margin()
    }

    /// Opens an environment.
    pub fn new(config: Config, environment: EnvironmentConfig, session: Session, wants: Wants, clock: Clock) -> Self {
        let (executor, events) = Executor::new(session.simulated);
        let limit = READ_LIMIT + crate::aws::Connection::from(&environment).credential_timeout;
        let (app, pending) = App::new(&TABLE, config, environment, session, Keymap::of(&TABLE), wants, clock.now());
        Self { app, executor, events, clock, pending, limit }
    }

    /// The same with another limit for a request, which is then sent once; before anything is read.
    #[must_use]
    pub fn with_request_limit(mut self, limit: Duration) -> Self {
        self.executor = self.executor.with_request_limit(limit);
        self
    }

    /// Reads until everything was read once, or until `limit` from now; without one, until `READ_LIMIT` and the time
    /// of a credential helper are over.
    pub async fn collect(&mut self, limit: Option<Duration>) -> Collected {
        let end = Instant::now() + limit.unwrap_or(self.limit);
        self.run_pending();
        let mut outcome = Collected::Settled;
        while !self.app.settled() {
            let Ok(Some(event)) = tokio::time::timeout_at(end, self.events.recv()).await else {
                outcome = Collected::TimedOut;
                break;
            };
            let mut effects = self.tick();
            effects.extend(self.app.update(event));
            self.pending = effects;
            self.run_pending();
        }
        self.pending = self.tick();
        self.app.settle();
        outcome
    }

    /// Reads everything once more, keeping what is known.
    pub async fn again(&mut self, limit: Option<Duration>) -> Collected {
        self.pending = self.app.again(self.clock.now());
        self.collect(limit).await
    }

    /// Takes events in, as a person would cause them, and goes on until something is so or `limit` is
    /// over. Whether it is so.
    pub async fn drive(&mut self, events: Vec<Event>, limit: Duration, done: impl Fn(&App) -> bool) -> bool {
        for event in events {
            self.pending.extend(self.app.update(event));
            self.app.settle();
        }
        let end = Instant::now() + limit;
        while !done(&self.app) {
            self.run_pending();
            if Instant::now() >= end {
                return false;
            }
            let next = tokio::time::timeout(Duration::from_millis(50), self.events.recv()).await;
            self.pending = self.tick();
            if let Ok(Some(event)) = next {
                self.pending.extend(self.app.update(event));
            }
            self.app.settle();
        }
        true
    }

    /// The app, and the hands with the credentials that it was read with.
    pub fn into_parts(self) -> (App, Executor, mpsc::Receiver<Event>, Clock) {
        (self.app, self.executor, self.events, self.clock)
    }

    /// Tells the app the time, and how far the service's differs.
    fn tick(&mut self) -> Vec<Effect> {
        let ahead = self.executor.ahead();
        let mut effects = if ahead == self.app.ahead { Vec::new() } else { self.app.update(Event::Clock(ahead)) };
        effects.extend(self.app.update(Event::Tick(self.clock.now())));
        effects
    }

    fn run_pending(&mut self) {
        for effect in self.pending.drain(..) {
            self.executor.carry_out(effect);
        }
    }
}
