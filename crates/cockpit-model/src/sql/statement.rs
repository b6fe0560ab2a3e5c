//! Access to the words of one statement, for the modules that judge it by its text.

use super::token::{Token, fold_identifier};

/// The tokens of one statement, or of a part of it.
pub(super) struct StatementTokens<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
}

impl StatementTokens<'_> {
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(self.text, word))
    }

    pub(super) fn any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(at, word))
    }

    pub(super) fn sign(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.of(self.text))
    }

    /// Returns a name as the server folds it, so that it can be compared.
    pub(super) fn name(&self, at: usize) -> String {
        fold_identifier(self.sign(at))
    }
}
