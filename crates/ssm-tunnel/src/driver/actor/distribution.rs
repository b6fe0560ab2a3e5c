//! Distributes connections over sessions: the first session takes them until it is busy or its target is about to end.

use super::{Actor, Served};
use crate::driver::extra_sessions::{ExtraSession, HANDED, Place};
use crate::driver::gate::Gate;
use crate::driver::listener::Accepted;
use crate::driver::status::Status;
use crate::time::Time;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc, watch};

/// A session whose open connections moved more than this within a second counts as busy, because new connections
/// would have to wait. It is a third of the volume that the service's pace allows.
const BUSY_BYTES: usize = 256 << 10;

impl<G: Gate> Actor<G> {
    /// Whether a new connection would have to wait, because of the traffic or because a local program does not read.
    pub(super) fn is_busy(&self, now: Time) -> bool {
        self.bucket.is_full() || self.locals.values().map(|local| local.recent.bytes(now)).sum::<usize>() > BUSY_BYTES
    }

    /// Whether a new connection can be accepted: a session can carry it, or none will be able to soon.
    pub(super) fn can_accept(&self, now: Time) -> bool {
        let can = self.session.can_open(now) || self.extra.can_accept(now) || self.resets_new(now);
        can && now >= self.accept_after && self.extra.waiting.is_none()
    }

    /// Checks whether the target is about to end. New connections then go to another target; existing ones continue.
    pub(super) fn check_leaving(&mut self) {
        let leaving = self.target.as_ref().is_some_and(|target| self.gate.is_leaving(target));
        if leaving && !self.leaving {
            self.extra.retire();
        }
        self.leaving = leaving;
    }

    /// Whether new connections go to another target.
    pub(super) fn leads_elsewhere(&self) -> bool {
        self.leaving && matches!(self.served, Served::Port(_))
    }

    /// Assigns a new local connection to a session.
    pub(super) fn assign(&mut self, socket: Accepted, now: Time) {
        let own = self.session.can_open(now);
        if own && !self.is_busy(now) && !self.leads_elsewhere() {
            return self.accepted(socket, now);
        }
        let place = self.extra.place(now);
        match place {
            Place::Extra(at) => {
                if let Some(socket) = self.extra.pass(at, socket, now) {
                    self.accepted(socket, now);
                }
            }
            Place::New if own && matches!(self.served, Served::Port(_)) => {
                self.open_another(now);
                self.extra.waiting = Some(socket);
            }
            Place::New | Place::First if own || self.resets_new(now) => self.accepted(socket, now),
            // Another session is being opened, or the first one has lost its link in the meantime.
            Place::Opening | Place::New | Place::First => self.extra.waiting = Some(socket),
        }
    }

    /// Updates the state of the extra sessions, and assigns the waiting connection.
    pub(super) fn update_extra(&mut self, now: Time) {
        self.extra.settle(!self.locals.is_empty(), now);
        if let Some(socket) = self.extra.waiting.take() {
            self.assign(socket, now);
        }
    }

    /// Opens another session to the same target, or to another target if that one is about to end.
    fn open_another(&mut self, now: Time) {
        let target = self.target.clone().filter(|_| !self.leaving);
        if target.is_none() && !self.leaving {
            return;
        }
        let (sender, handed) = mpsc::channel(HANDED);
        let (stop, on_stop) = watch::channel(false);
        let (status, on_status) = watch::channel(Status::new());
        // Its changes are reported as part of the first session's status.
        let (changes, _) = broadcast::channel(1);
        let served = Served::Extra { handed, target };
        let (gate, options) = (self.gate.clone(), self.options.clone());
        let another = Actor::new(gate, options, served, Arc::default(), on_stop, status, changes);
        self.endings.spawn(another.run());
        self.extra.add(ExtraSession::new(sender, stop, on_status, now));
    }
}

#[cfg(test)]
#[path = "distribution_tests.rs"]
mod tests;
