//! The status of a tunnel.

use crate::supervisor::State;
use std::time::Duration;

/// The state of a tunnel, with its counters since it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The state of its first session.
    pub state: State,
    /// The last failure before it was ready for the first time, while it is tried again; or a fault in spite of which
    /// it is ready, when its state has no reason.
    pub failure: Option<String>,
    /// The hint on that, or on the failure in its state, where one is known.
    pub hint: Option<String>,
    /// The target in words, once one is known.
    pub target: Option<String>,
    /// The id of the session, once there is one.
    pub session_id: Option<String>,
    /// Sessions that are open: the one of `session_id`, and others for who connects while much goes through that.
    pub sessions: usize,
    /// Bytes from here to there.
    pub sent: u64,
    /// Bytes from there to here.
    pub received: u64,
    /// The smoothed time to the agent and back.
    pub round_trip: Option<Duration>,
    /// How often a lost link was replaced within a session, of all of them.
    pub resumes: u64,
    /// How often a session was lost with its connections.
    pub replacements: u64,
    /// Local connections that are open.
    pub open: usize,
    /// Local connections since the start.
    pub connections: u64,
    /// Connections that the far side refused.
    pub refused: u64,
    /// Local connections that are open, have sent something, and had no byte of an answer for 5 seconds.
    pub silent: usize,
    /// Messages whose digest did not fit.
    pub damaged: u64,
    /// Why a session could not be ended at AWS, where the end was refused or not answered: it goes on until it times out there.
    pub not_ended: Option<String>,
    /// Nothing more of a session is read, as a local program does not read what waits for it.
    pub waits_for_reader: bool,
    /// That is so for so long that it is told.
    pub(super) unread: bool,
    /// So much goes through that another session should carry who connects now.
    pub(super) busy: bool,
}

impl Status {
    /// Why it stands as it does, where there is a reason.
    pub fn reason(&self) -> Option<String> {
        self.state.reason().or_else(|| self.failure.clone())
    }

    pub(super) fn new() -> Self {
        Self {
            state: State::Resolving,
            failure: None,
            hint: None,
            target: None,
            session_id: None,
            sessions: 0,
            sent: 0,
            received: 0,
            round_trip: None,
            resumes: 0,
            replacements: 0,
            open: 0,
            connections: 0,
            refused: 0,
            silent: 0,
            damaged: 0,
            not_ended: None,
            waits_for_reader: false,
            unread: false,
            busy: false,
        }
    }
}
