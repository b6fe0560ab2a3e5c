//! Runs operations without a screen: passes time and replies in and carries out calls, until they are over.

use super::clock::Clock;
use super::event_loop::{EventHandler, EventLoop};
use super::executor::Executor;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::operation::{NewOperation, OperationId, Operations};
use crate::aws::Session;
use crate::config::EnvironmentConfig;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::time::Duration;

/// How often operations receive the time. The reads of a deployment start at multiples of its interval, at most this late.
const TICK: Duration = Duration::from_millis(100);

/// Operations and the executor that runs their effects.
pub struct Driver {
    pub operations: Operations,
    event_loop: EventLoop,
}

impl Driver {
    /// Creates a driver for one command. `mark` prefixes its operations' IDs in the audit file; `session` is its environment's.
    pub fn new(
        mark: &str,
        zone: TimeZone,
        audit: Option<PathBuf>,
        clock: Clock,
        session: (&EnvironmentConfig, Session),
    ) -> Self {
        let (executor, events) = Executor::new(false);
        // Operations read repeatedly, so the session does not count as one that reads everything once.
        let executor = executor.with_audit(audit).with_session(session.0, session.1);
        let event_loop = EventLoop::new((executor, events), clock);
        Self { operations: Operations::new(mark, zone), event_loop }
    }

    /// Starts an operation, which reads first.
    pub fn start(&mut self, what: impl Into<NewOperation>, environment: &EnvironmentConfig) -> OperationId {
        let (id, effects) = self.operations.start(what, environment, self.event_loop.now());
        self.event_loop.carry_out(effects);
        id
    }

    /// Confirms an operation: a person or a flag agreed.
    pub fn confirm(&mut self, id: OperationId) {
        let effects = self.operations.confirm(id, self.event_loop.now());
        self.event_loop.carry_out(effects);
    }

    /// Skips an operation because an earlier one that it depends on did not end well.
    pub fn skip(&mut self, id: OperationId, why: &str) {
        let effects = self.operations.skip(id, why, self.event_loop.now());
        self.event_loop.carry_out(effects);
    }

    /// Leaves an operation: cancels it if nothing was changed yet, else stops watching it.
    pub fn leave(&mut self, id: OperationId) {
        let effects = self.operations.detach(id, self.event_loop.now());
        self.event_loop.carry_out(effects);
    }

    /// Returns the current time by the service's clock, as far as its offset was measured.
    pub fn service_now(&self) -> Timestamp {
        self.event_loop.now() + self.event_loop.ahead()
    }

    /// Runs until `over` returns true; calls `news` after each step.
    pub async fn until(&mut self, over: impl Fn(&Operations) -> bool, news: impl FnMut(&Operations)) {
        let mut watched = Watched { operations: &mut self.operations, over, news };
        self.event_loop.drive(&mut watched, None).await;
    }
}

/// Operations that run until a condition holds.
struct Watched<'a, Over, News> {
    operations: &'a mut Operations,
    over: Over,
    news: News,
}

impl<Over: Fn(&Operations) -> bool, News: FnMut(&Operations)> EventHandler for Watched<'_, Over, News> {
    fn tick(&mut self, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        self.operations.ahead = ahead;
        let effects = self.operations.tick(now);
        (self.news)(self.operations);
        effects
    }

    fn take(&mut self, event: Event, now: Timestamp, ahead: SignedDuration) -> Vec<Effect> {
        self.operations.ahead = ahead;
        match event {
            Event::Reply(id, answered) => self.operations.answered(id, &answered, now),
            Event::Output(id, line) => {
                self.operations.output(id, &line, now);
                Vec::new()
            }
            // All other events belong to a screen.
            Event::Tick(_)
            | Event::Clock(_)
            | Event::ClockSetBack(_)
            | Event::Elapsed(_)
            | Event::Drawn(..)
            | Event::Key(_)
            | Event::Held(_)
            | Event::Paste(_)
            | Event::Mouse(_)
            | Event::Resize(..)
            | Event::Focus(_)
            | Event::Answer(_)
            | Event::CredentialsRenewed(_)
            | Event::Resumed
            | Event::Stopped
            | Event::MfaRequest(_)
            | Event::SignIn(_)
            | Event::Surveyed(..)
            | Event::DoctorFinished(..)
            | Event::Notice(_)
            | Event::TeeFailed(_) => Vec::new(),
        }
    }

    fn idle(&self, _: Timestamp) -> Option<Duration> {
        Some(TICK)
    }

    fn is_over(&self) -> bool {
        (self.over)(self.operations)
    }
}
