//! Errors for a `--timeout` that ended before anything was changed.

use crate::cli::{ExitCode, Report};

/// Returns the error for a read that `--timeout` ended. `doing` completes the sentence: `the instances were not read`.
pub(super) fn time_is_up(doing: &str) -> Report {
    Report::new("timeout", format!("the time is up: {doing}"), ExitCode::TimedOut)
        .hint("give it more time with --timeout")
}

/// Returns the error for a change that `--timeout` ended before it was made.
pub(super) fn nothing_changed(doing: &str) -> Report {
    time_is_up(doing).cause("nothing was changed")
}
