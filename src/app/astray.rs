//! Typed text that nothing takes any more: a line that went by itself, or that was refused, leaves a person typing, and
//! letters that are no text are keys. So what is typed on without a [`PAUSE`] is not taken, and a person is told so.
//!
//! A person's own Enter and Esc end a line on purpose: what is typed after them means what it always means.

use super::command::PaneId;
use super::overlay::Kind;
use super::screen::Purpose;
use jiff::SignedDuration;

/// The pause in typing after which keys are taken again: who stops for this long has seen that the input line is gone.
/// It equals the time after which a question can be answered ([`super::confirm::READABLE`]) and is longer than the
/// pause between two letters of a word.
pub const PAUSE: SignedDuration = super::confirm::READABLE;

/// Where keys go: a window, a line that is typed into, or a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Target {
    /// The topmost window.
    pub window: Option<Kind>,
    /// The line that is typed.
    pub line: Option<Purpose>,
    /// The pane whose editor takes letters.
    pub editor: Option<PaneId>,
}

impl Target {
    /// Whether it is more than a pane, to which keys go where there is nothing else.
    fn is_special(self) -> bool {
        self.window.is_some() || self.line.is_some() || self.editor.is_some()
    }
}

/// Keeps track of where text was typed, and whether what is typed now is meant for something that is gone.
#[derive(Debug, Clone, Default)]
pub struct Astray {
    target: Target,
    /// When a key of a text came last.
    typed: Option<SignedDuration>,
    /// The pause is counted from here; none where keys are taken.
    since: Option<SignedDuration>,
    /// The message that says why keys are not taken.
    words: String,
    /// Whether a line is waited for.
    waits: bool,
    /// Whether something was not taken: the rest of it is not, either.
    lost: bool,
}

impl Astray {
    /// Refuses what is typed from now on without a pause; these words say why.
    pub fn begin(&mut self, now: SignedDuration, words: impl Into<String>) {
        let (target, typed) = (self.target, self.typed);
        *self = Self { target, typed, since: Some(now), words: words.into(), waits: false, lost: false };
    }

    /// Refuses what is typed where somebody is typing right now: the keys were meant for what was there before.
    pub fn begin_if_typing(&mut self, now: SignedDuration, words: impl Into<String>) {
        if self.typed.is_some_and(|at| now.saturating_sub(at) < PAUSE) {
            self.begin(now, words);
        }
    }

    /// Refuses what is typed until a line opens with an answer; what is typed then is for it, unless it goes on with
    /// what was lost.
    pub fn wait(&mut self, now: SignedDuration) {
        if self.waits && self.lost && self.goes_on(now) {
            return;
        }
        self.begin(now, "not taken: the line is not open yet; type again in a second");
        self.waits = true;
    }

    /// A person did something else, which was meant for what is there.
    pub fn end(&mut self) {
        self.since = None;
    }

    /// Sets where keys go after an event; `own` says whether a person's own input caused it.
    pub fn after(&mut self, target: Target, own: bool, now: SignedDuration) {
        let before = std::mem::replace(&mut self.target, target);
        if own || before == target {
            return;
        }
        if before.is_special() {
            self.begin_if_typing(now, "not taken: what this was typed into has closed; type again in a second");
        } else if target.line.is_some() && self.waits && !self.lost {
            // The line that was waited for is there, and nothing of what is meant for it was lost.
            self.since = None;
        }
    }

    /// Whether this was said of text that was not taken.
    pub fn said(&self, text: &str) -> bool {
        self.lost && self.words == text
    }

    /// Whether there was no pause yet.
    fn goes_on(&self, now: SignedDuration) -> bool {
        self.since.is_some_and(|since| now.saturating_sub(since) < PAUSE)
    }

    /// Text comes at this time.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn takes(&mut self, now: SignedDuration) -> Result<(), &str> {
        self.typed = Some(now);
        if !self.goes_on(now) {
            self.since = None;
            return Ok(());
        }
        (self.since, self.lost) = (Some(now), true);
        Err(&self.words)
    }
}
