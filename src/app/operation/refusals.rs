//! Messages about refused credentials during an operation: each is reported once, with what is awaited, and when it is
//! given up.

use super::outcome::{Outcome, Verdict};
use super::step::Ctx;
use crate::app::refusals::PATIENCE;
use crate::model::{Failure, FailureKind};

/// The kinds of failures reported since AWS last answered: the same kind again is not news, another kind is. The wait
/// after expired credentials differs from the wait after another account's credentials.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ReportedFailures(Vec<FailureKind>);

impl ReportedFailures {
    /// AWS answers again: forgets the reported failures.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether a failure of this kind was not reported yet; records it as reported.
    pub(super) fn is_news(&mut self, failure: &Failure) -> bool {
        let new = !self.0.contains(&failure.kind);
        if new {
            self.0.push(failure.kind);
        }
        new
    }
}

/// Describes the wait after such a failure, if the credentials can be renewed.
pub(super) fn waiting(failure: &Failure) -> String {
    if failure.kind == FailureKind::Credentials && !failure.permanent {
        return format!(
            "; new credentials are waited for, {} at most",
            crate::model::time::sentence_duration(PATIENCE)
        );
    }
    String::new()
}

/// The outcome of a watch that AWS does not permit to continue.
pub(super) fn given_up(title: &str, failure: &Failure, again: &str, ctx: &Ctx<'_>) -> Outcome {
    let why = if failure.permanent { "these cannot be renewed while this runs" } else { "no new ones came in time" };
    let summary = format!("{title}: AWS refuses the credentials, and {why}; it may still be going on");
    Outcome::new(Verdict::Unknown, summary)
        .hint(format!("with new credentials, look again with `{again} --env {}`", ctx.environment.name))
        .caused_by(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(lasting: bool) -> Failure {
        Failure::new(FailureKind::Credentials, "ExpiredToken").mark_permanent(lasting)
    }

    #[test]
    fn failure_is_reported_once_per_kind_until_aws_answers() {
        let (mut told, elsewhere) =
            (ReportedFailures::default(), Failure::account_changed("999999999999", "123456789012"));
        assert!(told.is_news(&refused(false)) && !told.is_news(&refused(false)));
        assert!(told.is_news(&elsewhere) && !told.is_news(&elsewhere));
        assert!(!told.is_news(&refused(false)), "by turns they are no news either");
        told.clear();
        assert!(told.is_news(&refused(false)));
    }
}
