//! The state of a tunnel.

use crate::Health;
use serde_json::{Value, json};
use std::time::Duration;

/// The phase of a tunnel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// The container is being selected.
    #[default]
    Resolving,
    /// The session is being opened, and the agent is not ready yet.
    Opening,
    /// Connections are forwarded.
    Ready,
    /// The link was lost; the session resumes once there is a new one.
    Resuming,
    /// The session was lost with its connections; another one is being opened.
    Replacing,
    /// It was closed on request.
    Closed,
    /// It ended with an error.
    Failed,
}

impl Phase {
    /// Returns the word for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolving => "resolving",
            Self::Opening => "opening",
            Self::Ready => "ready",
            Self::Resuming => "resuming",
            Self::Replacing => "replacing",
            Self::Closed | Self::Failed => "closed",
        }
    }

    /// Returns the health, for sign and colour.
    pub fn health(self) -> Health {
        match self {
            Self::Resolving | Self::Opening | Self::Resuming | Self::Replacing => Health::Changing,
            Self::Ready => Health::Healthy,
            Self::Closed => Health::Stopped,
            Self::Failed => Health::Down,
        }
    }

    /// Whether it has ended.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Failed)
    }
}

/// The status of a tunnel, with its counters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TunnelStatus {
    pub phase: Phase,
    /// The reason, if any.
    pub reason: Option<String>,
    /// The hint, if any.
    pub hint: Option<String>,
    /// The service or instance that it goes through, once known.
    pub through: Option<String>,
    /// The AWS session id, once there is one.
    pub session: Option<String>,
    /// Number of open sessions; additional ones take new connections while the first is busy.
    pub sessions: usize,
    /// Bytes sent to the far end.
    pub sent: u64,
    /// Bytes received from the far end.
    pub received: u64,
    /// The round-trip time to the agent, once measured.
    pub round_trip: Option<Duration>,
    /// Number of times that a lost link was resumed without losing data.
    pub resumes: u64,
    /// Number of times that a session was lost together with its connections.
    pub replacements: u64,
    /// Number of open local connections.
    pub open: usize,
    /// Number of local connections since the start.
    pub connections: u64,
    /// Number of connections that the far end refused.
    pub refused: u64,
    /// Whether reading is paused because a local program does not read its data.
    pub waits_for_reader: bool,
    /// The reason why a session could not be terminated at AWS, if one could not.
    pub termination_failure: Option<String>,
}

impl TunnelStatus {
    /// Returns the fields for the audit file.
    pub fn audit_fields(&self, to: &str, local: Option<&str>) -> Value {
        let mut facts = json!({
            "to": to,
            "local": local,
            "target": self.through,
            "session": self.session,
            "sent": self.sent,
            "received": self.received,
        });
        if let Some(why) = &self.termination_failure {
            facts["not_ended"] = json!(why);
        }
        facts
    }

    /// Returns the sentence that a session could not be terminated and continues at AWS.
    pub fn left_session_note(&self) -> Option<String> {
        let why = self.termination_failure.as_ref()?;
        Some(format!("the session was not ended at AWS, and continues until it times out there: {why}"))
    }
}
