//! Events. Everything that changes the [`super::App`] is one of these, in one order.

use super::checkup::Check;
use super::operation::call::{Answered, CallId};
use super::ticket::Ticket;
use crate::feeds;
use crate::feeds::part::Part;
use crate::model::Failure;
use crate::model::glance::Glance;
use crate::model::key::Key;
use jiff::{SignedDuration, Timestamp};

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Time has come to this. The only way in which the time of day enters.
    Tick(Timestamp),
    /// The service's clock was measured: it is so far ahead of the one that ticks (behind: negative).
    Clock(SignedDuration),
    /// This machine's clock was set back by so much since the session began: the one that ticks went on.
    SetBack(SignedDuration),
    /// The machine's monotonic clock has come to this, counted from the session's start; an input that
    /// follows came then. Unlike the time of a tick it is never set and never runs faster.
    Elapsed(SignedDuration),
    /// A frame stands on the terminal: when, by the clock of `Elapsed`, and its columns and rows.
    Drawn(SignedDuration, (u16, u16)),
    /// A key was pressed.
    Key(Key),
    /// The terminal says that a key is still held down. Few do.
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
    Reply(CallId, Box<Answered>),
    /// A line that a program of a call printed.
    Output(CallId, String),
    /// Credentials were refused and read again: whose they are must be asked before anything that
    /// they bring is taken in. With a ticket of the environment they are for.
    Renewed(Ticket),
    /// The terminal came back after a suspension.
    Resumed,
    /// The session ends, by a signal or without a terminal: nobody is asked any more.
    Stopped,
    /// A sign-in that was asked for goes on, or has ended.
    SignIn(SignIn),
    /// Credentials need a code that a person is asked for.
    MfaRequest(MfaRequest),
    /// The result of a survey of an environment that is not opened, by its name.
    Glanced(String, Box<Glance>),
    /// The doctor's checks of an environment, by its name.
    Checked(String, Vec<Check>),
    /// Something the runtime did or could not do, for the activity drawer.
    Notice(Notice),
    /// The file that lines are written into as they come cannot be written.
    TeeEnded(String),
}

impl Event {
    /// Whether it is something that a person did.
    pub fn is_own(&self) -> bool {
        match self {
            Self::Key(_) | Self::Held(_) | Self::Paste(_) | Self::Mouse(_) | Self::Resize(..) | Self::Focus(_) => true,
            Self::Tick(_)
            | Self::Clock(_)
            | Self::SetBack(_)
            | Self::Elapsed(_)
            | Self::Drawn(..)
            | Self::Answer(_)
            | Self::Reply(..)
            | Self::Output(..)
            | Self::Renewed(_)
            | Self::Resumed
            | Self::Stopped
            | Self::SignIn(_)
            | Self::MfaRequest(_)
            | Self::Glanced(..)
            | Self::Checked(..)
            | Self::Notice(_)
            | Self::TeeEnded(_) => false,
        }
    }
}

/// An action of the mouse, at a column and a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// The left button.
    Click(u16, u16),
    WheelUp(u16, u16),
    WheelDown(u16, u16),
}

/// One piece of the answer to a fetch, with the facts of all feeds or of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<F = feeds::Fact> {
    /// The ticket of the fetch that it answers.
    pub ticket: Ticket,
    /// Requests sent for it since the piece before, retries too.
    pub requests: u32,
    /// The facts that came, or why none did.
    pub part: Part<F>,
}

impl Answer {
    /// With the facts of one feed; a fact of another has failed as the answer to another question.
    pub fn of<F: TryFrom<feeds::Fact>>(self) -> Answer<F> {
        Answer { ticket: self.ticket, requests: self.requests, part: self.part.of() }
    }
}

/// A line for the activity drawer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is bad news.
    pub error: bool,
    /// The message, a sentence.
    pub text: String,
}

/// An MFA code that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MfaRequest {
    /// The number of the question, which the answer names: another one may be asked by then.
    pub number: u64,
    /// The profile that needs it.
    pub profile: String,
    /// The MFA device, by its serial number or ARN.
    pub serial: String,
    /// Why it is asked again.
    pub again: Option<String>,
}

/// How a sign-in stands.
#[derive(Debug, Clone, PartialEq)]
pub enum SignIn {
    /// A code is to be confirmed in a browser.
    Asked {
        /// The page on which the code is confirmed.
        url: String,
        /// The code that it must show.
        code: String,
        until: Timestamp,
    },
    /// The token came, and is kept.
    Done,
    /// It failed: there is no token.
    Failed(Failure),
}
