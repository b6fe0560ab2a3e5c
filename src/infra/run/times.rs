//! How long changes took in earlier runs, for estimates.

use super::events::Reader;
use super::folder;
use crate::model::infra::RunState;
use crate::model::infra::estimate::History;
use crate::model::infra::run_event::Goal;
use std::path::Path;

/// How many of the latest runs that changed something are read.
const RUNS: usize = 8;
/// Longer events than this are not read for an estimate.
const LONGEST: u64 = 64 * 1024 * 1024;

/// The times of an environment's latest runs. What cannot be read tells nothing.
pub fn history(runs: &Path, environment: &str) -> History {
    let mut history = History::default();
    let listed = folder::list(runs, environment).unwrap_or_default();
    let changed = listed
        .into_iter()
        .filter(|run| run.order.as_ref().is_some_and(|order| order.goal != Goal::Plan && order.goal != Goal::Drift));
    for run in changed.take(RUNS) {
        let events = run.folder.join(folder::EVENTS);
        if std::fs::metadata(events).is_ok_and(|file| file.len() <= LONGEST)
            && let Ok(read) = Reader::new(0).read_all(&run.folder)
        {
            history.add(&RunState::of(&read.events));
        }
    }
    history
}
