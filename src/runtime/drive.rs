//! Operations without a screen: time and replies go in, calls are carried out, until it is over.

use super::clock::Clock;
use super::executor::Executor;
use super::ring::{EventHandler, EventLoop};
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::operation::{OperationId, Operations, What};
use crate::aws::Session;
use crate::config::EnvironmentConfig;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::time::Duration;

/// How often time is told: a deployment's reads begin with the multiples of its interval, at most this late.
const TICK: Duration = Duration::from_millis(100);

/// Operations and the executor that runs their effects.
pub struct Driver {
    pub operations: Operations,
    ring: EventLoop,
}

impl Driver {
    /// For one command: `mark` names its operations in the audit file; `session` is that of its environment.
    pub fn new(
        mark: &str,
        zone: TimeZone,
        audit: Option<PathBuf>,
        clock: Clock,
        session: (&EnvironmentConfig, Session),
    ) -> Self {
        let (executor, events) = Executor::new(false);
        // What is read for it is no read of everything at once: the session is not alone any more.
        let executor = executor.with_audit(audit).with_session(session.0, session.1);
        let ring = EventLoop::new((executor, events), clock);
        Self { operations: Operations::new(mark, zone), ring }
    }

    /// Begins to look at what was asked for.
    pub fn start(&mut self, what: impl Into<What>, environment: &EnvironmentConfig) -> OperationId {
        let (id, effects) = self.operations.start(what, environment, self.ring.now());
        self.ring.carry_out(effects);
        id
    }

    /// A person, or a flag, said yes.
    pub fn confirm(&mut self, id: OperationId) {
        let effects = self.operations.confirm(id, self.ring.now());
        self.ring.carry_out(effects);
    }

    /// It is not begun: why, another that was to come before it did not end well.
    pub fn skip(&mut self, id: OperationId, why: &str) {
        let effects = self.operations.skip(id, why, self.ring.now());
        self.ring.carry_out(effects);
    }

    /// It is left: cancelled where nothing was changed yet, else not watched any more.
    pub fn leave(&mut self, id: OperationId) {
        let effects = self.operations.detach(id, self.ring.now());
        self.ring.carry_out(effects);
    }

    /// Now by the service's clock, as far as that was measured.
    pub fn service_now(&self) -> Timestamp {
        self.ring.now() + self.ring.ahead()
    }

    /// Goes on until `over`; `news` is told after each step.
    pub async fn until(&mut self, over: impl Fn(&Operations) -> bool, news: impl FnMut(&Operations)) {
        let mut watched = Watched { operations: &mut self.operations, over, news };
        self.ring.drive(&mut watched, None).await;
    }
}

/// Operations that go on until something is so.
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
            // Everything else belongs to a screen.
            Event::Tick(_)
            | Event::Clock(_)
            | Event::SetBack(_)
            | Event::Elapsed(_)
            | Event::Drawn(..)
            | Event::Key(_)
            | Event::Held(_)
            | Event::Paste(_)
            | Event::Mouse(_)
            | Event::Resize(..)
            | Event::Focus(_)
            | Event::Answer(_)
            | Event::Renewed(_)
            | Event::Resumed
            | Event::Stopped
            | Event::MfaRequest(_)
            | Event::SignIn(_)
            | Event::Glanced(..)
            | Event::Checked(..)
            | Event::Notice(_)
            | Event::TeeEnded(_) => Vec::new(),
        }
    }

    fn idle(&self, _: Timestamp) -> Option<Duration> {
        Some(TICK)
    }

    fn over(&self) -> bool {
        (self.over)(self.operations)
    }
}
