//! Ends polling when AWS refuses credentials that cannot be renewed while this process runs.

use super::context::Reading;
use crate::app::refusals::Refusals;
use crate::cli::Report;
use crate::model::{Failure, Source};
use std::collections::BTreeSet;

/// Counts consecutive polls in which a source that is waited for was refused.
#[derive(Debug, Default)]
pub(super) struct RefusedPolls(Refusals);

impl RefusedPolls {
    /// Records a poll.
    ///
    /// # Errors
    /// Fails after repeated refusals; `what` names the state that was waited for. A single refusal may be a fault of AWS.
    pub(super) fn record(
        &mut self,
        reading: &Reading,
        waited_for: &BTreeSet<Source>,
        what: &str,
    ) -> Result<(), Report> {
        let refused = waited_for.iter().find_map(|source| Some((source, permanent_failure(reading, *source)?)));
        let Some((source, failure)) = refused else {
            self.0.clear();
            return Ok(());
        };
        if !self.0.note(&failure, reading.collector.app.now) {
            return Ok(());
        }
        let message = format!("{what}: {} cannot be read any more", source.label());
        Err(Report::from_failure(message, &failure))
    }
}

/// Returns the sources that were refused in this poll for a key that cannot be renewed.
pub(super) fn refused_sources(reading: &Reading) -> BTreeSet<Source> {
    Source::ALL.into_iter().filter(|source| permanent_failure(reading, *source).is_some()).collect()
}

fn permanent_failure(reading: &Reading, source: Source) -> Option<Failure> {
    reading.collector.app.estate.status(source).failure.filter(|failure| failure.permanent)
}
