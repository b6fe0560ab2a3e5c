//! The end of `--timeout` before anything was changed.

use crate::cli::{ExitCode, Report};

/// `--timeout` ended it before anything was changed. `doing` is the rest of the sentence, what was not had by then:
/// `the instances were not read in it`.
pub(super) fn time_is_up(doing: &str) -> Report {
    let mut report = Report::new("timeout", format!("the time is up: {doing}"), ExitCode::TimedOut);
    report.causes.push("nothing was changed".to_owned());
    report.hint("give it more time with --timeout")
}
