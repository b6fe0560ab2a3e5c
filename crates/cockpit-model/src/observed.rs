//! The only way in which outside data enters the model: a value with its age, its last failure and
//! what is missing from it. A failed poll never empties the value.

use super::failure::Failure;
use jiff::{SignedDuration, Timestamp};

/// A value that was read from outside, with everything that decides how far it can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed<T> {
    value: Option<T>,
    at: Option<Timestamp>,
    failure: Option<Failure>,
    partial: Option<String>,
}

/// The state of a value now; each has its own look on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Never read, nothing has failed: the first answer is on its way.
    Loading,
    /// Read within twice its interval.
    Fresh,
    /// The last good value is older than twice its interval.
    Stale,
    /// Some of it could not be read.
    Partial,
    /// The last read failed; a value, if any, is the last good one.
    Failed,
}

impl<T> Default for Observed<T> {
    fn default() -> Self {
        Self { value: None, at: None, failure: None, partial: None }
    }
}

impl<T> Observed<T> {
    /// A whole, good read at `now`: clears a failure and a partial mark.
    pub fn learn(&mut self, value: T, now: Timestamp) {
        *self = Self { value: Some(value), at: Some(now), failure: None, partial: None };
    }

    /// A failed read: the last good value stays, with its age.
    pub fn fail(&mut self, failure: Failure) {
        self.failure = Some(failure);
    }

    /// A read in which something is missing; `what` says what, in a sentence.
    pub fn learn_partly(&mut self, value: T, what: String, failure: Option<Failure>, now: Timestamp) {
        *self = Self { value: Some(value), at: Some(now), failure, partial: Some(what) };
    }

    /// The value that was read last.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The value in place, for collections that fill batch by batch before their read ends.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    /// The value in place, put there empty when there is none yet. Its age stays as it was: a read
    /// that has only begun makes nothing newer.
    pub fn fill(&mut self) -> &mut T
    where
        T: Default,
    {
        self.value.get_or_insert_with(T::default)
    }

    /// The end of a read that filled the value in place (see [`Self::fill`]): `missing` says what
    /// it lacks, if anything, and `failure` why.
    pub fn filled(&mut self, missing: Option<String>, failure: Option<Failure>, now: Timestamp)
    where
        T: Default,
    {
        self.fill();
        self.at = Some(now);
        self.partial = missing;
        self.failure = failure;
    }

    /// When the value was last read whole.
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// The failure of the last read, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// The reason why something is missing, if something is.
    pub fn partial(&self) -> Option<&str> {
        self.partial.as_deref()
    }

    /// Age of the last good value.
    pub fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.at.map(|at| now.duration_since(at).max(SignedDuration::ZERO))
    }

    /// The state of the value at `now`, given how often it is meant to be read.
    pub fn freshness(&self, now: Timestamp, interval: SignedDuration) -> Freshness {
        if self.failure.is_some() && self.partial.is_none() {
            Freshness::Failed
        } else if self.partial.is_some() {
            Freshness::Partial
        } else {
            match self.age(now) {
                None => Freshness::Loading,
                Some(age) if age > interval * 2 => Freshness::Stale,
                Some(_) => Freshness::Fresh,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("in range")
    }

    #[test]
    fn a_failure_keeps_the_last_good_value_and_its_age() {
        let mut seen = Observed::default();
        assert_eq!(seen.freshness(at(0), SignedDuration::from_secs(10)), Freshness::Loading);
        seen.learn(7, at(0));
        seen.fail(Failure::new(FailureKind::Throttled, "Rate exceeded"));
        assert_eq!(seen.value(), Some(&7));
        assert_eq!(seen.age(at(5)), Some(SignedDuration::from_secs(5)));
        assert_eq!(seen.freshness(at(5), SignedDuration::from_secs(10)), Freshness::Failed);
        seen.learn(8, at(6));
        assert_eq!(seen.freshness(at(6), SignedDuration::from_secs(10)), Freshness::Fresh);
        assert_eq!(seen.freshness(at(27), SignedDuration::from_secs(10)), Freshness::Stale);
    }

    #[test]
    fn a_partial_read_says_what_is_missing() {
        let mut seen = Observed::default();
        seen.learn_partly(vec![1], "10 of 20 services".into(), None, at(0));
        assert_eq!(seen.partial(), Some("10 of 20 services"));
        assert_eq!(seen.freshness(at(0), SignedDuration::from_secs(10)), Freshness::Partial);
    }
}
