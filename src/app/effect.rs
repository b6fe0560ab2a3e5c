//! Effects: what the runtime is to do, as data.

use super::operation::call::{Call, CallId};
use super::ticket::Ticket;
use super::tunnels::state::ShellPlan;
use crate::config::EnvironmentConfig;
use crate::feeds::Ask;
use crate::model::parameters::Value;
use crate::model::sql::interpreter::Edited;

/// Something to be done outside of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make clients for this environment and forget those of the one before, with all their fetches.
    Connect {
        environment: Box<EnvironmentConfig>,
        /// Its generation: tickets of others are stale.
        generation: u32,
    },
    /// Ask a feed a question.
    Fetch {
        /// Comes back with each piece of the answer.
        ticket: Ticket,
        /// Whether a person waits for the answer.
        lane: Priority,
        ask: Ask,
    },
    /// Do something for an operation: ask or change AWS, run a program, write into the audit file.
    Call {
        /// Comes back with the reply.
        id: CallId,
        /// The environment, which need not be the opened one.
        environment: Box<EnvironmentConfig>,
        /// The account that reads must be of, where that is known.
        account: Option<String>,
        call: Box<Call>,
    },
    /// End the local process of a call; its reply is not waited for.
    EndCall(CallId),
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Write a file that a person named.
    Save { path: String, text: String },
    /// Write lines that come into a file beside the screen.
    Tee(Tee),
    /// Keep a filter of logs for later sessions, or forget it.
    SaveFilter {
        name: String,
        /// The filter's text; none deletes the saved filter.
        filter: Option<String>,
    },
    /// Nobody waits any more for what was asked under this ticket: a live tail, a query of Insights.
    Leave(Ticket),
    /// Open a link in a browser, where there is one.
    OpenUrl(String),
    /// Sign in with the profile of the opened environment, or leave a sign-in that goes on.
    SignIn(bool),
    /// Looks at an environment that is not opened, in a session of its own; told by [`super::event::Event::Glanced`].
    Survey(Box<EnvironmentConfig>),
    /// Looks as `cockpit doctor` does at the opened environment; told by [`super::event::Event::Checked`].
    CheckUp,
    /// The answer to the question for an MFA code of this number; none if nobody enters one.
    Code(u64, Option<Value>),
    /// Give the terminal to a shell in a container, and take it back when that has ended.
    Shell(Box<ShellPlan>),
    /// Give the terminal to the person's own editor, and answer with the text when it has ended.
    Edit {
        /// Comes back with the text ([`crate::feeds::queries::Fact::Text`]).
        ticket: Ticket,
        what: Edited,
        /// The line to begin with, from 1.
        line: Option<usize>,
    },
    /// Stop the process group as `Ctrl-Z` does, after the terminal was restored.
    Suspend,
    /// End the session.
    Quit,
}

/// A change of the file that log lines are also written into as they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tee {
    /// Begins, with a file that a person named; what is in it stays.
    Open(String),
    /// These lines go into it.
    Lines(String),
    /// The file is closed.
    Close,
}

/// The kind of waiter for an answer, by which the budget of requests orders them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priority {
    /// A person pressed a key: never waits behind polling.
    Operator,
    /// Polling: stays within half of each budget.
    Background,
}
