//! A part of an answer from any feed.

use crate::model::Failure;

/// The progress of an answer, with facts of one feed.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<F> {
    /// A page, with more to follow.
    Page(F),
    /// The last page, which completes the answer.
    Last(F),
    /// The answer failed here. Earlier pages remain valid, and the answer is partial.
    Failed(Failure),
}

impl<F> Part<F> {
    /// Converts the fact; a fact of another kind becomes a failure.
    pub fn map<G>(self, change: impl FnOnce(F) -> Option<G>) -> Part<G> {
        let other = || Part::Failed(Failure::mismatched_answer());
        match self {
            Self::Page(fact) => change(fact).map_or_else(other, Part::Page),
            Self::Last(fact) => change(fact).map_or_else(other, Part::Last),
            Self::Failed(failure) => Part::Failed(failure),
        }
    }
}
