//! Events. Everything that changes the [`super::App`] is one of these, in a single order.

use super::doctor::Check;
use super::operation::call::{CallId, CallResult};
use super::ticket::Ticket;
use crate::feeds;
use crate::feeds::part::Part;
use crate::model::Failure;
use crate::model::glance::Glance;
use crate::model::key::Key;
use jiff::{SignedDuration, Timestamp};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The time of day has advanced to this. No other event carries the time of day.
    Tick(Timestamp),
    /// The offset between AWS's clock and the local one was measured: positive if AWS is ahead.
    Clock(SignedDuration),
    /// This machine's clock has been set back by this much since the session began; the session's own clock went on.
    ClockSetBack(SignedDuration),
    /// The machine's monotonic clock has advanced to this, counted from the start of the session; it is also when the
    /// input that follows came. Unlike the time of a tick it is never set and never runs faster.
    Elapsed(SignedDuration),
    /// A frame is on the terminal: its time, on the clock of `Elapsed`, and its columns and rows.
    Drawn(SignedDuration, (u16, u16)),
    /// A key was pressed.
    Key(Key),
    /// A key is still held down, as the terminal reports it. Few terminals do.
    Held(Key),
    /// Text was pasted (bracketed paste).
    Paste(String),
    Mouse(Mouse),
    /// The terminal's size is now columns by rows.
    Resize(u16, u16),
    /// The terminal gained or lost the focus.
    Focus(bool),
    /// An answer to a [`super::effect::Effect::Fetch`].
    Answer(Answer),
    /// The reply to a [`super::effect::Effect::Call`].
    Reply(CallId, Box<CallResult>),
    /// A line printed by a program of a call.
    Output(CallId, String),
    /// Credentials were refused and replaced: their identity must be read before any answer obtained with them is
    /// taken. The ticket names the environment they belong to.
    CredentialsRenewed(Ticket),
    /// The terminal came back after a suspension.
    Resumed,
    /// The session was ended by a signal or has no terminal: nobody can be asked any more.
    Stopped,
    /// A requested sign-in has progressed or ended.
    SignIn(SignIn),
    /// Credentials need an MFA code from a person.
    MfaRequest(MfaRequest),
    /// The survey of an environment that is not open, by the environment's name.
    Surveyed(String, Box<Glance>),
    /// The results of `doctor` for an environment, by the environment's name.
    DoctorFinished(String, Vec<Check>),
    /// Something the runtime did or failed to do, for the activity list.
    Notice(Notice),
    /// The file that incoming log lines are also written to cannot be written.
    TeeFailed(String),
}

impl Event {
    /// Whether a person caused the event.
    pub fn is_own(&self) -> bool {
        match self {
            Self::Key(_) | Self::Held(_) | Self::Paste(_) | Self::Mouse(_) | Self::Resize(..) | Self::Focus(_) => true,
            Self::Tick(_)
            | Self::Clock(_)
            | Self::ClockSetBack(_)
            | Self::Elapsed(_)
            | Self::Drawn(..)
            | Self::Answer(_)
            | Self::Reply(..)
            | Self::Output(..)
            | Self::CredentialsRenewed(_)
            | Self::Resumed
            | Self::Stopped
            | Self::SignIn(_)
            | Self::MfaRequest(_)
            | Self::Surveyed(..)
            | Self::DoctorFinished(..)
            | Self::Notice(_)
            | Self::TeeFailed(_) => false,
        }
    }
}

/// A mouse event, at a column and a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// A click of the left button.
    Click(u16, u16),
    WheelUp(u16, u16),
    WheelDown(u16, u16),
}

/// One piece of the answer to a fetch, with facts of all feeds or of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<F = feeds::Fact> {
    /// The ticket of the fetch that it answers.
    pub ticket: Ticket,
    /// Number of requests sent for it since the previous piece, including retries.
    pub requests: u32,
    /// The facts, or why there are none.
    pub part: Part<F>,
}

impl Answer {
    /// Narrows the answer to one feed; a fact of another feed becomes a failure, as it answers another question.
    pub fn of<F: TryFrom<feeds::Fact>>(self) -> Answer<F> {
        Answer { ticket: self.ticket, requests: self.requests, part: self.part.of() }
    }
}

/// A line for the activity list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it reports an error.
    pub error: bool,
    /// The message, a sentence.
    pub text: String,
}

/// A request for an MFA code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MfaRequest {
    /// The number of the request, which the answer repeats: by then another may be open.
    pub number: u64,
    /// The profile that needs it.
    pub profile: String,
    /// The MFA device, by its serial number or ARN.
    pub serial: String,
    /// Why the code is requested again.
    pub retry_reason: Option<String>,
}

/// The state of a sign-in.
#[derive(Debug, Clone, PartialEq)]
pub enum SignIn {
    /// Waiting for a person to confirm a code in a browser.
    AwaitingUser {
        /// The page on which the code is confirmed.
        url: String,
        /// The code that the page must show.
        code: String,
        until: Timestamp,
    },
    /// The token was received and stored.
    Done,
    /// The sign-in failed: there is no token.
    Failed(Failure),
}
