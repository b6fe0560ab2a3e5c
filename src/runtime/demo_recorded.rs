//! A run that was recorded, for a machine without Terraform: it happens again in the pane, and says that it is recorded.

use crate::infra::run::events::Writer;
use crate::infra::run::folder;
use crate::model::infra::Order;
use crate::model::infra::run_event::{RunEvent, What};
use jiff::Timestamp;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::AbortHandle;

/// The events of the recorded run.
const EVENTS: &str = include_str!("demo_infra/recorded/events.jsonl");
/// The order of the recorded run.
const REQUEST: &str = include_str!("demo_infra/recorded/request.json");
/// The recorded plans: the unit's name, and its plan as JSON.
const PLANS: &[(&str, &str)] = &[
    ("compute", include_str!("demo_infra/recorded/compute.json")),
    ("database", include_str!("demo_infra/recorded/database.json")),
    ("ecr", include_str!("demo_infra/recorded/ecr.json")),
    ("monitoring", include_str!("demo_infra/recorded/monitoring.json")),
    ("network", include_str!("demo_infra/recorded/network.json")),
    ("security", include_str!("demo_infra/recorded/security.json")),
    ("storage", include_str!("demo_infra/recorded/storage.json")),
];
/// Stand in the recording for the run's folder, and for the one that its units are in.
const RUN: &str = "@RUN@";
/// See [`RUN`].
const ROOT: &str = "@ROOT@";
/// The last line of its summary, from its beginning on.
const SAYS: &str = "RECORDED: a past run, shown again. With `terraform` on PATH the demo plans and applies";

/// A run that happens again; it stops with this value.
#[derive(Debug)]
pub struct Recorded(AbortHandle);

impl Drop for Recorded {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The events of the recording, for a run in this folder over units in another.
///
/// # Errors
/// It is not what this version reads.
pub fn events(run: &Path, root: &Path) -> io::Result<Vec<RunEvent>> {
    let text = placed(EVENTS, run, root);
    let mut events = Vec::new();
    for line in text.lines() {
        events.push(serde_json::from_str(line)?);
    }
    if let Some(RunEvent { time, .. }) = events.first() {
        let note = What::Note { unit: None, text: SAYS.to_owned() };
        events.insert(1, RunEvent { time: *time, what: note });
    }
    Ok(events)
}

/// Writes its plans into a run's folder.
///
/// # Errors
/// They cannot be written.
pub fn write_plans(run: &Path) -> io::Result<()> {
    for (unit, plan) in PLANS {
        folder::make(&folder::of_unit(run, unit))?;
        folder::replace(&folder::shown_plan(run, unit), plan.as_bytes())?;
    }
    Ok(())
}

/// Writes what it was asked for into a run's folder.
///
/// # Errors
/// It cannot be written.
pub fn write_request(run: &Path, root: &Path) -> io::Result<()> {
    folder::replace(&run.join("request.json"), placed(REQUEST, run, root).as_bytes())
}

/// Has it happen again, so many times faster than it did.
///
/// # Errors
/// Its folder cannot be written.
pub fn replay(runs: &Path, root: &Path, speed: f64) -> io::Result<Recorded> {
    let order: Order = serde_json::from_str(&placed(REQUEST, Path::new(""), root))?;
    let run = folder::new_run(runs, &order, Timestamp::now())?;
    write_plans(&run)?;
    let events = events(&run, root)?;
    let lock = folder::drive(&run)?;
    Ok(Recorded(tokio::spawn(happens(run, lock, events, speed)).abort_handle()))
}

async fn happens(run: PathBuf, lock: File, events: Vec<RunEvent>, speed: f64) {
    // Held as by what drives a run.
    let _lock = lock;
    let Ok(mut writer) = Writer::open(&run) else { return };
    let (began, first) = (tokio::time::Instant::now(), events.first().map(|event| event.time).unwrap_or_default());
    for event in events {
        let after = event.time.duration_since(first).as_secs_f64().max(0.0) / speed;
        tokio::time::sleep_until(began + Duration::from_secs_f64(after)).await;
        writer.tell(&RunEvent { time: Timestamp::now(), what: event.what.scaled(1.0 / speed) });
        writer.flush();
    }
}

fn placed(text: &str, run: &Path, root: &Path) -> String {
    let quoted = |path: &Path| {
        let text = serde_json::Value::from(path.to_string_lossy()).to_string();
        text.trim_matches('"').to_owned()
    };
    text.replace(RUN, &quoted(run)).replace(ROOT, &quoted(root))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::run::events::Reader;
    use crate::model::infra::RunState;
    use crate::model::infra::plan::Plan;
    use crate::model::infra::run_event::RunEnd;

    #[tokio::test]
    async fn a_recorded_run_happens_again_and_says_that_it_is_recorded() {
        let home = std::env::temp_dir().join(format!("cockpit-recorded-{}", std::process::id()));
        let (runs, root) = (home.join("runs"), home.join("units"));
        let recorded = replay(&runs, &root, 1_000.0).unwrap();
        let run = folder::list(&runs, "staging").unwrap().remove(0);
        assert!(run.live, "it is driven while it happens");
        let state = loop {
            let state = RunState::of(&Reader::new(0).read_all(&run.folder).unwrap().events);
            if state.end.is_some() {
                break state;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(state.end.map(|(_, end)| end), Some(RunEnd::Done));
        assert!(state.notes.last().unwrap().1.starts_with("RECORDED"), "{:?}", state.notes);
        let started = state.started.unwrap();
        assert!(started.units.iter().all(|unit| unit.dir.starts_with(&root)));
        for unit in state.units.values().filter_map(|unit| unit.plan.as_ref()) {
            let plan: Plan = serde_json::from_slice(&std::fs::read(&unit.shown).unwrap()).unwrap();
            assert_eq!(plan.summary(), unit.summary);
        }
        drop(recorded);
        std::fs::remove_dir_all(home).unwrap();
    }
}
