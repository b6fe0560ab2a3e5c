//! The supervisor of a session: a state machine without sockets and without a clock.
//!
//! ```text
//!            resolved            handshake complete
//! Resolving ─────────▶ Opening ─────────────────────▶ Ready ◀─────────┐
//!     ▲  ▲                │                             │ link lost   │ connected
//!     │  └──── failed ────┘                             ▼             │
//!     │                                             Resuming ─────────┘
//!     │        the session or its target is gone        │
//!     └───────────────── Replacing ◀────────────────────┘
//!
//! from each of them: stopped, or what no waiting helps against ──▶ Closed
//! ```

pub use crate::state::{Closed, Failure, FailureKind, State};
use crate::time::Time;
use std::time::Duration;

/// The time limit for the handshake, from the start of connecting. The agent itself waits 15 s.
const OPENING: Duration = Duration::from_secs(20);
/// An agent that acknowledges nothing for this long counts as silent. The first time, another link is tried; the
/// second time, another session. Sent data therefore waits for up to twice this long.
pub(crate) const SILENT: Duration = Duration::from_secs(10);
/// A tunnel that was never ready gives up after this long.
const FIRST_READY: Duration = Duration::from_secs(90);
/// The wait after the first failure, and the longest wait.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));
/// A link that lasted this long counts as good, whether or not anything was sent over it.
const GOOD: Duration = Duration::from_mins(2);
/// The number of refused resumptions after which a session counts as gone.
const REFUSALS: u32 = 3;
/// The hint shown if the WebSocket cannot be connected.
const NO_LINK: &str = "the network, a proxy (HTTPS_PROXY) or a firewall is in the way: this machine has to reach port 443 of \
                       ssmmessages in the region of the session";
/// The hint shown if the WebSocket is connected but the agent does not answer.
const NO_AGENT: &str = "its role needs ssmmessages:CreateDataChannel and ssmmessages:OpenDataChannel, and its network a way to \
                        ssmmessages";

/// An event that the supervisor reacts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The target was found.
    Resolved,
    /// AWS has opened the session.
    Started,
    /// AWS allows the session to be resumed.
    Granted,
    /// The WebSocket is connected and the opening message was sent.
    Connected {
        /// Whether earlier messages are unacknowledged. Only their acknowledgement shows that the agent is there.
        unacknowledged: bool,
    },
    /// The handshake is complete.
    HandshakeComplete,
    /// Data or an acknowledgement arrived from the agent.
    MessageReceived,
    /// The last action failed.
    Failed(Failure),
    /// The link broke.
    Lost(String),
    /// The link is up, but the agent has acknowledged nothing for ten seconds.
    Silent,
    /// The service or the agent ended the session, with this reason.
    Over(String),
    /// The target no longer exists.
    TargetGone(String),
    /// The user of the tunnel requested its end.
    Stop,
}

/// An action that the driver has to perform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look up the target.
    Resolve,
    /// Open a session with AWS.
    Start,
    /// Request that AWS resume the session, with fresh credentials.
    Resume,
    /// Connect the WebSocket and send the opening message.
    Connect,
    /// Drop the link and any pending action.
    Disconnect,
    /// Send all unacknowledged messages again.
    ResendAll,
    /// Reset all local connections and discard the session.
    DiscardSession,
    /// End the session with AWS.
    Terminate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Resolve,
    Start,
    Resume,
    Connect,
}

/// The state machine of a session: it decides when a link is resumed, when a session is replaced, and when to give up.
#[derive(Debug)]
pub struct Supervisor {
    state: State,
    /// Whether a lost session is replaced by another.
    replaces: bool,
    /// The time of the first attempt to become ready.
    since: Option<Time>,
    was_ready: bool,
    in_session: bool,
    failures: u32,
    refusals: u32,
    silent_links: u32,
    /// How often the agent was silent since its last message.
    silences: u32,
    /// Whether the WebSocket is connected.
    connected: bool,
    /// The time at which the current link was established.
    linked: Time,
    step: Step,
    retry: Option<(Time, Step)>,
    deadline: Option<Time>,
    resumes: u64,
    last_failure: Option<Failure>,
}

impl Supervisor {
    /// Creates a supervisor. `replaces` is whether a lost session is replaced by another, as for a forwarded port,
    /// or is over, as for a shell.
    pub fn new(replaces: bool) -> Self {
        Self {
            state: State::Resolving,
            replaces,
            since: None,
            was_ready: false,
            in_session: false,
            failures: 0,
            refusals: 0,
            silent_links: 0,
            silences: 0,
            connected: false,
            linked: Time::ZERO,
            step: Step::Resolve,
            retry: None,
            deadline: None,
            resumes: 0,
            last_failure: None,
        }
    }

    /// Starts with the first action.
    pub fn start(&mut self, now: Time) -> Vec<Action> {
        self.since = Some(now);
        vec![Action::Resolve]
    }

    /// The state of the session, for its user.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How often a lost link was replaced by another one of the same session.
    pub fn resumes(&self) -> u64 {
        self.resumes
    }

    /// The failure after which an action is being retried.
    pub fn last_failure(&self) -> Option<&Failure> {
        self.last_failure.as_ref()
    }

    /// The time of the next work for [`Supervisor::tick`].
    pub fn wake(&self) -> Option<Time> {
        [self.retry.map(|(at, _)| at), self.deadline].into_iter().flatten().min()
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Closed(_))
    }

    /// Processes an event; returns the resulting actions in order.
    pub fn handle(&mut self, input: Input, now: Time) -> Vec<Action> {
        if self.is_over() {
            return Vec::new();
        }
        match input {
            Input::Resolved => {
                self.step = Step::Start;
                if !matches!(self.state, State::Replacing(_)) {
                    self.state = State::Opening;
                }
                vec![Action::Start]
            }
            Input::Started => {
                self.in_session = true;
                self.connect(now)
            }
            Input::Granted => self.connect(now),
            Input::Connected { unacknowledged } => self.connected(unacknowledged, now),
            Input::HandshakeComplete => {
                self.was_ready = true;
                self.ready(now);
                self.reset_failures();
                Vec::new()
            }
            Input::MessageReceived => {
                if matches!(self.state, State::Resuming(_)) && self.connected {
                    self.resumed(now);
                }
                if matches!(self.state, State::Ready) {
                    self.reset_failures();
                }
                Vec::new()
            }
            Input::Failed(failure) => self.failed(failure, now),
            Input::Lost(why) => self.lost(why, now),
            Input::Silent if matches!(self.state, State::Ready) => self.silent(now),
            Input::Silent => Vec::new(),
            Input::Over(why) if self.replaces || !self.was_ready => {
                let why = if why.is_empty() { "the session was ended".to_owned() } else { why };
                match (self.replaces, self.was_ready) {
                    (true, true) => self.replace(why, now),
                    (true, false) => self.failed(Failure::new(FailureKind::Gone, why), now),
                    // The command of this shell was never started.
                    (false, _) => self.close(Closed::Failed(Failure::new(FailureKind::Gone, why))),
                }
            }
            Input::Over(why) => self.close(Closed::Ended(why)),
            Input::TargetGone(why) => self.replace(why, now),
            Input::Stop => self.close(Closed::Stopped),
        }
    }

    fn reset_failures(&mut self) {
        self.failures = 0;
        self.refusals = 0;
        self.silent_links = 0;
        self.silences = 0;
        self.last_failure = None;
    }

    fn ready(&mut self, now: Time) {
        self.deadline = None;
        self.linked = now;
        self.state = State::Ready;
    }

    fn resumed(&mut self, now: Time) {
        self.resumes += 1;
        self.ready(now);
    }

    /// A link alone does not prove that the agent is there: if messages are unacknowledged, only an acknowledgement does.
    fn connected(&mut self, unacknowledged: bool, now: Time) -> Vec<Action> {
        self.connected = true;
        if !matches!(self.state, State::Resuming(_)) {
            return Vec::new();
        }
        if unacknowledged {
            self.linked = now;
            self.deadline = Some(now + SILENT);
        } else {
            self.resumed(now);
        }
        vec![Action::ResendAll]
    }

    fn silent(&mut self, now: Time) -> Vec<Action> {
        let why = "the agent does not answer".to_owned();
        self.deadline = None;
        self.connected = false;
        self.silences += 1;
        if self.silences > 1 {
            return self.replace(why, now);
        }
        self.state = State::Resuming(why);
        self.step = Step::Resume;
        vec![Action::Disconnect, Action::Resume]
    }

    fn connect(&mut self, now: Time) -> Vec<Action> {
        self.connected = false;
        self.step = Step::Connect;
        self.deadline = Some(now + OPENING);
        vec![Action::Connect]
    }

    fn lost(&mut self, why: String, now: Time) -> Vec<Action> {
        match self.state {
            State::Resuming(_) if !self.connected => self.failed(Failure::transient(why), now),
            State::Ready | State::Resuming(_) => {
                self.connected = false;
                self.deadline = None;
                if now.saturating_sub(self.linked) >= GOOD {
                    self.reset_failures();
                }
                // One link without any answer proves nothing about the session; several in a row do.
                self.silent_links += 1;
                if self.silent_links > REFUSALS {
                    return self.replace(why, now);
                }
                self.state = State::Resuming(why);
                self.step = Step::Resume;
                if self.silent_links > 1 {
                    self.retry_later(Step::Resume, now);
                    return vec![Action::Disconnect];
                }
                vec![Action::Disconnect, Action::Resume]
            }
            _ => self.failed(Failure::transient(why), now),
        }
    }

    fn failed(&mut self, failure: Failure, now: Time) -> Vec<Action> {
        self.deadline = None;
        self.connected = false;
        self.failures = self.failures.saturating_add(1);
        self.last_failure = Some(failure.clone());
        if failure.kind == FailureKind::Forbidden {
            return self.close(Closed::Failed(failure));
        }
        if matches!(self.state, State::Resuming(_)) {
            if failure.kind == FailureKind::Refused {
                self.refusals += 1;
            }
            if failure.kind == FailureKind::Gone || self.refusals >= REFUSALS {
                return self.replace(failure.message, now);
            }
            self.state = State::Resuming(failure.message);
            self.retry_later(Step::Resume, now);
            return vec![Action::Disconnect];
        }
        let timed_out = self.since.is_some_and(|since| now.saturating_sub(since) >= FIRST_READY);
        let permanent = failure.kind != FailureKind::Transient && failure.kind != FailureKind::Gone;
        if !self.was_ready && (timed_out || permanent) {
            return self.close(Closed::Failed(failure));
        }
        let mut actions = vec![Action::Disconnect];
        actions.extend(self.end_session());
        if self.was_ready {
            self.state = State::Replacing(failure.message);
        } else {
            self.state = State::Resolving;
        }
        self.retry_later(Step::Resolve, now);
        actions
    }

    /// Ends the session that AWS opened, so that it is not left behind.
    fn end_session(&mut self) -> Vec<Action> {
        if std::mem::take(&mut self.in_session) { vec![Action::Terminate, Action::DiscardSession] } else { Vec::new() }
    }

    fn replace(&mut self, why: String, now: Time) -> Vec<Action> {
        self.deadline = None;
        self.retry = None;
        if !self.replaces {
            return self.close(Closed::Failed(Failure::new(FailureKind::Gone, why)));
        }
        let mut actions = vec![Action::Disconnect];
        actions.extend(self.end_session());
        self.state = State::Replacing(why);
        self.refusals = 0;
        self.silent_links = 0;
        self.silences = 0;
        if self.failures > 0 {
            self.retry_later(Step::Resolve, now);
        } else {
            self.step = Step::Resolve;
            self.failures = 1;
            actions.push(Action::Resolve);
        }
        actions
    }

    fn close(&mut self, why: Closed) -> Vec<Action> {
        self.retry = None;
        self.deadline = None;
        let mut actions = vec![Action::Disconnect];
        actions.extend(self.end_session());
        self.state = State::Closed(why);
        actions
    }

    fn retry_later(&mut self, step: Step, now: Time) {
        let (first, longest) = BACKOFF;
        let wait = (first * 2u32.saturating_pow(self.failures.saturating_sub(1).min(10))).min(longest);
        self.step = step;
        self.retry = Some((now + wait, step));
    }

    /// Checks deadlines and due retries; returns the resulting actions.
    pub fn tick(&mut self, now: Time) -> Vec<Action> {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.deadline = None;
            let (why, hint) = match (&self.state, self.connected) {
                (State::Resuming(_), true) => return self.silent(now),
                (_, true) => ("the agent did not answer in 20 s", NO_AGENT),
                (_, false) => ("there is no connection with ssmmessages after 20 s", NO_LINK),
            };
            return self.failed(Failure { hint: Some(hint.to_owned()), ..Failure::transient(why) }, now);
        }
        match self.retry {
            Some((at, step)) if at <= now => {
                self.retry = None;
                vec![match step {
                    Step::Resolve => Action::Resolve,
                    Step::Start => Action::Start,
                    Step::Resume => Action::Resume,
                    Step::Connect => Action::Connect,
                }]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
#[path = "supervisor_tests.rs"]
mod tests;
