//! Values that an answer replaces whole.

use crate::feeds::aws::{Fact, Part};
use crate::model::timeline::TrailEvent;
use crate::model::{Failure, FailureKind, Observed};
use jiff::Timestamp;

/// Stores an answer of one value in its place in the estate.
pub(super) fn one<T>(
    slot: &mut Observed<T>,
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

/// Stores a list that came in pages.
pub(super) fn all<T>(
    slot: &mut Observed<Vec<T>>,
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
    if count > 0 && (slot.at().is_none() || slot.partial().is_some()) {
        let missing = format!("the list ended early, after {count} pages: {failure}");
        slot.learn_partly(gathered, missing, Some(failure), now);
    } else {
        slot.fail(failure);
    }
    Err(kind)
}

/// Stores the recorded writes; those of another region may be missing.
pub(super) fn trail(
    slot: &mut Observed<Vec<TrailEvent>>,
    pages: Vec<Fact>,
    part: Part,
    now: Timestamp,
) -> Result<(), FailureKind> {
    let mut without = None;
    let outcome = all(slot, pages, part, now, |fact| match fact {
        Fact::Trail(found) => Some(found),
        Fact::TrailWithout(failure) => {
            without = Some(failure);
            None
        }
        _ => None,
    });
    if let (Ok(()), Some(failure)) = (outcome, without) {
        slot.filled(Some(failure.message), None, now);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_region_records_may_be_missing_and_the_rest_is_as_new_as_ever() {
        let event = |id: &str| TrailEvent { id: id.into(), ..TrailEvent::default() };
        let mut slot = Observed::default();
        let failure = Failure::new(FailureKind::Denied, "cloudtrail:LookupEvents: no");
        for (second, id) in [(1, "a"), (2, "b")] {
            let pages = vec![Fact::Trail(vec![event(id)]), Fact::TrailWithout(failure.clone())];
            let now = Timestamp::from_second(second).unwrap();
            assert_eq!(trail(&mut slot, pages, Part::Last(Fact::Trail(Vec::new())), now), Ok(()));
            assert_eq!(slot.value(), Some(&vec![event(id)]));
            assert_eq!((slot.at(), slot.failure()), (Some(now), None));
            assert!(slot.partial().is_some_and(|why| why.contains("cloudtrail:LookupEvents")));
        }
        let last = Part::Last(Fact::Trail(vec![event("c")]));
        assert_eq!(trail(&mut slot, Vec::new(), last, Timestamp::from_second(3).unwrap()), Ok(()));
        assert_eq!(slot.partial(), None);
    }
}
