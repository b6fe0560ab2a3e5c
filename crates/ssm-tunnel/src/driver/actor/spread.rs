//! Which session carries whom: the first, until much goes through it, or its target is about to end.

use super::{Actor, Served};
use crate::driver::further::{HANDED, One, Place};
use crate::driver::gate::Gate;
use crate::driver::listener::Accepted;
use crate::driver::status::Status;
use crate::time::Time;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, watch};

/// With more than this of its open connections within a second, who connects has to wait for what is on its way: a third of
/// what the service's pace allows.
const MUCH: usize = 256 << 10;

impl<G: Gate> Actor<G> {
    /// Whether so much goes through that others wait, or nothing does as a program does not read.
    pub(super) fn is_busy(&self, now: Time) -> bool {
        self.bucket.is_full() || self.locals.values().map(|local| local.recent.bytes(now)).sum::<usize>() > MUCH
    }

    /// Whether who connects now is taken: there is a session that carries it, or one will not come soon.
    pub(super) fn takes(&self, now: Time) -> bool {
        let can = self.session.can_open(now) || self.further.takes(now) || self.resets_new(now);
        can && now >= self.accept_after && self.further.waiting.is_none()
    }

    /// Sees whether the target is about to end: who connects from then on is led to another one. What goes through the sessions
    /// there goes on.
    pub(super) fn sees_leaving(&mut self) {
        let leaving = self.target.as_ref().is_some_and(|target| self.gate.is_leaving(target));
        if leaving && !self.leaving {
            self.further.retire();
        }
        self.leaving = leaving;
    }

    /// Whether who connects is led to another target.
    pub(super) fn leads_elsewhere(&self) -> bool {
        self.leaving && matches!(self.served, Served::Port(_))
    }

    /// A local program has connected.
    pub(super) fn connects(&mut self, socket: Accepted, now: Time) {
        let own = self.session.can_open(now);
        if own && !self.is_busy(now) && !self.leads_elsewhere() {
            return self.accepted(socket, now);
        }
        let place = self.further.place(now);
        match place {
            Place::Beside(at) => {
                if let Some(socket) = self.further.hand(at, socket, now) {
                    self.accepted(socket, now);
                }
            }
            Place::Another if own && matches!(self.served, Served::Port(_)) => {
                self.open_another(now);
                self.further.waiting = Some(socket);
            }
            Place::Another | Place::First if own || self.resets_new(now) => self.accepted(socket, now),
            // Another one is being opened, or the first has lost its link meanwhile.
            Place::Soon | Place::Another | Place::First => self.further.waiting = Some(socket),
        }
    }

    /// Takes in how the sessions beside the first stand, and who waits for one of them.
    pub(super) fn spread(&mut self, now: Time) {
        self.further.settle(!self.locals.is_empty(), now);
        if let Some(socket) = self.further.waiting.take() {
            self.connects(socket, now);
        }
    }

    /// Asks for a session to the same target, or to another where that one is about to end.
    fn open_another(&mut self, now: Time) {
        let target = self.target.clone().filter(|_| !self.leaving);
        if target.is_none() && !self.leaving {
            return;
        }
        let (hand, handed) = mpsc::channel(HANDED);
        let (stop, on_stop) = watch::channel(false);
        let (status, on_status) = watch::channel(Status::new());
        // Its changes are told with those of the first.
        let (changes, _) = broadcast::channel(1);
        let served = Served::Beside { handed, target };
        let (gate, options) = (self.gate.clone(), self.options.clone());
        let another = Actor::new(gate, options, served, Arc::default(), on_stop, status, changes);
        self.endings.spawn(another.run());
        self.further.add(One::new(hand, stop, on_status, now));
    }
}

#[cfg(test)]
#[path = "spread_tests.rs"]
mod tests;
