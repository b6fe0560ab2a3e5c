//! The state of a session and the reasons for it.

use std::fmt;

/// The state of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The target is being looked up.
    Resolving,
    /// The session was requested, and the agent has not completed the handshake yet.
    Opening,
    /// Connections can be made.
    Ready,
    /// The link is lost; the session continues as soon as there is another link.
    Resuming(String),
    /// The session and its connections are lost; another session is being opened.
    Replacing(String),
    /// The session is over.
    Closed(Closed),
}

/// The reason why a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// The user ended it.
    Stopped,
    /// The other side ended it (only sessions that are not replaced).
    Ended(String),
    /// It failed and is not retried.
    Failed(Failure),
}

/// The kind of a failure. It determines whether the action is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Retrying may help: a network fault, or a service that is down.
    Transient,
    /// There are no valid credentials. They may be renewed at any time.
    Credentials,
    /// Refused: no permission or no target. Retrying does not help until someone changes that.
    Refused,
    /// The session no longer exists.
    Gone,
    /// The session must end at once, even if it would still work: the credentials belong to another account.
    Forbidden,
}

/// A failed action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind, which determines whether the action is retried.
    pub kind: FailureKind,
    /// The failure in one sentence.
    pub message: String,
    /// An optional hint on how to solve it.
    pub hint: Option<String>,
}

impl Failure {
    /// Creates a failure without a hint.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Creates a failure that may resolve itself.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Transient, message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl State {
    /// The state as one word, for logs and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Resolving => "resolving",
            Self::Opening => "opening",
            Self::Ready => "ready",
            Self::Resuming(_) => "resuming",
            Self::Replacing(_) => "replacing",
            Self::Closed(_) => "closed",
        }
    }

    /// The reason for the state, if there is one.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Resolving | Self::Opening | Self::Ready | Self::Closed(Closed::Stopped) => None,
            Self::Resuming(why) | Self::Replacing(why) | Self::Closed(Closed::Ended(why)) => Some(why.clone()),
            Self::Closed(Closed::Failed(failure)) => Some(failure.message.clone()),
        }
    }
}
