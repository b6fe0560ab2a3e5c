//! Whether a list that a change rests on was read whole. Of one that was not nobody can say what is not in it: what is missing
//! is neither stopped nor told apart from what was typed.

use super::context::Reading;
use super::late::nothing_changed;
use crate::cli::{ExitCode, Report};
use crate::model::Source;
use crate::runtime::Collected;

/// Nothing where all of these sources were read; `what` they are: `services`.
///
/// # Errors
/// What was not read, and why.
pub(super) fn whole(reading: &Reading, sources: &[Source], what: &str) -> Result<(), Report> {
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
            Some(failure) => Report::of_failure(message, failure),
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

/// The same for names that were typed: of a list that was not read whole only a whole name can be meant. Whether it was.
///
/// # Errors
/// What was not read, where one of `typed` is not the whole name of one that was.
pub(super) fn whole_or_exact(
    reading: &Reading,
    sources: &[Source],
    what: &str,
    (typed, known): (&[&str], &[&str]),
) -> Result<bool, Report> {
    match whole(reading, sources, what) {
        Ok(()) => Ok(true),
        Err(report) if report.code != ExitCode::Incomplete || typed.is_empty() => Err(report),
        Err(_) if typed.iter().all(|typed| known.contains(typed)) => Ok(false),
        Err(report) => Err(report.cause("what is not read may be meant: only the whole name of one that was is taken")),
    }
}
