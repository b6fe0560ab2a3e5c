//! Stops polling when a source is refused for good: AWS refuses its access key, and nobody can renew that while this
//! process runs.

use super::context::Reading;
use crate::app::refusals::Refusals;
use crate::cli::Report;
use crate::model::{Failure, Source};
use std::collections::BTreeSet;

/// Counts consecutive polls in which a required source was refused.
#[derive(Debug, Default)]
pub(super) struct RefusedPolls(Refusals);

impl RefusedPolls {
    /// Records a poll in which these sources were required.
    ///
    /// # Errors
    /// Fails once refusals repeat: `what` can no longer come true. A single refusal may be a fault of AWS.
    pub(super) fn record(
        &mut self,
        reading: &Reading,
        waited_for: &BTreeSet<Source>,
        what: &str,
    ) -> Result<(), Report> {
        let refused = waited_for.iter().find_map(|source| Some((source, failure(reading, *source)?)));
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
    Source::ALL.into_iter().filter(|source| failure(reading, *source).is_some()).collect()
}

fn failure(reading: &Reading, source: Source) -> Option<Failure> {
    reading.collector.app.estate.status(source).failure.filter(|failure| failure.permanent)
}
