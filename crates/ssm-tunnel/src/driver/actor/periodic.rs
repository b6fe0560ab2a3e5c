//! Periodic work: deadlines, checks of the target and the link, and publishing the status.

use super::{
    ACTION_LIMIT, ALIVE, Actor, CHECK_INTERVAL, LINGER, LINGER_ALONE, PONG, PONG_AWAKE, QUIET, QUIET_BUSY, Served,
    UNANSWERED, UNREAD,
};
use crate::driver::gate::Gate;
use crate::driver::local::Key;
use crate::supervisor::{Failure, Input, SILENT, State};
use crate::time::Time;
use bytes::Bytes;
use std::time::SystemTime;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

/// The reason for replacing the session while its target still exists.
const LEFT: &str = "its target is about to end";
/// The hint shown if a local program does not read.
const UNREAD_HINT: &str = "let the program continue reading, or end it; meanwhile new connections use another session";
/// The hint shown if the far side does not answer.
const NO_ANSWER: &str = "packets may be dropped on the way: the security group of the far side must let the container or \
                         the instance in, and the host and the port must be right";

impl<G: Gate> Actor<G> {
    /// Runs due timers, and checks whether the target, the link and the local programs are still there.
    pub(super) fn run_checks(&mut self, now: Time) {
        self.next_checks = now + CHECK_INTERVAL;
        let suspended = self.awake.suspended(now, SystemTime::now());
        let actions = self.supervisor.tick(now);
        self.act(actions);
        self.session.tick(now);
        while self.connections.try_join_next().is_some() {}
        while self.writers.try_join_next().is_some() {}
        while let Some(ended) = self.endings.try_join_next() {
            self.record_failed_end(ended.ok().flatten());
        }
        self.linger(now);
        self.silent = self.unanswered(now);
        if matches!(self.supervisor.state(), State::Ready) {
            if self.check.is_none() && now >= self.next_check {
                let Some(target) = self.target.clone() else { return };
                let gate = self.gate.clone();
                self.check = Some(Box::pin(async move {
                    timeout(ACTION_LIMIT, gate.find_gone_reason(&target)).await.unwrap_or(None)
                }));
            }
            if self.leads_elsewhere() && self.locals.is_empty() {
                return self.handle(Input::TargetGone(LEFT.to_owned()), now);
            }
            self.check_link(suspended, now);
        }
    }

    /// Ends connections whose program has stopped sending, once nothing has arrived for them long enough. Only time
    /// in which data could arrive counts: not while there is no link, nor while reading is paused.
    fn linger(&mut self, now: Time) {
        if !matches!(self.supervisor.state(), State::Ready) || self.bucket.is_full() {
            return self.restart_waits(now);
        }
        let linger = if self.session.is_one_at_a_time() { LINGER_ALONE } else { LINGER };
        let gone: Vec<Key> = self
            .locals
            .iter()
            .filter(|(_, local)| local.eof.is_some_and(|since| now.saturating_sub(since) >= linger))
            .map(|(key, _)| *key)
            .collect();
        for key in gone {
            self.end(key, now);
        }
    }

    /// Restarts the waiting times of all connections: for programs that have stopped sending, and for missing answers.
    pub(super) fn restart_waits(&mut self, now: Time) {
        for local in self.locals.values_mut() {
            local.eof = local.eof.map(|_| now);
            local.unanswered = local.unanswered.map(|_| now);
        }
    }

    /// The number of connections that have waited too long for the first byte of an answer. Connections whose data
    /// the agent has not acknowledged do not count: then it is the agent that does not answer.
    fn unanswered(&self, now: Time) -> usize {
        let channel = self.session.channel();
        let has_it = |since: Time| channel.unacknowledged() == 0 || channel.last_received() >= since;
        let waits = |since: Time| now.saturating_sub(since) >= UNANSWERED && has_it(since);
        self.locals.values().filter(|local| local.eof.is_none() && local.unanswered.is_some_and(waits)).count()
    }

    fn check_link(&mut self, suspended: bool, now: Time) {
        if self.bucket.is_full() {
            // Reading is paused, so silence indicates nothing about the link.
            self.link_last_received = now;
            self.pinged = None;
            self.waiting_since = None;
            return;
        }
        let waits = self.session.channel().unacknowledged() > 0;
        self.waiting_since = if waits { self.waiting_since.or(Some(now)) } else { None };
        if let Some((at, limit)) = self.pinged {
            if now.saturating_sub(at) >= limit {
                self.handle(Input::Lost(format!("nothing came for {} s", limit.as_secs())), now);
            }
            return;
        }
        if self.waiting_since.is_some_and(|since| now.saturating_sub(since) >= SILENT) {
            return self.handle(Input::Silent, now);
        }
        // The service may answer for an agent that is gone. The probe is repeated while a connection is open, because
        // a session without traffic times out; a session without connections is left to time out.
        let due = self.probed.is_none_or(|probed| now.saturating_sub(probed) >= ALIVE);
        if due && now.saturating_sub(self.session.channel().last_received()) >= QUIET {
            self.probed = Some(now);
            self.session.probe(now);
        }
        let quiet = now.saturating_sub(self.link_last_received);
        if suspended || quiet >= QUIET || (waits && quiet >= QUIET_BUSY) {
            // If the queue is full, the result is the same: no answer arrives in time.
            let _ = self.writer.as_ref().map(|writer| writer.try_send(Message::Ping(Bytes::new())));
            self.pinged = Some((now, if suspended { PONG_AWAKE } else { PONG }));
        }
    }

    /// Publishes the status; each change of the state is also broadcast.
    pub(super) fn publish(&mut self, now: Time) {
        let mut state = self.supervisor.state().clone();
        let ready = state == State::Ready;
        self.not_ready = if ready { None } else { self.not_ready.or(Some(now)) };
        let silent = self.silent + self.extra.silent();
        let last = if ready { self.extra.failure() } else { self.supervisor.last_failure() }.cloned();
        let full = self.bucket.is_full();
        self.full_since = if full { self.full_since.or(Some(now)) } else { None };
        let unread = self.full_since.is_some_and(|since| now.saturating_sub(since) >= UNREAD) || self.extra.unread();
        let last = last.or_else(|| (ready && unread).then(not_read)).or_else(|| (ready && silent > 0).then(no_answer));
        let mut hint = last.as_ref().and_then(|failure| failure.hint.clone());
        let failure = last.filter(|_| matches!(state, State::Resolving | State::Ready)).map(|failure| failure.message);
        if ready && let Some((extra_state, what_to_do)) = self.extra.state() {
            (state, hint) = (extra_state, what_to_do.or(hint));
        }
        let deltas = std::mem::take(&mut self.extra.deltas);
        let channel = self.session.channel();
        let (round_trip, damaged) = (channel.round_trip(), self.session.damaged() + self.extra.damaged);
        let (open, resumes) = (self.locals.len() + self.extra.open(), self.supervisor.resumes() + self.extra.resumes);
        let sessions = usize::from(self.granted.is_some()) + self.extra.len();
        let full = full || self.extra.waits_for_reader();
        let busy = matches!(self.served, Served::Extra { .. }) && (self.leaving || self.is_busy(now));
        let mut changed = false;
        self.status.send_if_modified(|status| {
            changed = status.state != state || status.failure != failure;
            if changed {
                (status.state, status.failure, status.hint) = (state, failure, hint);
            }
            let before = (status.open, status.sessions, status.waits_for_reader, status.busy, status.silent);
            let other = (status.round_trip, status.resumes, status.damaged) != (round_trip, resumes, damaged)
                || before != (open, sessions, full, busy, silent)
                || deltas.connections + deltas.refused + deltas.lost > 0;
            status.round_trip = round_trip.or(status.round_trip);
            status.sent += deltas.sent;
            status.received += deltas.received;
            status.connections += deltas.connections;
            status.refused += deltas.refused;
            status.replacements += deltas.lost;
            (status.open, status.sessions, status.waits_for_reader, status.busy) = (open, sessions, full, busy);
            status.silent = silent;
            (status.resumes, status.damaged, status.unread) = (resumes, damaged, unread);
            changed || other
        });
        if changed {
            let _ = self.changes.send(self.status.borrow().clone());
        }
        if deltas.refused > 0 {
            self.publish_refusal(now);
        }
    }
}

/// The failure reported if the far side does not answer.
fn no_answer() -> Failure {
    let message = format!("the far side has not answered for {} s", UNANSWERED.as_secs());
    Failure { hint: Some(NO_ANSWER.to_owned()), ..Failure::transient(message) }
}

/// The failure reported if a local program does not read.
fn not_read() -> Failure {
    let message = format!("a local program has read nothing of the data waiting for it for {} s", UNREAD.as_secs());
    Failure { hint: Some(UNREAD_HINT.to_owned()), ..Failure::transient(message) }
}
