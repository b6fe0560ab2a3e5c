//! A recorded run for a machine without Terraform: the pane replays it, and says that it is recorded.

use crate::infra::run::events::Writer;
use crate::infra::run::folder;
use crate::model::infra::RunOrder;
use crate::model::infra::run_event::{RunEvent, RunEventKind};
use crate::private_files;
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
/// The recorded plans, as pairs of the unit's name and its plan as JSON.
const PLANS: &[(&str, &str)] = &[
    ("compute", include_str!("demo_infra/recorded/compute.json")),
    ("database", include_str!("demo_infra/recorded/database.json")),
    ("ecr", include_str!("demo_infra/recorded/ecr.json")),
    ("monitoring", include_str!("demo_infra/recorded/monitoring.json")),
    ("network", include_str!("demo_infra/recorded/network.json")),
    ("security", include_str!("demo_infra/recorded/security.json")),
    ("storage", include_str!("demo_infra/recorded/storage.json")),
];
/// Placeholder in the recording for the run's folder.
const RUN: &str = "@RUN@";
/// Placeholder in the recording for the folder of its units.
const ROOT: &str = "@ROOT@";
/// The note that the summary shows as its last line throughout the replay.
const NOTE: &str = "RECORDED: a past run, shown again. With `terraform` on PATH the demo plans and applies";

/// A run that is being replayed. Dropping it stops the replay.
#[derive(Debug)]
pub struct Replay(AbortHandle);

impl Drop for Replay {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Returns the events of the recording, for a run in folder `run` over units in folder `root`.
///
/// # Errors
/// If this version cannot read the recording.
pub fn events(run: &Path, root: &Path) -> io::Result<Vec<RunEvent>> {
    let text = fill_placeholders(EVENTS, run, root);
    let mut events = Vec::new();
    for line in text.lines() {
        events.push(serde_json::from_str(line)?);
    }
    if let Some(RunEvent { time, .. }) = events.first() {
        let note = RunEventKind::Note { unit: None, text: NOTE.to_owned() };
        events.insert(1, RunEvent { time: *time, what: note });
    }
    Ok(events)
}

/// Writes the recorded plans into a run's folder.
///
/// # Errors
/// If they cannot be written.
pub fn write_plans(run: &Path) -> io::Result<()> {
    for (unit, plan) in PLANS {
        private_files::make(&folder::of_unit(run, unit))?;
        private_files::replace(&folder::shown_plan(run, unit), plan.as_bytes())?;
    }
    Ok(())
}

/// Writes the recorded request into a run's folder.
///
/// # Errors
/// If it cannot be written.
pub fn write_request(run: &Path, root: &Path) -> io::Result<()> {
    private_files::replace(&run.join("request.json"), fill_placeholders(REQUEST, run, root).as_bytes())
}

/// Replays the run, `speed` times faster than it was recorded.
///
/// # Errors
/// If the run's folder cannot be written.
pub fn replay(runs: &Path, root: &Path, speed: f64) -> io::Result<Replay> {
    let order: RunOrder = serde_json::from_str(&fill_placeholders(REQUEST, Path::new(""), root))?;
    let run = folder::new_run(runs, &order, Timestamp::now())?;
    write_plans(&run)?;
    let events = events(&run, root)?;
    let lock = folder::lock_run(&run)?;
    Ok(Replay(tokio::spawn(play(run, lock, events, speed)).abort_handle()))
}

async fn play(run: PathBuf, lock: File, events: Vec<RunEvent>, speed: f64) {
    // Held as a run's supervisor holds it.
    let _lock = lock;
    let Ok(mut writer) = Writer::open(&run) else { return };
    let (began, first) = (tokio::time::Instant::now(), events.first().map(|event| event.time).unwrap_or_default());
    for event in events {
        let after = event.time.duration_since(first).as_secs_f64().max(0.0) / speed;
        tokio::time::sleep_until(began + Duration::from_secs_f64(after)).await;
        writer.append(&RunEvent { time: Timestamp::now(), what: event.what.scaled(1.0 / speed) });
        writer.flush();
    }
}

fn fill_placeholders(text: &str, run: &Path, root: &Path) -> String {
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
    async fn recorded_run_is_replayed_and_marked_as_recorded() {
        let home = std::env::temp_dir().join(format!("cockpit-recorded-{}", std::process::id()));
        let (runs, root) = (home.join("runs"), home.join("units"));
        let recorded = replay(&runs, &root, 1_000.0).unwrap();
        let run = folder::list(&runs, "staging").unwrap().remove(0);
        assert!(run.live, "the run is live during the replay");
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
