//! How long credentials that AWS refuses are waited for, and when that is given up.
//!
//! A profile, single sign-on or a helper program can come back with new ones, and a person needs minutes for that.
//! A key in the environment of this process cannot: it is given up as soon as it is sure that it was refused.

use super::outcome::{Outcome, Verdict};
use super::step::Ctx;
use crate::model::{Failure, FailureKind};
use jiff::{SignedDuration, Timestamp};

/// Credentials that can be renewed are waited for this long.
pub(super) const PATIENCE: SignedDuration = SignedDuration::from_mins(15);
/// Credentials that cannot be renewed are given up when so many requests at different times were refused: one
/// refusal may be a fault on the side of AWS.
const SURE: u32 = 3;

/// Refusals in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refusals {
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    times: u32,
}

impl Refusals {
    /// AWS took the credentials.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes a failure in; whether the credentials are to be given up. Another failure says nothing of them.
    pub(super) fn note(&mut self, failure: &Failure, now: Timestamp) -> bool {
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

/// Kinds of failures that were told since AWS last answered: the same again is no news, one of another kind is. What is
/// waited for after expired credentials is not what is waited for after those of another account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ToldKinds(Vec<FailureKind>);

impl ToldKinds {
    /// AWS answers again.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether one of its kind was not told yet; it is from now on.
    pub(super) fn is_news(&mut self, failure: &Failure) -> bool {
        let new = !self.0.contains(&failure.kind);
        if new {
            self.0.push(failure.kind);
        }
        new
    }
}

/// What is waited for after such a failure, where it is one of credentials that can come back.
pub(super) fn waiting(failure: &Failure) -> String {
    if failure.kind == FailureKind::Credentials && !failure.lasting {
        return format!("; new credentials are waited for, {} at most", crate::model::time::spoken(PATIENCE));
    }
    String::new()
}

/// The end of a watch that AWS does not let go on.
pub(super) fn given_up(title: &str, failure: &Failure, again: &str, ctx: &Ctx<'_>) -> Outcome {
    let why = if failure.lasting { "these cannot be renewed while this runs" } else { "no new ones came in time" };
    let summary = format!("{title}: AWS refuses the credentials, and {why}; it may still be going on");
    Outcome::new(Verdict::Unknown, summary)
        .hint(format!("with new credentials, look again with `{again} --env {}`", ctx.environment.name))
        .because(failure)
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
    fn a_failure_is_told_once_until_aws_answers_and_one_of_another_kind_at_once() {
        let (mut told, elsewhere) = (ToldKinds::default(), Failure::other_account("999999999999", "123456789012"));
        assert!(told.is_news(&refused(false)) && !told.is_news(&refused(false)));
        assert!(told.is_news(&elsewhere) && !told.is_news(&elsewhere));
        assert!(!told.is_news(&refused(false)), "by turns they are no news either");
        told.clear();
        assert!(told.is_news(&refused(false)));
    }

    #[test]
    fn no_other_failure_is_one_of_credentials() {
        let mut refusals = Refusals::default();
        for second in 0..2_000 {
            assert!(!refusals.note(&Failure::new(FailureKind::Throttled, "slow down").lasting(true), at(second)));
        }
    }
}
