//! The end of `--timeout` before anything was changed.

use crate::cli::{ExitCode, Report};

/// `--timeout` ended a read. `doing` is the rest of the sentence, what was not had by then: `the instances were not read`.
pub(super) fn time_is_up(doing: &str) -> Report {
    Report::new("timeout", format!("the time is up: {doing}"), ExitCode::TimedOut)
        .hint("give it more time with --timeout")
}

/// `--timeout` ended what was to change something, or may have been, before it did.
pub(super) fn nothing_changed(doing: &str) -> Report {
    time_is_up(doing).cause("nothing was changed")
}
