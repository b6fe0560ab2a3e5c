//! The state of a tunnel, and the words for it.

use crate::Health;
use serde_json::{Value, json};
use std::time::Duration;

/// Where it is between opening and its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Looking for the container.
    #[default]
    Resolving,
    /// The session is asked for, and the agent is waited for.
    Opening,
    /// Connections go through.
    Ready,
    /// The link is lost; the session goes on as soon as there is another one.
    Resuming,
    /// The session is lost with its connections; another one is opened.
    Replacing,
    /// Over, because it was asked to end.
    Closed,
    /// Over, because it cannot go on.
    Failed,
}

impl Phase {
    /// A word; the one that scripts read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resolving => "resolving",
            Self::Opening => "opening",
            Self::Ready => "ready",
            Self::Resuming => "resuming",
            Self::Replacing => "replacing",
            Self::Closed | Self::Failed => "closed",
        }
    }

    /// Its sign and colour.
    pub fn health(self) -> Health {
        match self {
            Self::Resolving | Self::Opening | Self::Resuming | Self::Replacing => Health::Changing,
            Self::Ready => Health::Healthy,
            Self::Closed => Health::Stopped,
            Self::Failed => Health::Down,
        }
    }

    /// Whether it has come to its end.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Failed)
    }
}

/// The status of a tunnel, with its counters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TunnelStatus {
    pub phase: Phase,
    /// Why, where there is a reason.
    pub reason: Option<String>,
    /// The hint, where there is one.
    pub hint: Option<String>,
    /// The service or instance that it goes through, once that is known.
    pub through: Option<String>,
    /// The id of the session at AWS, once there is one.
    pub session: Option<String>,
    /// How many sessions are open: others beside the first carry who connects while much goes through it.
    pub sessions: usize,
    /// Bytes from here to there.
    pub sent: u64,
    /// Bytes from there to here.
    pub received: u64,
    /// The time to the agent and back, once measured.
    pub round_trip: Option<Duration>,
    /// How often a lost link was made again without losing anything.
    pub resumes: u64,
    /// How often a session was lost, and its connections with it.
    pub replacements: u64,
    /// Local connections that are open.
    pub open: usize,
    /// Local connections since the start.
    pub connections: u64,
    /// Connections that the other side refused.
    pub refused: u64,
    /// Whether nothing more is read, as a local program does not read what waits for it.
    pub waits_for_reader: bool,
    /// Why a session could not be ended at AWS, where one could not.
    pub not_ended: Option<String>,
}

impl TunnelStatus {
    /// The fields for the audit file.
    pub fn facts(&self, to: &str, local: Option<&str>) -> Value {
        let mut facts = json!({
            "to": to,
            "local": local,
            "target": self.through,
            "session": self.session,
            "sent": self.sent,
            "received": self.received,
        });
        if let Some(why) = &self.not_ended {
            facts["not_ended"] = json!(why);
        }
        facts
    }

    /// The sentence that a session which was to end goes on at AWS.
    pub fn left_behind(&self) -> Option<String> {
        let why = self.not_ended.as_ref()?;
        Some(format!("the session was not ended at AWS, and goes on until it times out there: {why}"))
    }
}
