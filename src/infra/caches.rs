//! The caches that Terraform and Terragrunt keep beside the code of units. A local backend keeps the state of a workspace inside
//! Terragrunt's cache, so a cache counts as disposable only after it was searched for states.

use super::run::events::Reader;
use super::run::{folder, start_lock};
use crate::model::infra::cached::{Cached, RemovalOutcome};
use crate::model::infra::run::Phase;
use crate::model::infra::{RunState, Tool, Unit};
use std::io;
use std::path::{Path, PathBuf};

/// A folder that can be created again, unless it contains a state.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cache {
    path: PathBuf,
    /// The size of its content in bytes, without following links.
    bytes: u64,
    /// A state inside it, which exists nowhere else.
    state: Option<PathBuf>,
}

/// Returns the caches of units, with the reason for those that must stay.
pub fn list_caches(runs: &Path, units: &[Unit]) -> Vec<Cached> {
    let of_unit = |unit: &Unit| {
        let caches = caches_of(unit);
        let used = if caches.is_empty() { None } else { used_by(runs, unit) };
        let unit = unit.name.clone();
        caches.into_iter().map(move |cache| {
            let stays = used.clone().or_else(|| cache.reason_to_stay());
            Cached { unit: unit.clone(), path: cache.path, bytes: cache.bytes, keep_reason: stays }
        })
    };
    units.iter().flat_map(of_unit).collect()
}

/// Removes the selected caches that nothing needs, and returns the result for each. No run can start meanwhile.
///
/// # Errors
/// If starting runs cannot be prevented; nothing is removed then.
pub fn remove(
    runs: &Path,
    units: &[Unit],
    selected: impl Fn(&Cached) -> bool,
) -> io::Result<Vec<(Cached, RemovalOutcome)>> {
    let _no_new_runs = start_lock::lock_against_starts(runs)?;
    let mut caches = list_caches(runs, units);
    caches.retain(|cached| selected(cached));
    Ok(caches.into_iter().map(removed).collect())
}

fn removed(cached: Cached) -> (Cached, RemovalOutcome) {
    let became = if cached.is_removable() {
        match std::fs::remove_dir_all(&cached.path) {
            Ok(()) => RemovalOutcome::Removed,
            Err(error) => RemovalOutcome::Failed(error.to_string()),
        }
    } else {
        RemovalOutcome::StillNeeded
    };
    (cached, became)
}

/// Returns the existing caches of a unit. With Terragrunt, those of Terraform are inside its own.
fn caches_of(unit: &Unit) -> Vec<Cache> {
    let names: &[&str] = match unit.tool {
        Tool::Terragrunt => &[".terragrunt-cache", ".terraform"],
        Tool::Terraform => &[".terraform"],
    };
    let paths = names.iter().map(|name| unit.dir.join(name)).chain(unit.around.cache.clone());
    let paths = paths.filter(|path| path.is_dir() && !path.is_symlink());
    paths.map(|path| measure(&path)).collect()
}

impl Cache {
    /// Returns why the cache must not be removed; `None` if it can be created again.
    fn reason_to_stay(&self) -> Option<String> {
        self.state.as_ref().map(|state| format!("there is a state in it, {}", state.display()))
    }
}

/// Returns why the caches of a unit are needed now: a run of any environment works in its folder, or has a plan of it that can
/// still be applied there. If that cannot be determined, they count as needed.
fn used_by(runs: &Path, unit: &Unit) -> Option<String> {
    let needed = || -> io::Result<Option<String>> {
        for run in folder::all_runs(runs)? {
            let name = folder::name(&run);
            let Ok(order) = folder::order(&run) else {
                if is_running(&run)? {
                    return Ok(Some(format!("{name} may work with it: its order cannot be read")));
                }
                continue;
            };
            let units = order.units.iter().filter(|one| one.dir == unit.dir);
            let units: Vec<&str> = units.map(|one| one.name.as_str()).collect();
            if units.is_empty() {
                continue;
            }
            let environment = &order.environment;
            if is_running(&run)? {
                return Ok(Some(format!("{name} of {environment} is going on")));
            }
            if has_plan(&run, &units)? {
                return Ok(Some(format!("{name} of {environment} has a plan of it that can still be applied")));
            }
        }
        Ok(None)
    };
    needed().unwrap_or_else(|error| Some(format!("it is not known whether a run works with it: {error}")))
}

/// Whether a run has a live supervisor, or a program that it started still works.
fn is_running(run: &Path) -> io::Result<bool> {
    Ok(folder::has_supervisor(run)? || folder::has_running_step(run)?)
}

/// Whether a run without a supervisor has a plan of one of these units that will be applied when the run is resumed.
fn has_plan(run: &Path, units: &[&str]) -> io::Result<bool> {
    // Most runs have no plan file any more; their events need not be read.
    if !units.iter().any(|&unit| folder::plan_file(run, unit).is_file()) {
        return Ok(false);
    }
    let state = RunState::of(&Reader::new(0).read_all(run)?.events);
    let waits = |unit: &str| {
        let unit = state.units.get(unit);
        unit.is_some_and(|unit| matches!(unit.phase, Phase::Review | Phase::Approved))
    };
    Ok(state.end.is_none() && units.iter().any(|&unit| folder::plan_file(run, unit).is_file() && waits(unit)))
}

fn measure(path: &Path) -> Cache {
    let mut cache = Cache { path: path.to_owned(), bytes: 0, state: None };
    let mut next = vec![path.to_owned()];
    while let Some(folder) = next.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
            let (path, kind) = (entry.path(), entry.file_type());
            if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
                next.push(path);
            } else if kind.is_ok_and(|kind| kind.is_file()) {
                cache.bytes += entry.metadata().map_or(0, |file| file.len());
                if cache.state.is_none() && is_state(&path) {
                    cache.state = Some(path);
                }
            }
        }
    }
    cache
}

/// Whether a file is a state. In a data folder, `terraform.tfstate` only records the backend.
fn is_state(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !(name.ends_with(".tfstate") || name.ends_with(".tfstate.backup")) {
        return false;
    }
    // An unreadable file may be a state.
    let Ok(text) = std::fs::read(path) else { return true };
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(&text) else {
        return !text.iter().all(u8::is_ascii_whitespace);
    };
    // A backend's record has version 3 and a backend; a state without resources and outputs contains nothing.
    let full = |key: &str| value[key].as_array().is_some_and(|all| !all.is_empty());
    let outputs = value["outputs"].as_object().is_some_and(|all| !all.is_empty());
    value["backend"].is_null() && (full("resources") || outputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::run::events::Writer;
    use crate::model::infra::Around;
    use crate::model::infra::run_event::{Goal, RunEnd, RunEventKind};
    use crate::model::infra::{RunEvent, RunOrder};
    use crate::private_files;
    use jiff::Timestamp;

    fn unit(dir: &Path) -> Unit {
        Unit {
            name: "a".into(),
            tool: Tool::Terragrunt,
            dir: dir.to_owned(),
            workspace: None,
            var_files: Vec::new(),
            depends_on: Vec::new(),
            around: Around::default(),
        }
    }

    fn order(unit: &Unit) -> RunOrder {
        serde_json::from_value(serde_json::json!({
            "environment": "other",
            "goal": Goal::Apply,
            "units": [unit],
            "by": { "user": "ana", "host": "desk", "pid": 1 },
            "terraform": "/bin/terraform",
        }))
        .unwrap()
    }

    #[test]
    fn caches_of_running_and_resumable_runs_are_needed() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-used-{}", std::process::id()));
        let (runs, unit) = (root.join("runs"), unit(&root.join("a")));
        assert_eq!(used_by(&runs, &unit), None, "there are no runs");
        let order = order(&unit);
        let run = folder::new_run(&runs, &order, Timestamp::now()).unwrap();
        let why = |part: &str| {
            let why = used_by(&runs, &unit);
            assert!(why.as_ref().is_some_and(|why| why.contains(part)), "{part}: {why:?}");
        };
        assert_eq!(used_by(&runs, &unit), None, "the run has no supervisor");
        let driven = folder::lock_run(&run).unwrap();
        why("of other is going on");
        private_files::replace(&run.join("request.json"), b"{").unwrap();
        why("may work with it");
        drop(driven);
        assert_eq!(used_by(&runs, &unit), None, "a run without a readable request cannot be resumed");
        // Its supervisor was killed while the plan waited for a confirmation.
        private_files::replace(&run.join("request.json"), &serde_json::to_vec(&order).unwrap()).unwrap();
        let plan = serde_json::from_value(serde_json::json!({
            "sha256": "00",
            "summary": { "add": 1, "change": 0, "remove": 0 },
            "drifted": 0,
            "empty": false,
            "on_mocks": false,
            "shown": "/runs/plan.json",
        }))
        .unwrap();
        let mut events = Writer::open(&run).unwrap();
        let mut tell = |what: RunEventKind| {
            events.append(&RunEvent { time: Timestamp::now(), what });
            assert!(events.flush());
        };
        tell(RunEventKind::PlanReady { unit: "a".into(), plan });
        assert_eq!(used_by(&runs, &unit), None, "the plan file is missing");
        private_files::make(&folder::of_unit(&run, "a")).unwrap();
        std::fs::write(folder::plan_file(&run, "a"), "plan").unwrap();
        why("has a plan of it");
        tell(RunEventKind::Ended { end: RunEnd::Cancelled });
        assert_eq!(used_by(&runs, &unit), None, "the run has ended");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn caches_of_a_run_being_created_are_kept() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-begins-{}", std::process::id()));
        let (runs, unit) = (root.join("runs"), unit(&root.join("a")));
        std::fs::create_dir_all(unit.dir.join(".terragrunt-cache")).unwrap();
        let begins = start_lock::lock_for_start(&runs).unwrap();
        let (of, units) = (runs.clone(), [unit.clone()]);
        let removal = std::thread::spawn(move || remove(&of, &units, |_| true).unwrap());
        // The run's folder is created, then its request is written, and a supervisor starts before the creation is over.
        let run = folder::new_run(&runs, &order(&unit), Timestamp::now()).unwrap();
        let driven = folder::lock_run(&run).unwrap();
        drop(begins);
        let [(cached, RemovalOutcome::StillNeeded)] = &removal.join().unwrap()[..] else { panic!("it is needed") };
        assert!(cached.keep_reason.as_ref().is_some_and(|why| why.contains("is going on")), "{cached:?}");
        drop(driven);
        let removals = remove(&runs, std::slice::from_ref(&unit), |_| true).unwrap();
        assert!(matches!(removals[..], [(_, RemovalOutcome::Removed)]), "{removals:?}");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn only_selected_caches_are_removed_and_failures_are_reported() {
        let root = std::env::temp_dir().join(format!("cockpit-removed-{}", std::process::id()));
        let (runs, unit) = (root.join("runs"), unit(&root.join("a")));
        let [selected, other] = [".terragrunt-cache", ".terraform"].map(|name| unit.dir.join(name));
        for path in [&selected, &other] {
            std::fs::create_dir_all(path).unwrap();
        }
        let removals = remove(&runs, std::slice::from_ref(&unit), |cached| cached.path == selected).unwrap();
        assert_eq!(removals.len(), 1, "{removals:?}");
        assert_eq!((selected.exists(), other.exists()), (false, true));
        let (cached, became) =
            removed(Cached { unit: "a".into(), path: root.join("gone"), bytes: 0, keep_reason: None });
        assert!(cached.outcome_line(&became).contains("cannot be removed"), "{became:?}");
        let needed = Cached { keep_reason: Some("a run".into()), path: other.clone(), ..cached };
        let (needed, became) = removed(needed);
        assert!(other.exists() && needed.outcome_line(&became).ends_with("stays: a run"), "{became:?}");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn cache_that_contains_a_state_is_detected() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-{}", std::process::id()));
        let unit = unit(&root);
        let work = root.join(".terragrunt-cache/h/h/module");
        std::fs::create_dir_all(work.join(".terraform")).unwrap();
        std::fs::write(work.join(".terraform/terraform.tfstate"), r#"{"version":3,"backend":{"type":"s3"}}"#).unwrap();
        std::fs::write(work.join("terraform.tfstate"), r#"{"version":4,"resources":[],"outputs":{}}"#).unwrap();
        assert_eq!(caches_of(&unit).iter().map(|cache| cache.state.clone()).collect::<Vec<_>>(), [None]);
        let state = work.join("terraform.tfstate.d/dev/terraform.tfstate");
        std::fs::create_dir_all(state.parent().unwrap()).unwrap();
        std::fs::write(&state, r#"{"version":4,"resources":[{"type":"x"}]}"#).unwrap();
        let found = caches_of(&unit);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found.iter().map(|cache| cache.state.clone()).collect::<Vec<_>>(), [Some(state)]);
        assert!(found[0].bytes > 0);
    }

    #[test]
    fn unreadable_state_file_counts_as_a_state() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-unread-{}", std::process::id()));
        let state = root.join(".terragrunt-cache/h/h/module/terraform.tfstate");
        std::fs::create_dir_all(state.parent().unwrap()).unwrap();
        let of_text = |text: &[u8]| {
            std::fs::write(&state, text).unwrap();
            caches_of(&unit(&root)).remove(0).state
        };
        let found = [of_text(b"\xff\xfe{\"version\":4}"), of_text(b"{\"version\":4,"), of_text(b" \n")];
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [Some(state.clone()), Some(state.clone()), None]);
    }

    #[test]
    fn unit_folder_in_a_cache_elsewhere_is_found() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-elsewhere-{}", std::process::id()));
        let cache = root.join("cache/one");
        std::fs::create_dir_all(cache.join("two/.terraform")).unwrap();
        let unit = Unit { around: Around { cache: Some(cache.clone()), ..Around::default() }, ..unit(&root.join("a")) };
        let found: Vec<PathBuf> = caches_of(&unit).into_iter().map(|cache| cache.path).collect();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [cache]);
    }
}
