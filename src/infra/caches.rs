//! The caches that Terraform and Terragrunt keep beside the code of units. A local backend keeps the state of a
//! workspace in Terragrunt's cache, so that no cache is taken for one that can be made again before it was looked
//! through.

use super::run::events::Reader;
use super::run::{begins, folder};
use crate::model::infra::cached::{Became, Cached};
use crate::model::infra::run::Phase;
use crate::model::infra::{RunState, Tool, Unit};
use std::io;
use std::path::{Path, PathBuf};

/// A folder that can be made again, if there is no state in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cache {
    path: PathBuf,
    /// The size of its content, links not followed.
    bytes: u64,
    /// A state in it, which is nowhere else.
    state: Option<PathBuf>,
}

/// The caches of units, each with why it stays, where it does.
pub fn judged(runs: &Path, units: &[Unit]) -> Vec<Cached> {
    let of_unit = |unit: &Unit| {
        let there = of(unit);
        let used = if there.is_empty() { None } else { used(runs, unit) };
        let unit = unit.name.clone();
        there.into_iter().map(move |cache| {
            let stays = used.clone().or_else(|| cache.stays());
            Cached { unit: unit.clone(), path: cache.path, bytes: cache.bytes, stays }
        })
    };
    units.iter().flat_map(of_unit).collect()
}

/// Removes the caches of units that are meant and that nothing needs, and says what became of each. No run begins meanwhile.
///
/// # Errors
/// When runs cannot be kept from beginning: then nothing is removed.
pub fn remove(runs: &Path, units: &[Unit], meant: impl Fn(&Cached) -> bool) -> io::Result<Vec<(Cached, Became)>> {
    let _nothing_begins = begins::none(runs)?;
    let mut all = judged(runs, units);
    all.retain(|cached| meant(cached));
    Ok(all.into_iter().map(removed).collect())
}

fn removed(cached: Cached) -> (Cached, Became) {
    let became = if cached.goes() {
        match std::fs::remove_dir_all(&cached.path) {
            Ok(()) => Became::Removed,
            Err(error) => Became::Failed(error.to_string()),
        }
    } else {
        Became::Stays
    };
    (cached, became)
}

/// The caches of a unit that are there. With Terragrunt those of Terraform are in its own.
fn of(unit: &Unit) -> Vec<Cache> {
    let names: &[&str] = match unit.tool {
        Tool::Terragrunt => &[".terragrunt-cache", ".terraform"],
        Tool::Terraform => &[".terraform"],
    };
    let paths = names.iter().map(|name| unit.dir.join(name)).chain(unit.around.cache.clone());
    let paths = paths.filter(|path| path.is_dir() && !path.is_symlink());
    paths.map(|path| look(&path)).collect()
}

impl Cache {
    /// Why it is not removed, in words; none where it can be made again.
    fn stays(&self) -> Option<String> {
        self.state.as_ref().map(|state| format!("there is a state in it, {}", state.display()))
    }
}

/// Why the caches of a unit are needed now, in words: a run of any environment works in its folder, or has a plan of it that
/// can still be applied there. Where that cannot be looked at, they are.
fn used(runs: &Path, unit: &Unit) -> Option<String> {
    let needed = || -> io::Result<Option<String>> {
        for run in folder::of_all(runs)? {
            let name = folder::name(&run);
            let Ok(order) = folder::order(&run) else {
                if goes_on(&run)? {
                    return Ok(Some(format!("{name} may work with it: what it was asked to do cannot be read")));
                }
                continue;
            };
            let units = order.units.iter().filter(|one| one.dir == unit.dir);
            let units: Vec<&str> = units.map(|one| one.name.as_str()).collect();
            if units.is_empty() {
                continue;
            }
            let environment = &order.environment;
            if goes_on(&run)? {
                return Ok(Some(format!("{name} of {environment} is going on")));
            }
            if has_plan(&run, &units)? {
                return Ok(Some(format!("{name} of {environment} has a plan of it that can still be applied")));
            }
        }
        Ok(None)
    };
    needed().unwrap_or_else(|error| Some(format!("whether a run works with it cannot be looked at: {error}")))
}

/// Whether a run is driven, or what it began still works.
fn goes_on(run: &Path) -> io::Result<bool> {
    Ok(folder::driven(run)? || folder::works(run)?)
}

/// Whether a run that nobody drives any more has a plan of one of these units, which is applied once it is taken up again.
fn has_plan(run: &Path, units: &[&str]) -> io::Result<bool> {
    // Most runs have no plan file any more: their events need not be read.
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

fn look(path: &Path) -> Cache {
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

/// Whether a file is a state. In a folder of data, `terraform.tfstate` says which backend is meant, and nothing else.
fn is_state(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !(name.ends_with(".tfstate") || name.ends_with(".tfstate.backup")) {
        return false;
    }
    // What cannot be read may be one.
    let Ok(text) = std::fs::read(path) else { return true };
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(&text) else {
        return !text.iter().all(u8::is_ascii_whitespace);
    };
    // That of a backend has the version 3 and a backend; a state without resources and outputs says nothing.
    let full = |key: &str| value[key].as_array().is_some_and(|all| !all.is_empty());
    let outputs = value["outputs"].as_object().is_some_and(|all| !all.is_empty());
    value["backend"].is_null() && (full("resources") || outputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::run::events::Writer;
    use crate::model::infra::Around;
    use crate::model::infra::run_event::{Goal, RunEnd, What};
    use crate::model::infra::{Order, RunEvent};
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

    fn order(unit: &Unit) -> Order {
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
    fn what_a_run_works_with_or_can_still_apply_is_needed_also_where_its_request_cannot_be_read() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-used-{}", std::process::id()));
        let (runs, unit) = (root.join("runs"), unit(&root.join("a")));
        assert_eq!(used(&runs, &unit), None, "there are no runs");
        let order = order(&unit);
        let run = folder::new_run(&runs, &order, Timestamp::now()).unwrap();
        let why = |part: &str| {
            let why = used(&runs, &unit);
            assert!(why.as_ref().is_some_and(|why| why.contains(part)), "{part}: {why:?}");
        };
        assert_eq!(used(&runs, &unit), None, "nobody drives it");
        let driven = folder::drive(&run).unwrap();
        why("of other is going on");
        folder::replace(&run.join("request.json"), b"{").unwrap();
        why("may work with it");
        drop(driven);
        assert_eq!(used(&runs, &unit), None, "nothing says that it can go on");
        // Its supervisor was killed while the plan waited for a yes.
        folder::replace(&run.join("request.json"), &serde_json::to_vec(&order).unwrap()).unwrap();
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
        let mut tell = |what: What| {
            events.tell(&RunEvent { time: Timestamp::now(), what });
            assert!(events.flush());
        };
        tell(What::PlanReady { unit: "a".into(), plan });
        assert_eq!(used(&runs, &unit), None, "the plan is no more");
        folder::make(&folder::of_unit(&run, "a")).unwrap();
        std::fs::write(folder::plan_file(&run, "a"), "plan").unwrap();
        why("has a plan of it");
        tell(What::Ended { end: RunEnd::Cancelled });
        assert_eq!(used(&runs, &unit), None, "it has ended");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn what_a_run_that_is_just_being_made_will_work_with_stays() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-begins-{}", std::process::id()));
        let (runs, unit) = (root.join("runs"), unit(&root.join("a")));
        std::fs::create_dir_all(unit.dir.join(".terragrunt-cache")).unwrap();
        let begins = begins::one(&runs).unwrap();
        let (of, units) = (runs.clone(), [unit.clone()]);
        let removal = std::thread::spawn(move || remove(&of, &units, |_| true).unwrap());
        // Its folder, and then what it is asked to do; and something drives it before it is made.
        let run = folder::new_run(&runs, &order(&unit), Timestamp::now()).unwrap();
        let driven = folder::drive(&run).unwrap();
        drop(begins);
        let [(cached, Became::Stays)] = &removal.join().unwrap()[..] else { panic!("it is needed") };
        assert!(cached.stays.as_ref().is_some_and(|why| why.contains("is going on")), "{cached:?}");
        drop(driven);
        let all = remove(&runs, std::slice::from_ref(&unit), |_| true).unwrap();
        assert!(matches!(all[..], [(_, Became::Removed)]), "{all:?}");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn only_caches_that_are_meant_are_removed_and_one_that_cannot_be_says_so() {
        let root = std::env::temp_dir().join(format!("cockpit-removed-{}", std::process::id()));
        let (runs, unit) = (root.join("runs"), unit(&root.join("a")));
        let [meant, other] = [".terragrunt-cache", ".terraform"].map(|name| unit.dir.join(name));
        for path in [&meant, &other] {
            std::fs::create_dir_all(path).unwrap();
        }
        let all = remove(&runs, std::slice::from_ref(&unit), |cached| cached.path == meant).unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!((meant.exists(), other.exists()), (false, true));
        let (cached, became) = removed(Cached { unit: "a".into(), path: root.join("gone"), bytes: 0, stays: None });
        assert!(cached.became(&became).contains("cannot be removed"), "{became:?}");
        let needed = Cached { stays: Some("a run".into()), path: other.clone(), ..cached };
        let (needed, became) = removed(needed);
        assert!(other.exists() && needed.became(&became).ends_with("stays: a run"), "{became:?}");
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_cache_with_a_state_in_it_says_so() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-{}", std::process::id()));
        let unit = unit(&root);
        let work = root.join(".terragrunt-cache/h/h/module");
        std::fs::create_dir_all(work.join(".terraform")).unwrap();
        std::fs::write(work.join(".terraform/terraform.tfstate"), r#"{"version":3,"backend":{"type":"s3"}}"#).unwrap();
        std::fs::write(work.join("terraform.tfstate"), r#"{"version":4,"resources":[],"outputs":{}}"#).unwrap();
        assert_eq!(of(&unit).iter().map(|cache| cache.state.clone()).collect::<Vec<_>>(), [None]);
        let state = work.join("terraform.tfstate.d/dev/terraform.tfstate");
        std::fs::create_dir_all(state.parent().unwrap()).unwrap();
        std::fs::write(&state, r#"{"version":4,"resources":[{"type":"x"}]}"#).unwrap();
        let found = of(&unit);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found.iter().map(|cache| cache.state.clone()).collect::<Vec<_>>(), [Some(state)]);
        assert!(found[0].bytes > 0);
    }

    #[test]
    fn a_state_whose_text_is_not_understood_is_not_taken_for_none() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-unread-{}", std::process::id()));
        let state = root.join(".terragrunt-cache/h/h/module/terraform.tfstate");
        std::fs::create_dir_all(state.parent().unwrap()).unwrap();
        let of_text = |text: &[u8]| {
            std::fs::write(&state, text).unwrap();
            of(&unit(&root)).remove(0).state
        };
        let found = [of_text(b"\xff\xfe{\"version\":4}"), of_text(b"{\"version\":4,"), of_text(b" \n")];
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [Some(state.clone()), Some(state.clone()), None]);
    }

    #[test]
    fn the_folder_of_a_unit_in_a_cache_that_is_elsewhere_is_its_cache() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-elsewhere-{}", std::process::id()));
        let cache = root.join("cache/one");
        std::fs::create_dir_all(cache.join("two/.terraform")).unwrap();
        let unit = Unit { around: Around { cache: Some(cache.clone()), ..Around::default() }, ..unit(&root.join("a")) };
        let found: Vec<PathBuf> = of(&unit).into_iter().map(|cache| cache.path).collect();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found, [cache]);
    }
}
