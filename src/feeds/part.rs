//! A piece of an answer, of whatever feed.

use crate::model::Failure;

/// How far an answer has come, with facts of one feed.
#[derive(Debug, Clone, PartialEq)]
pub enum Part<F> {
    /// One page; more follow.
    Page(F),
    /// The last page: the answer is whole.
    Last(F),
    /// It failed here; pages that came before stand, and the whole is partial.
    Failed(Failure),
}

impl<F> Part<F> {
    /// The part with other facts; a fact of another kind counts as a failure.
    pub fn map<G>(self, change: impl FnOnce(F) -> Option<G>) -> Part<G> {
        let other = || Part::Failed(Failure::other_answer());
        match self {
            Self::Page(fact) => change(fact).map_or_else(other, Part::Page),
            Self::Last(fact) => change(fact).map_or_else(other, Part::Last),
            Self::Failed(failure) => Part::Failed(failure),
        }
    }
}
