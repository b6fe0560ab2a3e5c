//! The purpose of a session, its rate of sending, and its events.

use crate::smux::StreamId;
use bytes::Bytes;

/// The purpose of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Forwarding connections to a port.
    Port,
    /// A terminal or a command.
    Shell,
}

/// The rate at which data is sent. The service's own limits are not documented; the official clients send one message
/// of 1 KiB per millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendRate {
    /// Messages per second; 0 sends as fast as the link accepts them.
    pub per_second: u32,
    /// The number of messages that may be sent at once after a pause.
    pub burst: u32,
}

impl Default for SendRate {
    fn default() -> Self {
        Self { per_second: 1000, burst: 32 }
    }
}

/// An event of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The handshake is complete; input is accepted from now on.
    Ready {
        /// The agent's version, as it reported it.
        agent_version: String,
        /// Whether several connections can be open at the same time.
        multiplexed: bool,
    },
    /// Bytes for a local connection.
    Data(StreamId, Bytes),
    /// The far side ended the connection. `refused` means that it never existed, because the host and port could not
    /// be reached.
    Ended {
        /// The connection that ended.
        stream: StreamId,
        /// Whether the agent could not connect.
        refused: bool,
    },
    /// Bytes for the terminal.
    Output(Bytes),
    /// Bytes of stderr, if the agent separates them from stdout.
    Stderr(Bytes),
    /// The exit code of the command, if the agent reports it.
    Exit(i32),
    /// The service closed the session, with this reason.
    Closed(String),
    /// The session cannot continue because of invalid data from the agent.
    Broken(String),
}
