//! The effects of time: deadlines, whether target and programs are still there, and the status.

use super::{
    ALIVE, ASKING, Actor, LINGER, LINGER_ALONE, LOOK, PONG, PONG_AWAKE, QUIET, QUIET_BUSY, Served, UNANSWERED, UNREAD,
};
use crate::driver::gate::Gate;
use crate::driver::local::Key;
use crate::supervisor::{Failure, Input, SILENT, State};
use crate::time::Time;
use bytes::Bytes;
use std::time::SystemTime;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

/// Why another target is looked for while the one before is still there.
const LEFT: &str = "what it went through is about to end";
/// The hint where a local program does not read.
const UNREAD_HINT: &str = "let it read on, or end it; who connects meanwhile is carried by another session";
/// The hint where the far side does not answer.
const NO_ANSWER: &str = "what is sent may be dropped on the way: the security group of the far side must let the container or \
                         the instance in, and the host and the port must be right";

impl<G: Gate> Actor<G> {
    /// Checks due timers, and whether target and local programs are still there.
    pub(super) fn look(&mut self, now: Time) {
        self.next_look = now + LOOK;
        let stood = self.awake.stood(now, SystemTime::now());
        let actions = self.supervisor.tick(now);
        self.act(actions);
        self.session.tick(now);
        while self.connections.try_join_next().is_some() {}
        while self.writers.try_join_next().is_some() {}
        while let Some(ended) = self.endings.try_join_next() {
            self.has_ended(ended.ok().flatten());
        }
        self.linger(now);
        self.silent = self.unanswered(now);
        if matches!(self.supervisor.state(), State::Ready) {
            if self.check.is_none() && now >= self.next_check {
                let Some(target) = self.target.clone() else { return };
                let gate = self.gate.clone();
                self.check = Some(Box::pin(async move { timeout(ASKING, gate.gone(&target)).await.unwrap_or(None) }));
            }
            if self.leads_elsewhere() && self.locals.is_empty() {
                return self.handle(Input::TargetGone(LEFT.to_owned()), now);
            }
            self.is_it_there(stood, now);
        }
    }

    /// Ends connections whose program sends nothing more, once nothing came for it long enough. Only time in which
    /// something could come counts: not while there is no link, nor while nothing is read from it.
    fn linger(&mut self, now: Time) {
        if !matches!(self.supervisor.state(), State::Ready) || self.bucket.is_full() {
            return self.linger_anew(now);
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

    /// Programs that send nothing more are waited for as if they had just said so, and answers as if they were due from now on.
    pub(super) fn linger_anew(&mut self, now: Time) {
        for local in self.locals.values_mut() {
            local.eof = local.eof.map(|_| now);
            local.unanswered = local.unanswered.map(|_| now);
        }
    }

    /// How many connections wait for the first byte of an answer for too long. While the agent has not said that it has what
    /// they sent, it is the agent that does not answer.
    fn unanswered(&self, now: Time) -> usize {
        let channel = self.session.channel();
        let has_it = |since: Time| channel.unacknowledged() == 0 || channel.heard() >= since;
        let waits = |since: Time| now.saturating_sub(since) >= UNANSWERED && has_it(since);
        self.locals.values().filter(|local| local.eof.is_none() && local.unanswered.is_some_and(waits)).count()
    }

    fn is_it_there(&mut self, stood: bool, now: Time) {
        if self.bucket.is_full() {
            // Nothing is read: that nothing comes says nothing.
            self.link_heard = now;
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
        // The service may answer for an agent that is gone. Asked again while a connection is open, as a session that says
        // nothing times out; one that nobody uses is left to that.
        let due = self.probed.is_none_or(|probed| now.saturating_sub(probed) >= ALIVE);
        if due && now.saturating_sub(self.session.channel().heard()) >= QUIET {
            self.probed = Some(now);
            self.session.probe(now);
        }
        let quiet = now.saturating_sub(self.link_heard);
        if stood || quiet >= QUIET || (waits && quiet >= QUIET_BUSY) {
            // A full queue has the same end: nothing comes.
            let _ = self.writer.as_ref().map(|writer| writer.try_send(Message::Ping(Bytes::new())));
            self.pinged = Some((now, if stood { PONG_AWAKE } else { PONG }));
        }
    }

    /// Publishes how it stands; changes of the state one by one.
    pub(super) fn tell(&mut self, now: Time) {
        let mut state = self.supervisor.state().clone();
        let ready = state == State::Ready;
        self.not_ready = if ready { None } else { self.not_ready.or(Some(now)) };
        let silent = self.silent + self.further.silent();
        let last = if ready { self.further.failure() } else { self.supervisor.last_failure() }.cloned();
        let full = self.bucket.is_full();
        self.full_since = if full { self.full_since.or(Some(now)) } else { None };
        let unread = self.full_since.is_some_and(|since| now.saturating_sub(since) >= UNREAD) || self.further.unread();
        let last = last.or_else(|| (ready && unread).then(not_read)).or_else(|| (ready && silent > 0).then(no_answer));
        let mut hint = last.as_ref().and_then(|failure| failure.hint.clone());
        let failure = last.filter(|_| matches!(state, State::Resolving | State::Ready)).map(|failure| failure.message);
        if ready && let Some((theirs, what_to_do)) = self.further.state() {
            (state, hint) = (theirs, what_to_do.or(hint));
        }
        let fresh = std::mem::take(&mut self.further.fresh);
        let channel = self.session.channel();
        let (round_trip, damaged) = (channel.round_trip(), self.session.damaged() + self.further.damaged);
        let (open, resumes) =
            (self.locals.len() + self.further.open(), self.supervisor.resumes() + self.further.resumes);
        let sessions = usize::from(self.granted.is_some()) + self.further.len();
        let full = full || self.further.waits_for_reader();
        let busy = matches!(self.served, Served::Beside { .. }) && (self.leaving || self.is_busy(now));
        let mut changed = false;
        self.status.send_if_modified(|status| {
            changed = status.state != state || status.failure != failure;
            if changed {
                (status.state, status.failure, status.hint) = (state, failure, hint);
            }
            let before = (status.open, status.sessions, status.waits_for_reader, status.busy, status.silent);
            let other = (status.round_trip, status.resumes, status.damaged) != (round_trip, resumes, damaged)
                || before != (open, sessions, full, busy, silent)
                || fresh.connections + fresh.refused + fresh.lost > 0;
            status.round_trip = round_trip.or(status.round_trip);
            status.sent += fresh.sent;
            status.received += fresh.received;
            status.connections += fresh.connections;
            status.refused += fresh.refused;
            status.replacements += fresh.lost;
            (status.open, status.sessions, status.waits_for_reader, status.busy) = (open, sessions, full, busy);
            status.silent = silent;
            (status.resumes, status.damaged, status.unread) = (resumes, damaged, unread);
            changed || other
        });
        if changed {
            let _ = self.changes.send(self.status.borrow().clone());
        }
        if fresh.refused > 0 {
            self.tell_refusal(now);
        }
    }
}

/// The failure that the far side does not answer.
fn no_answer() -> Failure {
    let message = format!("the far side has not answered for {} s", UNANSWERED.as_secs());
    Failure { hint: Some(NO_ANSWER.to_owned()), ..Failure::transient(message) }
}

/// The failure that a local program does not read.
fn not_read() -> Failure {
    let message = format!("a local program has read nothing of what came for it for {} s", UNREAD.as_secs());
    Failure { hint: Some(UNREAD_HINT.to_owned()), ..Failure::transient(message) }
}
