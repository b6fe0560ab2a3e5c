//! The use of a session, its rate of sending, and its events.

use crate::smux::StreamId;
use bytes::Bytes;

/// The use of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Connections to a port.
    Port,
    /// A terminal or a command.
    Shell,
}

/// How fast data is sent: the service's own limits are not documented, and the official clients send a message of 1 KiB
/// a millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendRate {
    /// Messages a second; 0 is as fast as the link takes them.
    pub per_second: u32,
    /// As many may go at once after a pause.
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
    /// The handshake is complete: from now on input counts.
    Ready {
        /// The version of the agent, as it says.
        agent_version: String,
        /// Whether there can be several connections at once.
        multiplexed: bool,
    },
    /// Bytes for a local connection.
    Data(StreamId, Bytes),
    /// The far side ended the connection; `refused` if there never was one, as the host and port could not be reached.
    Ended {
        /// The connection that ended.
        stream: StreamId,
        /// Whether the agent could not connect.
        refused: bool,
    },
    /// Bytes for the terminal.
    Output(Bytes),
    /// Bytes of stderr, where the agent tells them apart.
    Stderr(Bytes),
    /// The exit code of the command, where the agent tells it.
    Exit(i32),
    /// The session is over: the service said so.
    Closed(String),
    /// The session cannot go on, because of what the agent sent.
    Broken(String),
}
