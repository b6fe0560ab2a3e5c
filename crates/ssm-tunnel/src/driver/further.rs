//! The sessions beside the first. All connections of a session share its pace, and one that is not read stops the others:
//! who connects while much goes through the first is carried by another, to the same target. It is opened when somebody
//! connects and not before, and ends a while after its last connection. Where the target is about to end, it is to another one.

use super::listener::Accepted;
use super::status::Status;
use crate::supervisor::{Closed, Failure, State};
use crate::time::Time;
use futures_util::future::select_all;
use std::future::pending;
use std::mem::replace;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// The most additional sessions.
const MOST: usize = 2;
/// A new connection waits this long for a session that is being opened; then the first one carries it.
const PATIENCE: Duration = Duration::from_secs(2);
/// The wait before another session is asked for, after one could not be opened.
const AGAIN: Duration = Duration::from_mins(1);
/// A session without connections is kept for this long.
const IDLE: Duration = Duration::from_mins(1);
/// The same once the first leads elsewhere.
const IDLE_RETIRED: Duration = Duration::from_secs(1);
/// As many connections may be on their way to one.
pub(super) const HANDED: usize = 256;

/// Which session carries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The one of this number in the list.
    Beside(usize),
    /// One that will be ready in a moment.
    Soon,
    /// One that is to be opened.
    Another,
    /// The first: there is no other.
    First,
}

/// Counts since they were last told.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fresh {
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) connections: u64,
    pub(super) refused: u64,
    /// Those that were lost with their connections.
    pub(super) lost: u64,
}

/// A session beside the first, as this side holds it.
pub(super) struct One {
    hand: mpsc::Sender<Accepted>,
    stop: watch::Sender<bool>,
    status: watch::Receiver<Status>,
    begun: Time,
    was_ready: bool,
    /// It takes no new connections.
    retired: bool,
    /// When it last had a connection.
    used: Time,
    /// The part of its counters that was added to the total.
    counted: Status,
}

/// All sessions beside the first.
#[derive(Default)]
pub(super) struct Further {
    list: Vec<One>,
    /// The connection that waits for one to be ready. Others wait where they are not accepted yet.
    pub(super) waiting: Option<Accepted>,
    /// The reason why no further session can be opened.
    failure: Option<Failure>,
    not_before: Time,
    /// How often a lost link of theirs was made again.
    pub(super) resumes: u64,
    /// How many messages to them were damaged.
    pub(super) damaged: u64,
    pub(super) fresh: Fresh,
    /// Why one was lost with its connections, until it was told.
    lost: Option<String>,
}

impl One {
    pub(super) fn new(
        hand: mpsc::Sender<Accepted>,
        stop: watch::Sender<bool>,
        status: watch::Receiver<Status>,
        now: Time,
    ) -> Self {
        let counted = status.borrow().clone();
        Self { hand, stop, status, begun: now, was_ready: false, retired: false, used: now, counted }
    }

    fn is_opening(&self) -> bool {
        !self.was_ready && !self.retired
    }
}

impl Further {
    pub(super) fn add(&mut self, one: One) {
        self.list.push(one);
    }

    /// How many sessions there are.
    pub(super) fn len(&self) -> usize {
        self.list.iter().filter(|one| one.was_ready).count()
    }

    /// Local connections that are open in them.
    pub(super) fn open(&self) -> usize {
        self.list.iter().map(|one| one.counted.open).sum()
    }

    /// Whether a local program does not read what waits for it.
    pub(super) fn waits_for_reader(&self) -> bool {
        self.list.iter().any(|one| one.counted.waits_for_reader)
    }

    /// Whether one has not for so long that it is told.
    pub(super) fn unread(&self) -> bool {
        self.list.iter().any(|one| one.counted.unread)
    }

    /// Connections that nobody answers.
    pub(super) fn silent(&self) -> usize {
        self.list.iter().map(|one| one.counted.silent).sum()
    }

    /// Why there is none for those who connect.
    pub(super) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// How the tunnel stands because of them, if the first is ready: connections wait for a link, or were lost with their
    /// session (that is told once). With what to do.
    pub(super) fn state(&mut self) -> Option<(State, Option<String>)> {
        if let Some(why) = self.lost.take() {
            return Some((State::Replacing(why), None));
        }
        let mut used = self.list.iter().map(|one| &one.counted).filter(|status| status.open > 0);
        let waits = used.find(|status| matches!(status.state, State::Resuming(_)))?;
        Some((waits.state.clone(), waits.hint.clone()))
    }

    /// Which one carries a connection that the first should not.
    pub(super) fn place(&self, now: Time) -> Place {
        let takes = |one: &One| !one.retired && one.counted.state == State::Ready && !one.counted.busy;
        if let Some(at) = self.list.iter().position(takes) {
            return Place::Beside(at);
        }
        if self.list.iter().any(One::is_opening) {
            return if self.wake().is_some_and(|late| now < late) { Place::Soon } else { Place::First };
        }
        // Those that take nobody end with their connections.
        let taking = self.list.iter().filter(|one| !one.retired).count();
        if taking < MOST && now >= self.not_before { Place::Another } else { Place::First }
    }

    /// Whether one takes a connection now.
    pub(super) fn takes(&self, now: Time) -> bool {
        matches!(self.place(now), Place::Beside(_))
    }

    /// The time until which one that is being opened is waited for.
    pub(super) fn wake(&self) -> Option<Time> {
        self.list.iter().filter(|one| one.is_opening()).map(|one| one.begun + PATIENCE).min()
    }

    /// Hands a connection over; back where it cannot be taken.
    pub(super) fn hand(&mut self, at: usize, socket: Accepted, now: Time) -> Option<Accepted> {
        let Some(one) = self.list.get_mut(at) else { return Some(socket) };
        one.used = now;
        one.hand.try_send(socket).err().map(|refused| match refused {
            mpsc::error::TrySendError::Full(socket) | mpsc::error::TrySendError::Closed(socket) => socket,
        })
    }

    /// The first leads to another target, or to the same anew: they take no connections any more.
    pub(super) fn retire(&mut self) {
        for one in &mut self.list {
            one.retired = true;
        }
    }

    /// Ends all of them.
    pub(super) fn stop(&mut self) {
        if let Some(socket) = self.waiting.take() {
            socket.reset();
        }
        for one in &self.list {
            let _ = one.stop.send(true);
        }
    }

    /// Waits until the state of one of them changes.
    pub(super) async fn changed(&mut self) {
        if self.list.is_empty() {
            return pending().await;
        }
        let _ = select_all(self.list.iter_mut().map(|one| Box::pin(one.status.changed()))).await;
    }

    /// Takes in how they stand. `used`: whether the first has connections.
    pub(super) fn settle(&mut self, used: bool, now: Time) {
        let mut list = std::mem::take(&mut self.list);
        list.retain_mut(|one| self.stands(one, now));
        self.list = list;
        if !used && self.list.is_empty() && now >= self.not_before {
            self.failure = None;
        }
    }

    /// Takes in how one stands; whether it goes on.
    fn stands(&mut self, one: &mut One, now: Time) -> bool {
        let status = one.status.borrow().clone();
        let before = replace(&mut one.counted, status);
        let (status, fresh) = (&one.counted, &mut self.fresh);
        fresh.sent += status.sent.saturating_sub(before.sent);
        fresh.received += status.received.saturating_sub(before.received);
        fresh.connections += status.connections.saturating_sub(before.connections);
        fresh.refused += status.refused.saturating_sub(before.refused);
        self.resumes += status.resumes.saturating_sub(before.resumes);
        self.damaged += status.damaged.saturating_sub(before.damaged);
        let why = match &status.state {
            State::Closed(Closed::Stopped) => return false,
            State::Closed(Closed::Ended(why)) => Failure::transient(why.clone()),
            State::Closed(Closed::Failed(failure)) => failure.clone(),
            // Its loop is gone, and could not say so.
            _ if one.status.has_changed().is_err() => Failure::transient("an internal fault"),
            _ => return self.goes_on(one, now),
        };
        if !one.was_ready {
            self.not_before = now + AGAIN;
            self.failure = Some(shared(&why));
        } else if before.open > 0 {
            self.fresh.lost += 1;
            self.lost = Some(format!("a session beside the first was lost with its connections: {why}"));
        }
        false
    }

    fn goes_on(&mut self, one: &mut One, now: Time) -> bool {
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

/// The failure in words for who looks at the tunnel, which is ready.
fn shared(why: &Failure) -> Failure {
    let message = format!("who connects shares a session with others, as no other could be opened: {why}");
    Failure { message, ..why.clone() }
}

#[cfg(test)]
#[path = "further_tests.rs"]
mod tests;
