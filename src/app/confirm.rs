//! Whether an input was meant as the answer to a question: the one place that decides it, for every window
//! with buttons, for leaving, and for a query that costs.
//!
//! A question is answered only after it has stood on the screen, unchanged, for [`READABLE`], and never by a
//! key that is held down. That it stood there is told by the runtime after a frame was written
//! ([`super::event::Event::Drawn`]); when an input came, by [`super::event::Event::Elapsed`]. Both are of the
//! machine's monotonic clock: the time of [`super::event::Event::Tick`] may be set, or run faster.

use super::operation::OperationId;
use super::operation::plan::Plan;
use super::overlay::{Button, Kind};
use crate::model::key::Key;
use jiff::SignedDuration;
use ratatui::layout::Rect;

/// A question can be answered after it has been on the screen for this long.
pub const READABLE: SignedDuration = SignedDuration::from_millis(400);

/// The same input again within this time may be a key that is held: a terminal does not tell. The longest
/// delay before a held key repeats that keyboard settings usually offer is a second (Windows; X11 and Wayland
/// have 500 to 660 ms, macOS 375 ms), and a tenth for the way.
pub const HELD: SignedDuration = SignedDuration::from_millis(1_100);

/// An input of a person: a key, or a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    Key(Key),
    /// The button of the mouse.
    Click,
}

/// The question, as far as the answer depends on it: when it changes, it has to be read again.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub(super) about: About,
    /// The buttons, and where each is.
    pub(super) buttons: Vec<(Button, Rect)>,
    /// The text that must be typed for a yes: the environment's name.
    pub(super) typed: Option<String>,
    /// The size of the screen: a window in another place is another window.
    pub(super) size: (u16, u16),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum About {
    Window(Kind, Option<Box<Plan>>),
    /// Leaving these behind: operations, and tunnels by their numbers; and losing this.
    Leaving(Vec<OperationId>, Vec<u64>, Vec<String>),
    /// The question of a pane's own window, in words.
    Pane(String),
}

/// Why an input is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectedInput {
    /// The question has not been on the screen for long enough, or at all.
    Unread,
    /// The same input came a moment ago: the key may be held down.
    Repeated,
}

impl RejectedInput {
    /// A sentence for the bottom line.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unread => "not taken: it came before this could be read; press it again in a second",
            Self::Repeated => "not taken: a key that is held, or pressed twice within a second, answers nothing",
        }
    }
}

/// The questions on the screen, and the keys that a person pressed.
#[derive(Debug, Clone, Default)]
pub struct Confirm {
    /// The machine's clock: now, or when the input that is being handled came.
    now: SignedDuration,
    /// Whether the input that is being handled came right after the same one, or the terminal says that it is repeated.
    repeated: bool,
    /// Inputs within the last [`HELD`] that could answer a question, each with its last time.
    touched: Vec<(Touch, SignedDuration)>,
    /// The question that is on the screen, and since when without a break.
    shown: Option<(Question, SignedDuration)>,
    /// The buttons on the screen, where they are, and since when each is there without a break: one may be older than
    /// what is asked.
    buttons: Vec<(Button, Rect, SignedDuration)>,
    /// Whether the frame on the screen says that the question can be answered.
    said_ready: bool,
}

impl Confirm {
    /// The machine's clock, as of the last event.
    pub fn now(&self) -> SignedDuration {
        self.now
    }

    /// Sets the time: that of now, or of the next input.
    pub fn elapsed(&mut self, now: SignedDuration) {
        self.now = now;
        self.repeated = false;
    }

    /// Notes an input that could be an answer. `held`: the terminal reports it as the repeat of a key that is held
    /// down.
    pub fn touch(&mut self, touch: Touch, held: bool) {
        let now = self.now;
        self.touched.retain(|(_, at)| now.saturating_sub(*at) < HELD);
        self.repeated = held || self.touched.iter().any(|(other, _)| *other == touch);
        self.touched.retain(|(other, _)| *other != touch);
        self.touched.push((touch, now));
    }

    /// Whether the input that is being handled may come from a key that is held down.
    pub fn repeated(&self) -> bool {
        self.repeated
    }

    /// A frame that asks this, or nothing, stood on the screen at this time.
    pub fn drawn(&mut self, question: Option<Question>, at: SignedDuration) {
        self.now = self.now.max(at);
        let since = match (&self.shown, &question) {
            (Some((before, since)), Some(question)) if before == question => *since,
            _ => at,
        };
        let buttons = question.iter().flat_map(|question| &question.buttons).map(|(button, place)| {
            let before = self.buttons.iter().find(|(other, there, _)| other == button && there == place);
            (button.clone(), *place, before.map_or(at, |(_, _, since)| *since))
        });
        self.buttons = buttons.collect();
        self.shown = question.map(|question| (question, since));
        self.said_ready = self.ready();
    }

    /// The screen was given away: what it asked has to be read again.
    pub fn forget(&mut self) {
        self.shown = None;
        self.buttons.clear();
    }

    /// Whether the click that is being handled was meant for this button: it has been there for long enough.
    ///
    /// # Errors
    /// Why it was not.
    pub fn points_at(&self, button: &Button, place: Rect) -> Result<(), RejectedInput> {
        let since = self.buttons.iter().find(|(other, there, _)| other == button && *there == place);
        if since.is_none_or(|(_, _, since)| self.now.saturating_sub(*since) < READABLE) {
            return Err(RejectedInput::Unread);
        }
        if self.repeated { Err(RejectedInput::Repeated) } else { Ok(()) }
    }

    /// Whether the screen shows this question.
    pub fn shows(&self, question: &Question) -> bool {
        self.shown.as_ref().is_some_and(|(shown, _)| shown == question)
    }

    /// Whether the input that is being handled answers this question.
    ///
    /// # Errors
    /// Why it does not.
    pub fn answers(&self, question: Option<&Question>) -> Result<(), RejectedInput> {
        let since = self.shown.as_ref().filter(|(shown, _)| Some(shown) == question).map(|(_, since)| *since);
        if since.is_none_or(|since| self.now.saturating_sub(since) < READABLE) {
            return Err(RejectedInput::Unread);
        }
        if self.repeated { Err(RejectedInput::Repeated) } else { Ok(()) }
    }

    /// Whether a key that is pressed now, the first time for a while, would answer what is shown.
    pub fn ready(&self) -> bool {
        let read = self.shown.as_ref().is_some_and(|(_, since)| self.now.saturating_sub(*since) >= READABLE);
        read && self.touched.iter().all(|(_, at)| self.now.saturating_sub(*at) >= HELD)
    }

    /// Whether what is shown can soon be answered, or can be and the frame on the screen does not say so.
    pub fn pending(&self) -> bool {
        self.shown.is_some() && !self.said_ready
    }
}
