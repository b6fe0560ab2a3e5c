//! The event loop: carries out effects, waits for events and passes them on, turn by turn. It is the only place that waits for
//! events. The screen, which also waits for keys and signals, uses it too.

use super::clock::Clock;
use super::executor::Executor;
use crate::app::effect::Effect;
use crate::app::event::Event;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A state in the event loop: it receives the time and events, and returns effects.
pub trait EventHandler {
    /// Passes the local time, and how far the service's clock is ahead of it.
    fn tick(&mut self, now: Timestamp, ahead: SignedDuration) -> Vec<Effect>;

    /// Passes an event.
    fn take(&mut self, event: Event, now: Timestamp, ahead: SignedDuration) -> Vec<Effect>;

    /// Returns how long nothing is due unless an event arrives; `None` if nothing is due at all. Zero yields to other tasks.
    fn idle(&self, now: Timestamp) -> Option<Duration>;

    /// Whether the state has reached its end.
    fn is_over(&self) -> bool;
}

/// An executor, its events, and a clock.
pub struct EventLoop {
    /// Carries out effects.
    pub executor: Executor,
    events: mpsc::Receiver<Event>,
    clock: Clock,
}

impl EventLoop {
    /// Creates a loop from an executor with its events, and a clock.
    pub fn new((executor, events): (Executor, mpsc::Receiver<Event>), clock: Clock) -> Self {
        Self { executor, events, clock }
    }

    /// Returns the time of day by the clock of this loop.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns how far the service's clock is ahead of the clock of this loop.
    pub fn ahead(&self) -> SignedDuration {
        self.executor.ahead() - self.set_back()
    }

    /// Returns how far this machine's clock was set back while the time of this loop continued.
    pub fn set_back(&self) -> SignedDuration {
        self.clock.set_back()
    }

    /// Carries out effects that need no screen.
    pub fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.executor.carry_out(effect);
        }
    }

    /// Waits for the next event. The channel never closes, since the executor holds a sender. Cancel-safe: no event is lost if
    /// the future is dropped.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Returns an event that has arrived already.
    pub fn try_next(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Runs one turn: passes the time, waits until an event arrives or something is due, and passes the events.
    pub async fn turn(&mut self, driven: &mut impl EventHandler) {
        self.tick(driven);
        self.wait(driven, None).await;
    }

    /// Runs turns until the state is over, or until `end`. Returns whether it is over.
    pub async fn drive(&mut self, driven: &mut impl EventHandler, end: Option<Instant>) -> bool {
        loop {
            self.tick(driven);
            if driven.is_over() {
                return true;
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                return false;
            }
            self.wait(driven, end).await;
        }
    }

    fn tick(&mut self, driven: &mut impl EventHandler) {
        let effects = driven.tick(self.now(), self.ahead());
        self.carry_out(effects);
    }

    async fn wait(&mut self, driven: &mut impl EventHandler, end: Option<Instant>) {
        let idle = driven.idle(self.now());
        let due = idle.map(|idle| Instant::now() + idle);
        let event = match [due, end].into_iter().flatten().min() {
            _ if idle == Some(Duration::ZERO) => {
                tokio::task::yield_now().await;
                self.try_next()
            }
            Some(until) => tokio::time::timeout_at(until, self.next()).await.ok().flatten(),
            None => self.next().await,
        };
        let mut next = event;
        while let Some(event) = next {
            // The answer may have updated the offset of the service's clock.
            let effects = driven.take(event, self.now(), self.ahead());
            self.carry_out(effects);
            next = if driven.is_over() { None } else { self.try_next() };
        }
    }
}
