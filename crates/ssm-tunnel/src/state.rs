//! How a session stands, and why it does not.

use std::fmt;

/// The state of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Looking for the target.
    Resolving,
    /// The session is asked for, and the agent is waited for.
    Opening,
    /// Connections go through.
    Ready,
    /// The link is lost; the session goes on as soon as there is another one.
    Resuming(String),
    /// The session is lost with its connections; another one is opened.
    Replacing(String),
    /// Over.
    Closed(Closed),
}

/// The reason of the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// Its user ended it.
    Stopped,
    /// The other side ended the session (sessions that are not replaced).
    Ended(String),
    /// It failed, and is not tried again.
    Failed(Failure),
}

/// The kind of a failure, from which it follows whether it is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Trying again may help: the network, a service that is down.
    Transient,
    /// There are no valid credentials. They may be renewed at any time.
    Credentials,
    /// Refused: no permission, no target. Somebody has to change something.
    Refused,
    /// The session is not there any more.
    Gone,
    /// It must not go on, whatever might still work: the credentials are another account's.
    Forbidden,
}

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind, from which it follows whether it is tried again.
    pub kind: FailureKind,
    /// The failure in a sentence.
    pub message: String,
    /// The hint, where there is one.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// A failure that may be over by itself.
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
    /// The state in one word, for logs and reports.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Resolving => "resolving",
            Self::Opening => "opening",
            Self::Ready => "ready",
            Self::Resuming(_) => "resuming",
            Self::Replacing(_) => "replacing",
            Self::Closed(_) => "closed",
        }
    }

    /// Why, where there is a reason.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Resolving | Self::Opening | Self::Ready | Self::Closed(Closed::Stopped) => None,
            Self::Resuming(why) | Self::Replacing(why) | Self::Closed(Closed::Ended(why)) => Some(why.clone()),
            Self::Closed(Closed::Failed(failure)) => Some(failure.message.clone()),
        }
    }
}
