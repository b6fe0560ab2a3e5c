//! What looks again and again does not wait for what cannot come: a source that AWS refuses for a key that nobody can renew
//! while this process runs.

use super::context::Reading;
use crate::app::refusals::Refusals;
use crate::cli::Report;
use crate::model::{Failure, Source};
use std::collections::BTreeSet;

/// Polls in a row at which a source that is waited for was refused.
#[derive(Debug, Default)]
pub(super) struct RefusedPolls(Refusals);

impl RefusedPolls {
    /// Takes in one poll, at which these sources are waited for, whether they were refused or not.
    ///
    /// # Errors
    /// When refusals repeat: `what` can no longer come true. A single one may be a fault on the side of AWS.
    pub(super) fn take(&mut self, reading: &Reading, waited_for: &BTreeSet<Source>, what: &str) -> Result<(), Report> {
        let refused = waited_for.iter().find_map(|source| Some((source, failure(reading, *source)?)));
        let Some((source, failure)) = refused else {
            self.0.clear();
            return Ok(());
        };
        if !self.0.note(&failure, reading.collector.app.now) {
            return Ok(());
        }
        let message = format!("{what}: {} cannot be read any more", source.words());
        Err(Report::of_failure(message, &failure))
    }
}

/// The sources that AWS refused at this look for a key that cannot be renewed.
pub(super) fn refused(reading: &Reading) -> BTreeSet<Source> {
    Source::ALL.into_iter().filter(|source| failure(reading, *source).is_some()).collect()
}

fn failure(reading: &Reading, source: Source) -> Option<Failure> {
    reading.collector.app.estate.status(source).failure.filter(|failure| failure.lasting)
}
