//! The only way for outside data to enter the model: a value with its age, its last failure and what is missing from
//! it. A failed poll never clears the value.

use super::failure::Failure;
use jiff::{SignedDuration, Timestamp};

/// A value read from outside, with everything that determines how far it can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed<T> {
    value: Option<T>,
    at: Option<Timestamp>,
    failure: Option<Failure>,
    partial: Option<String>,
}

/// The state of a value; each state looks different on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Never read and nothing has failed: the first answer is pending.
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
    /// Records a complete successful read at `now`; clears a failure and a partial mark.
    pub fn record(&mut self, value: T, now: Timestamp) {
        *self = Self { value: Some(value), at: Some(now), failure: None, partial: None };
    }

    /// Records a failed read: the last good value and its age are kept.
    pub fn record_failure(&mut self, failure: Failure) {
        self.failure = Some(failure);
    }

    /// Records a read with missing data, which `what` describes in a sentence.
    pub fn record_partial(&mut self, value: T, what: String, failure: Option<Failure>, now: Timestamp) {
        *self = Self { value: Some(value), at: Some(now), failure, partial: Some(what) };
    }

    /// Returns the last value.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Returns the value for updates in place, for collections that fill batch by batch.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut()
    }

    /// Returns the value for updates in place, or an empty one if there is none yet. Its age is unchanged, because
    /// starting a read makes nothing newer.
    pub fn value_or_default(&mut self) -> &mut T
    where
        T: Default,
    {
        self.value.get_or_insert_with(T::default)
    }

    /// Ends a read that filled the value in place (see [`Self::value_or_default`]): `missing` describes missing data, if any, and
    /// `failure` the cause.
    pub fn finish_fill(&mut self, missing: Option<String>, failure: Option<Failure>, now: Timestamp)
    where
        T: Default,
    {
        self.value_or_default();
        self.at = Some(now);
        self.partial = missing;
        self.failure = failure;
    }

    /// Returns when the value was last read.
    pub fn at(&self) -> Option<Timestamp> {
        self.at
    }

    /// Returns the failure of the last read, if it failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Returns what is missing, if anything.
    pub fn partial(&self) -> Option<&str> {
        self.partial.as_deref()
    }

    /// Returns the age of the last good value.
    pub fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.at.map(|at| now.duration_since(at).max(SignedDuration::ZERO))
    }

    /// Returns the state of the value at `now`, given its read interval.
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
    fn failure_keeps_the_last_good_value_and_its_age() {
        let mut seen = Observed::default();
        assert_eq!(seen.freshness(at(0), SignedDuration::from_secs(10)), Freshness::Loading);
        seen.record(7, at(0));
        seen.record_failure(Failure::new(FailureKind::Throttled, "Rate exceeded"));
        assert_eq!(seen.value(), Some(&7));
        assert_eq!(seen.age(at(5)), Some(SignedDuration::from_secs(5)));
        assert_eq!(seen.freshness(at(5), SignedDuration::from_secs(10)), Freshness::Failed);
        seen.record(8, at(6));
        assert_eq!(seen.freshness(at(6), SignedDuration::from_secs(10)), Freshness::Fresh);
        assert_eq!(seen.freshness(at(27), SignedDuration::from_secs(10)), Freshness::Stale);
    }

    #[test]
    fn partial_read_describes_what_is_missing() {
        let mut seen = Observed::default();
        seen.record_partial(vec![1], "10 of 20 services".into(), None, at(0));
        assert_eq!(seen.partial(), Some("10 of 20 services"));
        assert_eq!(seen.freshness(at(0), SignedDuration::from_secs(10)), Freshness::Partial);
    }
}
