//! Values that an answer replaces whole.

use crate::feeds::aws::{Fact, Part};
use crate::model::{Failure, FailureKind};
use jiff::Timestamp;

/// Takes one value.
pub(super) fn one<T>(
    slot: &mut crate::model::Observed<T>,
    part: Part,
    now: Timestamp,
    pick: impl Fn(Fact) -> Option<T>,
) -> Result<(), FailureKind> {
    let failure = match part {
        Part::Page(fact) | Part::Last(fact) => match pick(fact) {
            Some(value) => {
                slot.learn(value, now);
                return Ok(());
            }
            None => Failure::other_answer(),
        },
        Part::Failed(failure) => failure,
    };
    let kind = failure.kind;
    slot.fail(failure);
    Err(kind)
}

/// Takes a list that came in pages.
pub(super) fn all<T>(
    slot: &mut crate::model::Observed<Vec<T>>,
    pages: Vec<Fact>,
    part: Part,
    now: Timestamp,
    mut pick: impl FnMut(Fact) -> Option<Vec<T>>,
) -> Result<(), FailureKind> {
    let count = pages.len();
    let mut gathered: Vec<T> = pages.into_iter().filter_map(&mut pick).flatten().collect();
    let failure = match part {
        Part::Page(fact) | Part::Last(fact) => match pick(fact) {
            Some(rest) => {
                gathered.extend(rest);
                slot.learn(gathered, now);
                return Ok(());
            }
            None => Failure::other_answer(),
        },
        Part::Failed(failure) => failure,
    };
    let kind = failure.kind;
    if count > 0 && slot.at().is_none() {
        let missing = format!("the list ended early, after {count} pages: {failure}");
        slot.learn_partly(gathered, missing, Some(failure), now);
    } else {
        slot.fail(failure);
    }
    Err(kind)
}
