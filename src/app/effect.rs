//! Effects: what the runtime has to do, as data.

use super::operation::call::{Call, CallId};
use super::ticket::Ticket;
use super::tunnels::state::ShellPlan;
use crate::config::EnvironmentConfig;
use crate::feeds::Ask;
use crate::model::parameters::Value;
use crate::model::sql::interpreter::Edited;

/// An action outside of the state.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Create clients for this environment and drop those of the previous one, with all their fetches.
    Connect {
        environment: Box<EnvironmentConfig>,
        /// The environment's generation: tickets of other generations are stale.
        generation: u32,
    },
    /// Ask a feed a question.
    Fetch {
        /// Returned with each piece of the answer.
        ticket: Ticket,
        /// Whether a person waits for the answer.
        priority: Priority,
        ask: Ask,
    },
    /// Run a call of an operation: read or change AWS, run a program, write to the audit file.
    Call {
        /// Returned with the reply.
        id: CallId,
        /// The environment, which need not be the open one.
        environment: Box<EnvironmentConfig>,
        /// The account that reads must come from, if it is known.
        account: Option<String>,
        call: Box<Call>,
    },
    /// End the local process of a call; its reply is not awaited.
    EndCall(CallId),
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Write a file whose path a person entered.
    Save { path: String, text: String },
    /// Change the file that incoming log lines are also written to.
    Tee(Tee),
    /// Save a log filter for later sessions, or delete it.
    SaveFilter {
        name: String,
        /// The filter's text; `None` deletes the saved filter.
        filter: Option<String>,
    },
    /// Cancel a request that nothing waits for any more: a live tail, a Logs Insights query.
    CancelFetch(Ticket),
    /// Open a link in a browser, if there is one.
    OpenUrl(String),
    /// Sign in with the profile of the open environment (true), or cancel the sign-in in progress (false).
    SignIn(bool),
    /// Survey an environment that is not open, in a session of its own; answered by [`super::event::Event::Surveyed`].
    Survey(Box<EnvironmentConfig>),
    /// Check the open environment as `cockpit doctor` does; answered by [`super::event::Event::DoctorFinished`].
    RunDoctor,
    /// Answer the MFA request of this number with a code; `None` if nobody enters one.
    MfaCode(u64, Option<Value>),
    /// Give the terminal to a shell in a container, and take it back when the shell has ended.
    Shell(Box<ShellPlan>),
    /// Give the terminal to the person's editor, and answer with the text when the editor has ended.
    Edit {
        /// Returned with the text ([`crate::feeds::queries::Fact::Text`]).
        ticket: Ticket,
        what: Edited,
        /// The line to open the editor at, from 1.
        line: Option<usize>,
    },
    /// Stop the process group as `Ctrl-Z` does, after restoring the terminal.
    Suspend,
    /// End the session.
    Quit,
}

/// A change of the file that incoming log lines are also written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tee {
    /// Open this file, whose path a person entered; its content is kept.
    Open(String),
    /// Append these lines.
    Lines(String),
    /// Close the file.
    Close,
}

/// Who waits for an answer; the request budgets serve people first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Priority {
    /// A person, who pressed a key: never waits behind polling.
    Operator,
    /// The poller, which uses at most half of each budget.
    Background,
}
