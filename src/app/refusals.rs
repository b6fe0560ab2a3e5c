//! How long credentials that AWS refuses are waited for, and when that is given up.
//!
//! A profile, single sign-on or a helper program can come back with new ones, and a person needs minutes for that.
//! A key in the environment of this process cannot: it is given up as soon as it is sure that it was refused.

use crate::model::{Failure, FailureKind};
use jiff::{SignedDuration, Timestamp};

/// Credentials that can be renewed are waited for this long.
pub const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// Credentials that cannot be renewed are given up when so many requests at different times were refused: one
/// refusal may be a fault on the side of AWS.
const SURE: u32 = 3;

/// Consecutive refusals of the credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    times: u32,
}

impl Refusals {
    /// AWS took the credentials.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Notes a failure; returns whether to give the credentials up. Other failures say nothing about them.
    pub fn note(&mut self, failure: &Failure, now: Timestamp) -> bool {
        if failure.kind != FailureKind::Credentials {
            return false;
        }
        let first = *self.first.get_or_insert(now);
        if self.last != Some(now) {
            self.last = Some(now);
            self.times += 1;
        }
        if failure.lasting { self.times >= SURE } else { now.duration_since(first) >= PATIENCE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("valid")
    }

    fn refused(lasting: bool) -> Failure {
        Failure::new(FailureKind::Credentials, "ExpiredToken").lasting(lasting)
    }

    #[test]
    fn a_key_that_cannot_be_renewed_is_given_up_after_three_refusals_at_different_times() {
        let mut refusals = Refusals::default();
        assert!(!refusals.note(&refused(true), at(0)));
        assert!(!refusals.note(&refused(true), at(0)), "two requests of one moment are one refusal");
        assert!(!refusals.note(&refused(true), at(3)));
        assert!(refusals.note(&refused(true), at(9)));
        refusals.clear();
        assert!(!refusals.note(&refused(true), at(12)), "AWS took it in between");
    }

    #[test]
    fn credentials_that_can_be_renewed_are_waited_for_with_a_limit() {
        let mut refusals = Refusals::default();
        for second in 0..900 {
            assert!(!refusals.note(&refused(false), at(second)), "{second}");
        }
        assert!(refusals.note(&refused(false), at(900)));
    }

    #[test]
    fn no_other_failure_is_one_of_credentials() {
        let mut refusals = Refusals::default();
        for second in 0..2_000 {
            assert!(!refusals.note(&Failure::new(FailureKind::Throttled, "slow down").lasting(true), at(second)));
        }
    }
}
