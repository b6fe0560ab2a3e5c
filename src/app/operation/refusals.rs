//! The messages on credentials that AWS refuses while an operation goes on: once, what is waited for, and that it was
//! given up.

use super::outcome::{Outcome, Verdict};
use super::step::Ctx;
use crate::app::refusals::PATIENCE;
use crate::model::{Failure, FailureKind};

/// Kinds of failures that were told since AWS last answered: the same again is no news, one of another kind is. What is
/// waited for after expired credentials is not what is waited for after those of another account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReportedFailures(Vec<FailureKind>);

impl ReportedFailures {
    /// AWS answers again: forgets the failures that were reported.
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

/// The words for the wait after such a failure, where credentials can come back.
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

    fn refused(lasting: bool) -> Failure {
        Failure::new(FailureKind::Credentials, "ExpiredToken").lasting(lasting)
    }

    #[test]
    fn a_failure_is_reported_once_until_aws_answers_and_another_kind_at_once() {
        let (mut told, elsewhere) =
            (ReportedFailures::default(), Failure::other_account("999999999999", "123456789012"));
        assert!(told.is_news(&refused(false)) && !told.is_news(&refused(false)));
        assert!(told.is_news(&elsewhere) && !told.is_news(&elsewhere));
        assert!(!told.is_news(&refused(false)), "by turns they are no news either");
        told.clear();
        assert!(told.is_news(&refused(false)));
    }
}
