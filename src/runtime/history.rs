//! The local sources of the time line: the audit file, and runs over the environment's units.

use crate::feeds::runs::Place;
use crate::infra::run::events::Reader;
use crate::infra::run::folder;
use crate::model::infra::RunState;
use crate::model::infra::run_event::RunEnd;
use crate::model::infra::run_order::ListedRun;
use crate::model::timeline::local::{Local, Run};
use crate::runtime::audit;
use jiff::{SignedDuration, Timestamp};

/// How long an operation may have run before the start of the time line, to be found when it ended within it.
const MAX_DURATION: SignedDuration = SignedDuration::from_hours(6);

/// Reads both sources. A source that cannot be read is listed as missing; the other one is still used.
pub fn read(place: &Place, environment: &str, since: Timestamp) -> Local {
    let mut local = Local::default();
    let file = if place.simulated { audit::simulated_path() } else { audit::path(place.audit_file.as_deref()) };
    if let Some(path) = file {
        match audit::read(&path) {
            Ok((records, _)) => {
                // An operation that ended since may have begun earlier.
                let from = since.checked_sub(MAX_DURATION).unwrap_or(since);
                local.records = records.into_iter().filter(|record| record.time >= from).collect();
            }
            Err(error) => local.missing.push(format!("! audit could not be read: {}: {error}", path.display())),
        }
    }
    if let Some(runs) = audit::runs_folder(place) {
        match folder::list(&runs, environment) {
            Ok(listed) => {
                // Names sort by time, so much older runs are skipped without opening them.
                let from = since.checked_sub(MAX_DURATION).unwrap_or(since).strftime("%Y%m%dT%H%M%SZ").to_string();
                let recent = listed.iter().filter(|listed| listed.live || listed.run >= from);
                local.runs = recent.filter_map(run).collect();
            }
            Err(error) => local.missing.push(format!("! infra.runs could not be read: {}: {error}", runs.display())),
        }
    }
    local
}

/// Returns a run, if it can be read.
fn run(listed: &ListedRun) -> Option<Run> {
    let events = Reader::new(0).read_all(&listed.folder).ok()?;
    let state = RunState::of(&events.events);
    let order = listed.order.as_ref()?;
    let ended = state.end.map(|(at, end)| match end {
        RunEnd::Done => (at, "done".to_owned(), true),
        RunEnd::Failed => (at, "failed".to_owned(), false),
        RunEnd::Cancelled => (at, "cancelled".to_owned(), false),
    });
    Some(Run {
        run: listed.run.clone(),
        goal: order.goal.name().to_owned(),
        began: state.began?,
        ended,
        by: format!("{}@{}", order.by.user, order.by.host),
        read_only: !order.goal.applies(),
    })
}
