//! Extra sessions besides the first one. All connections of a session share its pace, and one that is not read blocks
//! the others. New connections are therefore carried by an extra session to the same target while the first one is
//! busy. It is opened on demand and ends a while after its last connection. If the target is about to end, extra
//! sessions go to another target.

use super::listener::Accepted;
use super::status::Status;
use crate::supervisor::{Closed, Failure, State};
use crate::time::Time;
use futures_util::future::select_all;
use std::future::pending;
use std::mem::replace;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// The largest number of extra sessions that take connections.
const MOST: usize = 2;
/// How long a new connection waits for a session that is being opened; then the first one carries it.
const PATIENCE: Duration = Duration::from_secs(2);
/// The wait before another extra session is requested, after one could not be opened.
const AGAIN: Duration = Duration::from_mins(1);
/// How long a session without connections is kept.
const IDLE: Duration = Duration::from_mins(1);
/// The same once the first session goes to another target.
const IDLE_RETIRED: Duration = Duration::from_secs(1);
/// The number of connections that may be queued for one session.
pub(super) const HANDED: usize = 256;

/// The session that carries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The extra session with this index.
    Extra(usize),
    /// An extra session that will be ready in a moment.
    Opening,
    /// An extra session that has to be opened.
    New,
    /// The first session, because there is no other.
    First,
}

/// Changes of counters since they were last published.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CounterDeltas {
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) connections: u64,
    pub(super) refused: u64,
    /// Sessions that were lost with their connections.
    pub(super) lost: u64,
}

/// A handle to an extra session.
pub(super) struct ExtraSession {
    sender: mpsc::Sender<Accepted>,
    stop: watch::Sender<bool>,
    status: watch::Receiver<Status>,
    begun: Time,
    was_ready: bool,
    /// Whether it takes no new connections.
    retired: bool,
    /// When it last had a connection.
    used: Time,
    /// The status whose counters are already included in the totals.
    counted: Status,
}

/// All extra sessions.
#[derive(Default)]
pub(super) struct ExtraSessions {
    list: Vec<ExtraSession>,
    /// The connection that waits for an extra session to become ready. Others wait in the listener's queue.
    pub(super) waiting: Option<Accepted>,
    /// The reason why no extra session can be opened.
    failure: Option<Failure>,
    not_before: Time,
    /// How often an extra session resumed a lost link.
    pub(super) resumes: u64,
    /// The number of damaged messages received by extra sessions.
    pub(super) damaged: u64,
    pub(super) deltas: CounterDeltas,
    /// The reason why a session was lost with its connections, until it is published.
    lost: Option<String>,
}

impl ExtraSession {
    pub(super) fn new(
        sender: mpsc::Sender<Accepted>,
        stop: watch::Sender<bool>,
        status: watch::Receiver<Status>,
        now: Time,
    ) -> Self {
        let counted = status.borrow().clone();
        Self { sender, stop, status, begun: now, was_ready: false, retired: false, used: now, counted }
    }

    fn is_opening(&self) -> bool {
        !self.was_ready && !self.retired
    }
}

impl ExtraSessions {
    pub(super) fn add(&mut self, one: ExtraSession) {
        self.list.push(one);
    }

    /// The number of extra sessions that have become ready.
    pub(super) fn len(&self) -> usize {
        self.list.iter().filter(|one| one.was_ready).count()
    }

    /// The number of open local connections in them.
    pub(super) fn open(&self) -> usize {
        self.list.iter().map(|one| one.counted.open).sum()
    }

    /// Whether a local program does not read its waiting data.
    pub(super) fn waits_for_reader(&self) -> bool {
        self.list.iter().any(|one| one.counted.waits_for_reader)
    }

    /// Whether a local program has not read for so long that it is reported.
    pub(super) fn unread(&self) -> bool {
        self.list.iter().any(|one| one.counted.unread)
    }

    /// The number of connections that the far side does not answer.
    pub(super) fn silent(&self) -> usize {
        self.list.iter().map(|one| one.counted.silent).sum()
    }

    /// The reason why new connections have no extra session.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The state of the tunnel caused by an extra session while the first one is ready, with a hint: connections wait
    /// for a link, or were lost with their session (reported once).
    pub(super) fn state(&mut self) -> Option<(State, Option<String>)> {
        if let Some(why) = self.lost.take() {
            return Some((State::Replacing(why), None));
        }
        let mut used = self.list.iter().map(|one| &one.counted).filter(|status| status.open > 0);
        let waits = used.find(|status| matches!(status.state, State::Resuming(_)))?;
        Some((waits.state.clone(), waits.hint.clone()))
    }

    /// Chooses the session for a connection that the first one should not carry.
    pub(super) fn place(&self, now: Time) -> Place {
        let takes = |one: &ExtraSession| !one.retired && one.counted.state == State::Ready && !one.counted.busy;
        if let Some(at) = self.list.iter().position(takes) {
            return Place::Extra(at);
        }
        if self.list.iter().any(ExtraSession::is_opening) {
            return if self.wake().is_some_and(|late| now < late) { Place::Opening } else { Place::First };
        }
        // Retired sessions do not count: they end with their connections.
        let taking = self.list.iter().filter(|one| !one.retired).count();
        if taking < MOST && now >= self.not_before { Place::New } else { Place::First }
    }

    /// Whether an extra session can take a connection now.
    pub(super) fn can_accept(&self, now: Time) -> bool {
        matches!(self.place(now), Place::Extra(_))
    }

    /// The time until which connections wait for a session that is being opened.
    pub(super) fn wake(&self) -> Option<Time> {
        self.list.iter().filter(|one| one.is_opening()).map(|one| one.begun + PATIENCE).min()
    }

    /// Passes a connection to an extra session; returns it if that is impossible.
    pub(super) fn pass(&mut self, at: usize, socket: Accepted, now: Time) -> Option<Accepted> {
        let Some(one) = self.list.get_mut(at) else { return Some(socket) };
        one.used = now;
        one.sender.try_send(socket).err().map(|refused| match refused {
            mpsc::error::TrySendError::Full(socket) | mpsc::error::TrySendError::Closed(socket) => socket,
        })
    }

    /// The first session moves to another target or starts anew, so the extra sessions take no further connections.
    pub(super) fn retire(&mut self) {
        for one in &mut self.list {
            one.retired = true;
        }
    }

    /// Ends all extra sessions.
    pub(super) fn stop(&mut self) {
        if let Some(socket) = self.waiting.take() {
            socket.reset();
        }
        for one in &self.list {
            let _ = one.stop.send(true);
        }
    }

    /// Waits until the status of one of them changes.
    pub(super) async fn changed(&mut self) {
        if self.list.is_empty() {
            return pending().await;
        }
        let _ = select_all(self.list.iter_mut().map(|one| Box::pin(one.status.changed()))).await;
    }

    /// Updates the state of all extra sessions. `used`: whether the first session has connections.
    pub(super) fn settle(&mut self, used: bool, now: Time) {
        let mut list = std::mem::take(&mut self.list);
        list.retain_mut(|one| self.update(one, now));
        self.list = list;
        if !used && self.list.is_empty() && now >= self.not_before {
            self.failure = None;
        }
    }

    /// Updates the state of one session; returns whether it continues.
    fn update(&mut self, one: &mut ExtraSession, now: Time) -> bool {
        let status = one.status.borrow().clone();
        let before = replace(&mut one.counted, status);
        let (status, deltas) = (&one.counted, &mut self.deltas);
        deltas.sent += status.sent.saturating_sub(before.sent);
        deltas.received += status.received.saturating_sub(before.received);
        deltas.connections += status.connections.saturating_sub(before.connections);
        deltas.refused += status.refused.saturating_sub(before.refused);
        self.resumes += status.resumes.saturating_sub(before.resumes);
        self.damaged += status.damaged.saturating_sub(before.damaged);
        let why = match &status.state {
            State::Closed(Closed::Stopped) => return false,
            State::Closed(Closed::Ended(why)) => Failure::transient(why.clone()),
            State::Closed(Closed::Failed(failure)) => failure.clone(),
            // Its loop ended without a final status.
            _ if one.status.has_changed().is_err() => Failure::transient("an internal fault"),
            _ => return self.check_running(one, now),
        };
        if !one.was_ready {
            self.not_before = now + AGAIN;
            self.failure = Some(shared(&why));
        } else if before.open > 0 {
            self.deltas.lost += 1;
            self.lost = Some(format!("a session beside the first was lost with its connections: {why}"));
        }
        false
    }

    fn check_running(&mut self, one: &mut ExtraSession, now: Time) -> bool {
        if one.counted.state == State::Ready && !one.was_ready {
            one.was_ready = true;
            self.failure = None;
        }
        if one.is_opening() && now >= one.begun + PATIENCE {
            let why = one.counted.reason();
            let late = || format!("it was not ready in {} s", PATIENCE.as_secs());
            let failure = Failure::transient(why.unwrap_or_else(late));
            self.failure = Some(shared(&Failure { hint: one.counted.hint.clone(), ..failure }));
        }
        if one.counted.open > 0 {
            one.used = now;
        }
        let idle = if one.retired { IDLE_RETIRED } else { IDLE };
        if now.saturating_sub(one.used) >= idle {
            one.retired = true;
            let _ = one.stop.send(true);
        }
        true
    }
}

/// The failure shown to users while the tunnel itself is ready.
fn shared(why: &Failure) -> Failure {
    let message = format!("new connections share a busy session, as no other could be opened: {why}");
    Failure { message, ..why.clone() }
}

#[cfg(test)]
#[path = "extra_sessions_tests.rs"]
mod tests;
