//! The status of a tunnel.

use crate::supervisor::State;
use std::time::Duration;

/// The state of a tunnel, with its counters since it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The state of its first session.
    pub state: State,
    /// The last failure while the tunnel retries before it is ready for the first time; or a problem in spite of
    /// which it is ready, when its state has no reason.
    pub failure: Option<String>,
    /// A hint on that failure, or on the failure in the state, if one is known.
    pub hint: Option<String>,
    /// The description of the target, once it is known.
    pub target: Option<String>,
    /// The id of the session, once there is one.
    pub session_id: Option<String>,
    /// The number of open sessions: the one of `session_id`, and extra ones for connections made while that one is busy.
    pub sessions: usize,
    /// Bytes sent to the far side.
    pub sent: u64,
    /// Bytes received from the far side.
    pub received: u64,
    /// The smoothed round-trip time to the agent.
    pub round_trip: Option<Duration>,
    /// How often a lost link was replaced within a session, over all sessions.
    pub resumes: u64,
    /// How often a session was lost with its connections.
    pub replacements: u64,
    /// The number of open local connections.
    pub open: usize,
    /// The number of local connections since the start.
    pub connections: u64,
    /// The number of connections that the far side refused.
    pub refused: u64,
    /// The number of open local connections that have sent data and received no byte of an answer for 5 seconds.
    pub silent: usize,
    /// The number of messages whose digest did not match.
    pub damaged: u64,
    /// Why a session could not be ended with AWS (refused or not answered); it continues there until it times out.
    pub not_ended: Option<String>,
    /// Reading from a session is paused, because a local program does not read its waiting data.
    pub waits_for_reader: bool,
    /// Whether that has lasted so long that it is reported.
    pub(super) unread: bool,
    /// Whether the traffic is so high that another session should carry new connections.
    pub(super) busy: bool,
}

impl Status {
    /// The reason for the state, if there is one.
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
