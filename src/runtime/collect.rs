//! The event loop without a screen: drives the app until everything it wants has been read once.

use super::clock::Clock;
use super::event_loop::{EventHandler, EventLoop};
use super::executor::Executor;
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

/// The time limit of a single read of everything; the limit of a credential helper is added to it. A healthy read takes
/// seconds. Each request has its own limit, but a list of many pages from a slow service is many requests.
pub const READ_LIMIT: Duration = Duration::from_mins(2);

/// How often a driven app receives the time.
const STEP: Duration = Duration::from_millis(50);

/// How a collection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collected {
    /// Everything wanted was read, successfully or not.
    Settled,
    /// The time limit passed first.
    TimedOut,
}

/// An app without a screen, and the executor that runs its effects.
pub struct Collector {
    /// The app. Its estate is settled after [`Collector::collect`].
    pub app: App,
    event_loop: EventLoop,
    pending: Vec<Effect>,
    limit: Duration,
}

impl Collector {
    /// Returns the latest time that it may be now by the service's clock.
    pub fn latest(&self) -> jiff::Timestamp {
        self.app.service_now() + self.event_loop.executor.margin()
    }

    /// Opens an environment.
    pub fn new(config: Config, environment: EnvironmentConfig, session: Session, wants: Wants, clock: Clock) -> Self {
        let mut event_loop = EventLoop::new(Executor::new(session.simulated), clock);
        let limit = READ_LIMIT + aws::Connection::from(&environment).credential_timeout;
        let once = wants.once;
        let (app, pending) =
            App::new(&TABLE, config, environment, session, Keymap::of(&TABLE), wants, event_loop.now());
        event_loop.executor.set_exclusive(once);
        Self { app, event_loop, pending, limit }
    }

    /// Uses a session that others use too. Call it before anything is read.
    #[must_use]
    pub fn with_session(mut self, session: aws::Session) -> Self {
        self.event_loop.executor = self.event_loop.executor.with_session(&self.app.environment, session);
        self
    }

    /// Sets the time limit of a request, which is then sent only once. Call it before anything is read.
    #[must_use]
    pub fn with_request_limit(mut self, limit: Duration) -> Self {
        self.event_loop.executor = self.event_loop.executor.with_request_limit(limit);
        self
    }

    /// Marks the terminal as taken by a screen: a credential helper gets no terminal.
    #[must_use]
    pub fn with_screen(mut self) -> Self {
        self.event_loop.executor = self.event_loop.executor.with_screen();
        self
    }

    /// Marks this as a background read: nobody is asked for an MFA code.
    #[must_use]
    pub fn in_background(mut self) -> Self {
        self.event_loop.executor = self.event_loop.executor.in_background();
        self.event_loop.executor.set_exclusive(false);
        self
    }

    /// Reads until everything was read once, or until `limit` from now. The default limit is `READ_LIMIT` plus the limit of
    /// a credential helper.
    pub async fn collect(&mut self, limit: Option<Duration>) -> Collected {
        let end = Instant::now() + limit.unwrap_or(self.limit);
        let mut read = Driving { app: &mut self.app, pending: &mut self.pending, done: App::all_read, step: None };
        let settled = self.event_loop.drive(&mut read, Some(end)).await;
        let (now, ahead) = (self.event_loop.now(), self.event_loop.ahead());
        self.pending = pass_time(&mut self.app, now, ahead);
        self.app.settle();
        if settled { Collected::Settled } else { Collected::TimedOut }
    }

    /// Returns the session that the app reads with, for further requests with its credentials and within its limits.
    pub fn session(&mut self) -> aws::Session {
        let executor = &mut self.event_loop.executor;
        executor.session().unwrap_or_else(|| executor.prepare(&self.app.environment))
    }

    /// Reads everything once more, keeping the known values.
    pub async fn read_again(&mut self, limit: Option<Duration>) -> Collected {
        self.event_loop.executor.set_exclusive(false);
        self.pending = self.app.read_again(self.event_loop.now());
        self.collect(limit).await
    }

    /// Reads one more source, which was not known to be needed at the start.
    pub async fn read_also(&mut self, source: Source, limit: Option<Duration>) -> Collected {
        self.pending = self.app.read_also(source, self.event_loop.now());
        self.collect(limit).await
    }

    /// Sends one query beside the regular reads, and waits for its complete answer.
    ///
    /// # Errors
    /// The error of the service.
    pub async fn query(&mut self, query: Query) -> Result<Vec<Fact>, Failure> {
        super::logs::query_facts(&mut self.event_loop, 9, query).await
    }

    /// Applies events as if a person had caused them, and continues until `done` holds or `limit` has passed. Returns whether
    /// it holds.
    pub async fn drive(&mut self, events: Vec<Event>, limit: Duration, done: impl Fn(&App) -> bool) -> bool {
        for event in events {
            self.pending.extend(self.app.update(event));
            self.app.settle();
        }
        let mut driving = Driving { app: &mut self.app, pending: &mut self.pending, done, step: Some(STEP) };
        self.event_loop.drive(&mut driving, Some(Instant::now() + limit)).await
    }

    /// Returns the app and its event loop, whose executor keeps the credentials.
    pub fn into_parts(self) -> (App, EventLoop) {
        (self.app, self.event_loop)
    }
}

/// Passes the time, and the offset of the service's clock, to an app.
fn pass_time(app: &mut App, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
    let mut effects = if ahead == app.ahead { Vec::new() } else { app.update(Event::Clock(ahead)) };
    effects.extend(app.update(Event::Tick(now)));
    effects
}

/// An app that runs until a condition holds.
struct Driving<'a, Done> {
    app: &'a mut App,
    /// Effects to carry out first.
    pending: &'a mut Vec<Effect>,
    done: Done,
    /// How often the app receives the time and updates its rows when nothing happens. `None`: it receives the time only
    /// with events.
    step: Option<Duration>,
}

impl<Done: Fn(&App) -> bool> EventHandler for Driving<'_, Done> {
    fn tick(&mut self, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        let mut effects = std::mem::take(self.pending);
        if self.step.is_some() {
            effects.extend(pass_time(self.app, now, ahead));
            self.app.settle();
        }
        effects
    }

    fn take(&mut self, event: Event, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        let mut effects = pass_time(self.app, now, ahead);
        effects.extend(self.app.update(event));
        if self.step.is_some() {
            self.app.settle();
        }
        effects
    }

    fn idle(&self, _: Timestamp) -> Option<Duration> {
        self.step
    }

    fn is_over(&self) -> bool {
        (self.done)(self.app)
    }
}
