//! The same ring without a screen: drives the app until all that is wanted was read once.

use super::clock::Clock;
use super::executor::Executor;
use super::ring::{EventHandler, EventLoop};
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::keymap::Keymap;
use crate::app::poll::Wants;
use crate::app::{App, Session};
use crate::aws;
use crate::config::{Config, EnvironmentConfig};
use crate::feeds::aws::{Fact, Query};
use crate::model::{Failure, Source};
use crate::panes::table::TABLE;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// A read that is done once takes no longer than this, and as long again as a credential helper may take. A healthy
/// one takes seconds; each request ends by itself, but a list of many pages from a slow service is many requests.
pub const READ_LIMIT: Duration = Duration::from_mins(2);

/// How often an app that is driven is told the time.
const STEP: Duration = Duration::from_millis(50);

/// How a collection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collected {
    /// All that was wanted was read, well or not.
    Settled,
    /// The time ran out before.
    TimedOut,
}

/// An app without a screen, and the executor that runs its effects.
pub struct Collector {
    /// The app; its estate is settled after [`Collector::collect`].
    pub app: App,
    ring: EventLoop,
    pending: Vec<Effect>,
    limit: Duration,
}

impl Collector {
    /// The latest that it may be now by the service's clock.
    pub fn latest(&self) -> jiff::Timestamp {
        self.app.service_now() + self.ring.executor.margin()
    }

    /// Opens an environment.
    pub fn new(config: Config, environment: EnvironmentConfig, session: Session, wants: Wants, clock: Clock) -> Self {
        let mut ring = EventLoop::new(Executor::new(session.simulated), clock);
        let limit = READ_LIMIT + aws::Connection::from(&environment).credential_timeout;
        let once = wants.once;
        let (app, pending) = App::new(&TABLE, config, environment, session, Keymap::of(&TABLE), wants, ring.now());
        ring.executor.set_alone(once);
        Self { app, ring, pending, limit }
    }

    /// Has it ask with a session that others use, too; before anything is read.
    #[must_use]
    pub fn with_session(mut self, session: aws::Session) -> Self {
        self.ring.executor = self.ring.executor.with_session(&self.app.environment, session);
        self
    }

    /// Sets the limit of a request, which is then sent once; before anything is read.
    #[must_use]
    pub fn with_request_limit(mut self, limit: Duration) -> Self {
        self.ring.executor = self.ring.executor.with_request_limit(limit);
        self
    }

    /// Says that a screen is taken: a credential helper gets no terminal.
    #[must_use]
    pub fn with_screen(mut self) -> Self {
        self.ring.executor = self.ring.executor.with_screen();
        self
    }

    /// Says that this is a look in passing: nobody is asked for an MFA code.
    #[must_use]
    pub fn in_passing(mut self) -> Self {
        self.ring.executor = self.ring.executor.in_passing();
        self.ring.executor.set_alone(false);
        self
    }

    /// Reads until everything was read once, or until `limit` from now; without one, until `READ_LIMIT` and the time
    /// of a credential helper are over.
    pub async fn collect(&mut self, limit: Option<Duration>) -> Collected {
        let end = Instant::now() + limit.unwrap_or(self.limit);
        let mut read = Driving { app: &mut self.app, pending: &mut self.pending, done: App::settled, step: None };
        let settled = self.ring.drive(&mut read, Some(end)).await;
        let (now, ahead) = (self.ring.now(), self.ring.ahead());
        self.pending = told(&mut self.app, now, ahead);
        self.app.settle();
        if settled { Collected::Settled } else { Collected::TimedOut }
    }

    /// The session that it is read with, for what is asked beside that: with its credentials, and within its limits.
    pub fn session(&mut self) -> aws::Session {
        let executor = &mut self.ring.executor;
        executor.session().unwrap_or_else(|| executor.prepare(&self.app.environment))
    }

    /// Reads everything once more, keeping what is known.
    pub async fn again(&mut self, limit: Option<Duration>) -> Collected {
        self.ring.executor.set_alone(false);
        self.pending = self.app.again(self.ring.now());
        self.collect(limit).await
    }

    /// Reads this as well, which was not known to be needed when it began.
    pub async fn also(&mut self, source: Source, limit: Option<Duration>) -> Collected {
        self.pending = self.app.also(source, self.ring.now());
        self.collect(limit).await
    }

    /// Asks one thing beside what is read, and waits for all of its answer.
    ///
    /// # Errors
    /// What the service said.
    pub async fn ask(&mut self, query: Query) -> Result<Vec<Fact>, Failure> {
        super::logs::answered(&mut self.ring, 9, query).await
    }

    /// Takes events in, as a person would cause them, and goes on until something is so or `limit` is
    /// over. Whether it is so.
    pub async fn drive(&mut self, events: Vec<Event>, limit: Duration, done: impl Fn(&App) -> bool) -> bool {
        for event in events {
            self.pending.extend(self.app.update(event));
            self.app.settle();
        }
        let mut driving = Driving { app: &mut self.app, pending: &mut self.pending, done, step: Some(STEP) };
        self.ring.drive(&mut driving, Some(Instant::now() + limit)).await
    }

    /// The app, and the executor with the credentials that it was read with.
    pub fn into_parts(self) -> (App, EventLoop) {
        (self.app, self.ring)
    }
}

/// Tells an app the time, and how far the service's differs.
fn told(app: &mut App, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
    let mut effects = if ahead == app.ahead { Vec::new() } else { app.update(Event::Clock(ahead)) };
    effects.extend(app.update(Event::Tick(now)));
    effects
}

/// An app that goes on until something is so.
struct Driving<'a, Done> {
    app: &'a mut App,
    /// Effects that are carried out first.
    pending: &'a mut Vec<Effect>,
    done: Done,
    /// How often it is told the time where nothing happens, its rows brought up to date each time; none: it is told
    /// with what happens.
    step: Option<Duration>,
}

impl<Done: Fn(&App) -> bool> EventHandler for Driving<'_, Done> {
    fn tick(&mut self, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        let mut effects = std::mem::take(self.pending);
        if self.step.is_some() {
            effects.extend(told(self.app, now, ahead));
            self.app.settle();
        }
        effects
    }

    fn take(&mut self, event: Event, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        let mut effects = told(self.app, now, ahead);
        effects.extend(self.app.update(event));
        if self.step.is_some() {
            self.app.settle();
        }
        effects
    }

    fn idle(&self, _: Timestamp) -> Option<Duration> {
        self.step
    }

    fn over(&self) -> bool {
        (self.done)(self.app)
    }
}
