//! Whether an input was meant as the answer to a question. This is the one place that decides it, for every window with
//! buttons, for quitting, and for a query that costs money.
//!
//! A question can be answered only after it has been on the screen, unchanged, for [`READABLE`], and never by a key
//! that is held down. The runtime reports when a frame was written ([`super::event::Event::Drawn`]) and when an input
//! came ([`super::event::Event::Elapsed`]). Both use the machine's monotonic clock, because the time of
//! [`super::event::Event::Tick`] may be set, or run faster.

use super::operation::OperationId;
use super::operation::plan::Plan;
use super::overlay::{Button, Kind};
use crate::model::key::Key;
use jiff::SignedDuration;
use ratatui::layout::Rect;

/// How long a question must be on the screen before it can be answered.
pub const READABLE: SignedDuration = SignedDuration::from_millis(400);

/// The same input again within this time may come from a held key; most terminals do not report which. The longest
/// delay before a held key repeats that keyboard settings usually offer is 1 s (Windows; X11 and Wayland have 500 to
/// 660 ms, macOS 375 ms); another 0.1 s allows for transmission.
pub const KEY_REPEAT_WINDOW: SignedDuration = SignedDuration::from_millis(1_100);

/// A person's input: a key, or a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    Key(Key),
    /// A click of the mouse.
    Click,
}

/// The parts of a question that its answer depends on: when any of them changes, it must be read again.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub(super) about: About,
    /// The buttons, and where each is.
    pub(super) buttons: Vec<(Button, Rect)>,
    /// The text that must be typed to confirm: the environment's name.
    pub(super) typed: Option<String>,
    /// The size of the screen: a window that moved counts as another window.
    pub(super) size: (u16, u16),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum About {
    Window(Kind, Option<Box<Plan>>),
    /// Quitting, with the running operations, the numbers of the open tunnels, and a list of what would be lost.
    Leaving(Vec<OperationId>, Vec<u64>, Vec<String>),
    /// The question in a pane's own window, as text.
    Pane(String),
}

/// Why an input does not count as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectedInput {
    /// The question has not been on the screen for long enough, or at all.
    Unread,
    /// The same input came a moment ago: the key may be held down.
    Repeated,
}

impl RejectedInput {
    /// The message for the bottom line.
    pub fn message(self) -> &'static str {
        match self {
            Self::Unread => "ignored: the key was pressed before this could be read; press it again in a second",
            Self::Repeated => "ignored: a held key, or one pressed twice within a second, is no answer",
        }
    }
}

/// The question on the screen, and the keys that were pressed recently.
#[derive(Debug, Clone, Default)]
pub struct Confirm {
    /// The monotonic time, now or when the input being handled came.
    now: SignedDuration,
    /// Whether the input being handled follows the same input, or the terminal reports it as a repeat.
    repeated: bool,
    /// Inputs within the last [`HELD`] that could answer a question, each with the time it last came.
    touched: Vec<(Touch, SignedDuration)>,
    /// The question on the screen, and since when it has been there without interruption.
    shown: Option<(Question, SignedDuration)>,
    /// The buttons on the screen, their places, and since when each has been there without interruption: a button may
    /// have been there longer than the question.
    buttons: Vec<(Button, Rect, SignedDuration)>,
    /// Whether the frame on the screen shows the question as ready to be answered.
    said_ready: bool,
}

impl Confirm {
    /// The monotonic time as of the last event.
    pub fn now(&self) -> SignedDuration {
        self.now
    }

    /// Sets the time to now, or to when the next input came.
    pub fn elapsed(&mut self, now: SignedDuration) {
        self.now = now;
        self.repeated = false;
    }

    /// Records an input that could be an answer. `held`: the terminal reports it as the repeat of a held key.
    pub fn touch(&mut self, touch: Touch, held: bool) {
        let now = self.now;
        self.touched.retain(|(_, at)| now.saturating_sub(*at) < KEY_REPEAT_WINDOW);
        self.repeated = held || self.touched.iter().any(|(other, _)| *other == touch);
        self.touched.retain(|(other, _)| *other != touch);
        self.touched.push((touch, now));
    }

    /// Whether the input being handled may come from a held key.
    pub fn repeated(&self) -> bool {
        self.repeated
    }

    /// Records that a frame with this question, or with none, was on the screen at this time.
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
        self.said_ready = self.accepts_answer();
    }

    /// Forgets the question because the screen was given away: it must be read again.
    pub fn reset(&mut self) {
        self.shown = None;
        self.buttons.clear();
    }

    /// Checks that the click being handled was meant for this button: the button has been there long enough.
    ///
    /// # Errors
    /// Why the click does not count.
    pub fn check_click(&self, button: &Button, place: Rect) -> Result<(), RejectedInput> {
        let since = self.buttons.iter().find(|(other, there, _)| other == button && *there == place);
        if since.is_none_or(|(_, _, since)| self.now.saturating_sub(*since) < READABLE) {
            return Err(RejectedInput::Unread);
        }
        if self.repeated { Err(RejectedInput::Repeated) } else { Ok(()) }
    }

    /// Whether this question is on the screen.
    pub fn shows(&self, question: &Question) -> bool {
        self.shown.as_ref().is_some_and(|(shown, _)| shown == question)
    }

    /// Checks that the input being handled answers this question.
    ///
    /// # Errors
    /// Why it does not.
    pub fn check_answer(&self, question: Option<&Question>) -> Result<(), RejectedInput> {
        let since = self.shown.as_ref().filter(|(shown, _)| Some(shown) == question).map(|(_, since)| *since);
        if since.is_none_or(|since| self.now.saturating_sub(since) < READABLE) {
            return Err(RejectedInput::Unread);
        }
        if self.repeated { Err(RejectedInput::Repeated) } else { Ok(()) }
    }

    /// Whether a new key press would now answer the question.
    pub fn accepts_answer(&self) -> bool {
        let read = self.shown.as_ref().is_some_and(|(_, since)| self.now.saturating_sub(*since) >= READABLE);
        read && self.touched.iter().all(|(_, at)| self.now.saturating_sub(*at) >= KEY_REPEAT_WINDOW)
    }

    /// Whether the screen must be drawn again to show that the question can be answered.
    pub fn needs_redraw(&self) -> bool {
        self.shown.is_some() && !self.said_ready
    }
}
