//! Checks that a list on which a change is based was read completely. With an incomplete list, resources could be left
//! out of the change, or a typed name could mean an unread resource.

use super::context::Reading;
use super::timeouts::nothing_changed;
use crate::cli::{ExitCode, Report};
use crate::model::Source;
use crate::runtime::Collected;

/// Succeeds if all of these sources were read; `what` names them in errors: `services`.
///
/// # Errors
/// Fails with the sources that were not read, and the reason.
pub(super) fn require_complete(reading: &Reading, sources: &[Source], what: &str) -> Result<(), Report> {
    reading.check_credentials()?;
    if reading.collected == Collected::TimedOut {
        return Err(nothing_changed(&format!("the {what} were not listed")));
    }
    let estate = &reading.collector.app.estate;
    for source in sources.iter().filter(|source| !reading.skipped.contains(source)) {
        let status = estate.status(*source);
        if status.at.is_some() && status.failure.is_none() && status.partial.is_none() {
            continue;
        }
        let message = format!("not all {what} were read");
        let mut report = match &status.failure {
            Some(failure) => Report::from_failure(message, failure),
            None => Report::new("incomplete", message, ExitCode::Incomplete).hint("try again"),
        };
        if let Some(partial) = status.partial {
            report.causes = vec![partial];
        }
        if report.code == ExitCode::Failed {
            report.code = ExitCode::Incomplete;
        }
        return Err(report.cause("nothing was changed"));
    }
    Ok(())
}

/// Like [`require_complete`] for typed names: with an incomplete list, only full names are accepted. Returns whether
/// the list was complete.
///
/// # Errors
/// Fails if the list is incomplete and a typed name is not the full name of a resource that was read.
pub(super) fn complete_or_exact(
    reading: &Reading,
    sources: &[Source],
    what: &str,
    (typed, known): (&[&str], &[&str]),
) -> Result<bool, Report> {
    match require_complete(reading, sources, what) {
        Ok(()) => Ok(true),
        Err(report) if report.code != ExitCode::Incomplete || typed.is_empty() => Err(report),
        Err(_) if typed.iter().all(|typed| known.contains(typed)) => Ok(false),
        Err(report) => Err(report.cause("what is not read may be meant: only the whole name of one that was is taken")),
    }
}
