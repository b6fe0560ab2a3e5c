//! Operations without a screen: time and replies go in, calls are carried out, until it is over.

use super::clock::Clock;
use super::executor::Executor;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::operation::{OperationId, Operations, What};
use crate::config::EnvironmentConfig;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often time is told: a deployment's reads begin with the multiples of its interval, at most this late.
const TICK: Duration = Duration::from_millis(100);

/// Operations and the hands that carry out what they ask for.
pub struct Driver {
    /// The operations.
    pub operations: Operations,
    executor: Executor,
    events: mpsc::Receiver<Event>,
    clock: Clock,
}

impl Driver {
    /// For one command: `mark` names its operations in the audit file.
    pub fn new(mark: &str, zone: TimeZone, audit: Option<PathBuf>, clock: Clock) -> Self {
        let (executor, events) = Executor::new(false);
        Self { operations: Operations::new(mark, zone), executor: executor.with_audit(audit), events, clock }
    }

    /// Begins to look at what was asked for.
    pub fn start(&mut self, what: impl Into<What>, environment: &EnvironmentConfig) -> OperationId {
        let (id, effects) = self.operations.start(what, environment, self.clock.now());
        self.carry_out(effects);
        id
    }

    /// A person, or a flag, said yes.
    pub fn confirm(&mut self, id: OperationId) {
        let effects = self.operations.confirm(id, self.clock.now());
        self.carry_out(effects);
    }

    /// It is left: cancelled where nothing was changed yet, else not watched any more.
    pub fn leave(&mut self, id: OperationId) {
        let effects = self.operations.detach(id, self.clock.now());
        self.carry_out(effects);
    }

    /// Now by the service's clock, as far as that was measured.
    pub fn service_now(&self) -> Timestamp {
        self.clock.now() + self.executor.ahead()
    }

    /// Goes on until `over`; `news` is told after each step.
    pub async fn until(&mut self, over: impl Fn(&Operations) -> bool, mut news: impl FnMut(&Operations)) {
        loop {
            self.operations.ahead = self.executor.ahead();
            let effects = self.operations.tick(self.clock.now());
            self.carry_out(effects);
            news(&self.operations);
            if over(&self.operations) {
                return;
            }
            if let Ok(Some(event)) = tokio::time::timeout(TICK, self.events.recv()).await {
                self.take(event);
                while let Ok(event) = self.events.try_recv() {
                    self.take(event);
                }
            }
        }
    }

    fn take(&mut self, event: Event) {
        let now = self.clock.now();
        // The answer has brought the service's time along.
        self.operations.ahead = self.executor.ahead();
        match event {
            Event::Reply(id, answered) => {
                let effects = self.operations.answered(id, &answered, now);
                self.carry_out(effects);
            }
            Event::Output(id, line) => self.operations.output(id, &line, now),
            // Everything else belongs to a screen.
            Event::Tick(_)
            | Event::Clock(_)
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
            | Event::Notice(_)
            | Event::TeeEnded(_) => {}
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.executor.carry_out(effect);
        }
    }
}
