//! The sources of the time line on this machine: the audit file, and runs over the environment's units.

use crate::feeds::runs::Place;
use crate::infra::run::events::Reader;
use crate::infra::run::folder;
use crate::model::infra::RunState;
use crate::model::infra::order::Listed;
use crate::model::infra::run_event::RunEnd;
use crate::model::timeline::local::{Local, Run};
use crate::runtime::audit;
use jiff::{SignedDuration, Timestamp};

/// Operations that ended lately did not begin longer before than this.
const BEFORE: SignedDuration = SignedDuration::from_hours(6);

/// Reads them; what cannot be read is said, and the rest stands.
pub fn read(place: &Place, environment: &str, since: Timestamp) -> Local {
    let mut local = Local::default();
    let file = if place.simulated { audit::simulated() } else { audit::path(place.audit_file.as_deref()) };
    if let Some(path) = file {
        match audit::read(&path) {
            Ok((records, _)) => {
                // The beginning of what ended since may be older.
                let from = since.checked_sub(BEFORE).unwrap_or(since);
                local.records = records.into_iter().filter(|record| record.time >= from).collect();
            }
            Err(error) => local.missing.push(format!("! audit could not be read: {}: {error}", path.display())),
        }
    }
    if let Some(runs) = audit::runs(place) {
        match folder::list(&runs, environment) {
            Ok(listed) => {
                // Their names sort by time: what is far older needs no look into.
                let from = since.checked_sub(BEFORE).unwrap_or(since).strftime("%Y%m%dT%H%M%SZ").to_string();
                let recent = listed.iter().filter(|listed| listed.live || listed.run >= from);
                local.runs = recent.filter_map(run).collect();
            }
            Err(error) => local.missing.push(format!("! infra.runs could not be read: {}: {error}", runs.display())),
        }
    }
    local
}

/// A run, as far as it can be read.
fn run(listed: &Listed) -> Option<Run> {
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
        goal: order.goal.word().to_owned(),
        began: state.began?,
        ended,
        by: format!("{}@{}", order.by.user, order.by.host),
        looks: !order.goal.applies(),
    })
}
