//! The words of one statement, as those look at them who tell from its words what it does.

use super::token::{Token, folded};

/// The tokens of one statement, or of a part of it.
pub(super) struct Words<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
}

impl Words<'_> {
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(self.text, word))
    }

    pub(super) fn any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    pub(super) fn sign(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.of(self.text))
    }

    /// A name as the server folds it, so that it is known again however it is written.
    pub(super) fn name(&self, at: usize) -> String {
        folded(self.sign(at))
    }
}
