//! The durations of changes in earlier runs, for estimates.

use super::events::Reader;
use super::folder;
use crate::model::infra::RunState;
use crate::model::infra::estimate::History;
use crate::model::infra::run_event::Goal;
use std::path::Path;

/// The number of the latest runs with changes to read.
const RUNS: usize = 8;
/// The maximum size of a run's events in bytes; larger ones are skipped.
const MAX_SIZE: u64 = 64 * 1024 * 1024;

/// Returns the durations from an environment's latest runs. Runs that cannot be read are skipped.
pub fn history(runs: &Path, environment: &str) -> History {
    let mut history = History::default();
    let listed = folder::list(runs, environment).unwrap_or_default();
    let changed = listed
        .into_iter()
        .filter(|run| run.order.as_ref().is_some_and(|order| order.goal != Goal::Plan && order.goal != Goal::Drift));
    for run in changed.take(RUNS) {
        let events = run.folder.join(folder::EVENTS);
        if std::fs::metadata(events).is_ok_and(|file| file.len() <= MAX_SIZE)
            && let Ok(read) = Reader::new(0).read_all(&run.folder)
        {
            history.add(&RunState::of(&read.events));
        }
    }
    history
}
