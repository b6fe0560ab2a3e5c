//! How long to wait for new credentials after AWS refuses the current ones, and when to give up.
//!
//! A profile, single sign-on or a helper program can provide new credentials, and a person needs minutes for that. Keys
//! in the environment of this process cannot change: they are given up as soon as the refusal is certain.

use crate::model::{Failure, FailureKind};
use jiff::{SignedDuration, Timestamp};

/// How long renewable credentials are waited for.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// Number of refusals, at different times, after which credentials that cannot be renewed are given up: a single
/// refusal may be a fault of AWS.
const SURE: u32 = 3;

/// Consecutive refusals of the credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    times: u32,
}

impl Refusals {
    /// Records that AWS accepted the credentials.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Records a failure; returns whether to give the credentials up. Only failures of credentials count.
    pub fn note(&mut self, failure: &Failure, now: Timestamp) -> bool {
        if failure.kind != FailureKind::Credentials {
            return false;
        }
        let first = *self.first.get_or_insert(now);
        if self.last != Some(now) {
            self.last = Some(now);
            self.times += 1;
        }
        if failure.permanent { self.times >= SURE } else { now.duration_since(first) >= PATIENCE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("valid")
    }

    fn refused(lasting: bool) -> Failure {
        Failure::new(FailureKind::Credentials, "ExpiredToken").mark_permanent(lasting)
    }

    #[test]
    fn permanent_keys_are_given_up_after_three_refusals_at_different_times() {
        let mut refusals = Refusals::default();
        assert!(!refusals.note(&refused(true), at(0)));
        assert!(!refusals.note(&refused(true), at(0)), "two requests of one moment are one refusal");
        assert!(!refusals.note(&refused(true), at(3)));
        assert!(refusals.note(&refused(true), at(9)));
        refusals.clear();
        assert!(!refusals.note(&refused(true), at(12)), "AWS took it in between");
    }

    #[test]
    fn renewable_credentials_are_given_up_after_fifteen_minutes() {
        let mut refusals = Refusals::default();
        for second in 0..900 {
            assert!(!refusals.note(&refused(false), at(second)), "{second}");
        }
        assert!(refusals.note(&refused(false), at(900)));
    }

    #[test]
    fn other_failures_are_not_counted_as_refusals() {
        let mut refusals = Refusals::default();
        for second in 0..2_000 {
            assert!(
                !refusals.note(&Failure::new(FailureKind::Throttled, "slow down").mark_permanent(true), at(second))
            );
        }
    }
}
