//! Values that an answer replaces as a whole.

use crate::feeds::aws::{Fact, Part};
use crate::model::timeline::TrailEvent;
use crate::model::{Failure, FailureKind, Observed};
use jiff::Timestamp;

/// Stores an answer that is a single value.
pub(super) fn store_value<T>(
    slot: &mut Observed<T>,
    part: Part,
    now: Timestamp,
    pick: impl Fn(Fact) -> Option<T>,
) -> Result<(), FailureKind> {
    let failure = match part {
        Part::Page(fact) | Part::Last(fact) => match pick(fact) {
            Some(value) => {
                slot.record(value, now);
                return Ok(());
            }
            None => Failure::mismatched_answer(),
        },
        Part::Failed(failure) => failure,
    };
    let kind = failure.kind;
    slot.record_failure(failure);
    Err(kind)
}

/// Stores an answer that is a list in pages.
pub(super) fn store_list<T>(
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
                slot.record(gathered, now);
                return Ok(());
            }
            None => Failure::mismatched_answer(),
        },
        Part::Failed(failure) => failure,
    };
    let kind = failure.kind;
    if count > 0 && (slot.at().is_none() || slot.partial().is_some()) {
        let missing = format!("the list ended early, after {count} pages: {failure}");
        slot.record_partial(gathered, missing, Some(failure), now);
    } else {
        slot.record_failure(failure);
    }
    Err(kind)
}

/// Stores the recorded API writes; those of another region may be missing.
pub(super) fn trail(
    slot: &mut Observed<Vec<TrailEvent>>,
    pages: Vec<Fact>,
    part: Part,
    now: Timestamp,
) -> Result<(), FailureKind> {
    let mut without = None;
    let outcome = store_list(slot, pages, part, now, |fact| match fact {
        Fact::Trail(found) => Some(found),
        Fact::TrailIncomplete(failure) => {
            without = Some(failure);
            None
        }
        _ => None,
    });
    if let (Ok(()), Some(failure)) = (outcome, without) {
        slot.finish_fill(Some(failure.message), None, now);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_of_another_region_may_be_missing_and_the_rest_stays_fresh() {
        let event = |id: &str| TrailEvent { id: id.into(), ..TrailEvent::default() };
        let mut slot = Observed::default();
        let failure = Failure::new(FailureKind::Denied, "cloudtrail:LookupEvents: no");
        for (second, id) in [(1, "a"), (2, "b")] {
            let pages = vec![Fact::Trail(vec![event(id)]), Fact::TrailIncomplete(failure.clone())];
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
