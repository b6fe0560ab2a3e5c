//! Typed text whose input line has gone. When a line closes by itself or its input is refused, the person may still be
//! typing, and the remaining letters would be taken as key bindings. So text typed on without a [`PAUSE`] is refused,
//! and the person is told why.
//!
//! A person's own Enter and Esc end a line on purpose: keys after them have their usual meaning.

use super::command::PaneId;
use super::overlay::Kind;
use super::screen::Purpose;
use jiff::SignedDuration;

/// The pause in typing after which keys are taken again: a person who stops this long has seen that the input line is
/// gone. It equals the time after which a question can be answered ([`super::confirm::READABLE`]) and is longer than
/// the pause between two letters of a word.
pub const PAUSE: SignedDuration = super::confirm::READABLE;

/// The receiver of keys: a window, an input line, or an editor block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Target {
    /// The topmost window.
    pub window: Option<Kind>,
    /// The input line that is open.
    pub line: Option<Purpose>,
    /// The pane whose editor takes letters.
    pub editor: Option<PaneId>,
}

impl Target {
    /// Whether it is more specific than the pane, which receives keys when nothing else is open.
    fn is_special(self) -> bool {
        self.window.is_some() || self.line.is_some() || self.editor.is_some()
    }
}

/// Tracks where text was typed, and whether the text typed now was meant for something that has closed.
#[derive(Debug, Clone, Default)]
pub struct StrayInput {
    target: Target,
    /// When a text key was last pressed.
    typed: Option<SignedDuration>,
    /// The start of the pause; `None` while keys are taken.
    since: Option<SignedDuration>,
    /// The message that says why keys are not taken.
    words: String,
    /// Whether an input line is about to open.
    waits: bool,
    /// Whether some text was refused: what continues it is refused, too.
    lost: bool,
}

impl StrayInput {
    /// Refuses text until there is a pause in typing; `words` is the message that says why.
    pub fn refuse(&mut self, now: SignedDuration, words: impl Into<String>) {
        let (target, typed) = (self.target, self.typed);
        *self = Self { target, typed, since: Some(now), words: words.into(), waits: false, lost: false };
    }

    /// Refuses text if the person is typing right now: the keys were meant for what was there before.
    pub fn refuse_if_typing(&mut self, now: SignedDuration, words: impl Into<String>) {
        if self.typed.is_some_and(|at| now.saturating_sub(at) < PAUSE) {
            self.refuse(now, words);
        }
    }

    /// Refuses text until the line that an answer opens is there. Text typed after that is for the line, unless it
    /// continues text that was refused.
    pub fn refuse_until_line(&mut self, now: SignedDuration) {
        if self.waits && self.lost && self.goes_on(now) {
            return;
        }
        self.refuse(now, "ignored: the input line is not open yet; type again in a second");
        self.waits = true;
    }

    /// Takes keys again: the person did something else, meant for what is on the screen.
    pub fn accept_again(&mut self) {
        self.since = None;
    }

    /// Records where keys go after an event; `own` tells whether the person's own input caused it.
    pub fn record_target(&mut self, target: Target, own: bool, now: SignedDuration) {
        let before = std::mem::replace(&mut self.target, target);
        if own || before == target {
            return;
        }
        if before.is_special() {
            self.refuse_if_typing(now, "ignored: the input line for this text has closed; type again in a second");
        } else if target.line.is_some() && self.waits && !self.lost {
            // The awaited line is open, and no text meant for it was lost.
            self.since = None;
        }
    }

    /// Whether `text` is the current message about refused text.
    pub fn is_showing(&self, text: &str) -> bool {
        self.lost && self.words == text
    }

    /// Whether there has been no pause yet.
    fn goes_on(&self, now: SignedDuration) -> bool {
        self.since.is_some_and(|since| now.saturating_sub(since) < PAUSE)
    }

    /// Records text typed at `now`, and whether it may be taken.
    ///
    /// # Errors
    /// The message that says why the text is refused.
    pub fn accept(&mut self, now: SignedDuration) -> Result<(), &str> {
        self.typed = Some(now);
        if !self.goes_on(now) {
            self.since = None;
            return Ok(());
        }
        (self.since, self.lost) = (Some(now), true);
        Err(&self.words)
    }
}
