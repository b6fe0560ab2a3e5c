//! The ring without a screen: effects are carried out, events are waited for and taken in, turn by turn. The one place
//! that waits for events; the screen, which waits for keys and signals beside them, asks it too.

use super::clock::Clock;
use super::executor::Executor;
use crate::app::effect::Effect;
use crate::app::event::Event;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A state in the event loop: it is given the time and events, and returns effects.
pub trait EventHandler {
    /// Time goes on: how late it is here, and how far the service's clock is ahead.
    fn tick(&mut self, now: Timestamp, ahead: SignedDuration) -> Vec<Effect>;

    /// Something happened.
    fn take(&mut self, event: Event, now: Timestamp, ahead: SignedDuration) -> Vec<Effect>;

    /// How long nothing need be done unless something happens; none: for as long as nothing does. Zero lets others have
    /// their turn.
    fn idle(&self, now: Timestamp) -> Option<Duration>;

    /// Whether it has come to its end.
    fn over(&self) -> bool;
}

/// An executor, the events that come of it, and a clock.
pub struct EventLoop {
    /// Carries out what is asked for.
    pub executor: Executor,
    events: mpsc::Receiver<Event>,
    clock: Clock,
}

impl EventLoop {
    /// An executor with its events, and the clock that time is told by.
    pub fn new((executor, events): (Executor, mpsc::Receiver<Event>), clock: Clock) -> Self {
        Self { executor, events, clock }
    }

    /// The time of day by the clock of this loop.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How far the service's clock is ahead of the one of this loop.
    pub fn ahead(&self) -> SignedDuration {
        self.executor.ahead() - self.set_back()
    }

    /// How far this machine's clock was set back while the time of this loop went on.
    pub fn set_back(&self) -> SignedDuration {
        self.clock.set_back()
    }

    /// Carries out effects that need no screen.
    pub fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            self.executor.carry_out(effect);
        }
    }

    /// The next event. The executor holds the other end, so there is always one to wait for; nothing is lost where it
    /// is waited for no longer.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// An event that is there already.
    pub fn ready(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// One turn: tells the time, waits until something happens or something is due, and takes in what came.
    pub async fn turn(&mut self, driven: &mut impl EventHandler) {
        self.tick(driven);
        self.wait(driven, None).await;
    }

    /// Goes round until it is over, or until `end`. Whether it is over.
    pub async fn drive(&mut self, driven: &mut impl EventHandler, end: Option<Instant>) -> bool {
        loop {
            self.tick(driven);
            if driven.over() {
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
                self.ready()
            }
            Some(until) => tokio::time::timeout_at(until, self.next()).await.ok().flatten(),
            None => self.next().await,
        };
        let mut next = event;
        while let Some(event) = next {
            // The answer has brought the service's time along.
            let effects = driven.take(event, self.now(), self.ahead());
            self.carry_out(effects);
            next = if driven.over() { None } else { self.ready() };
        }
    }
}
