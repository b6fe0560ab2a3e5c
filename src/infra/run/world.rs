//! Where the states of units are of: found in files, held against what was written down (`worlds.jsonl` beside the runs), and
//! written down when something is applied. A state that is kept in AWS itself, as in S3, is of the world that it is read from.

use super::folder;
use crate::infra::surroundings::{ChildEnvironment, DEFAULT_WORKSPACE, data_dir};
use crate::model::infra::world::{Known, World, facts, refused};
use crate::model::infra::{Order, Tool, Unit};
use serde_json::Value;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The file with the AWS that each state was seen in, beside the folder of all runs.
const FILE: &str = "worlds.jsonl";
/// Folders below Terragrunt's cache in which Terraform may have worked: `HASH/HASH/module`.
const DEEP: usize = 6;

/// The name of a state that Terraform could not write, beside the code.
pub const ERRORED: &str = "errored.tfstate";
/// The files of states that Terraform leaves in a folder beside its data.
const STATES: [&str; 3] = ["terraform.tfstate", "terraform.tfstate.d", ERRORED];

/// The world that variables lead to.
pub fn of(around: &ChildEnvironment) -> World {
    let text = |value: &std::ffi::OsString| value.to_string_lossy().into_owned();
    World::of(around.variables().iter().map(|(name, value)| (text(name), text(value))))
}

/// Variables that lead to the world of an order, whatever is inherited.
pub fn lead(around: &mut ChildEnvironment, world: &World) {
    around.lead_to(&world.0);
}

/// Why a run over these units is not begun, or goes no further; none where every state is of the order's world. States that
/// it only reads, as outputs, are looked at too.
pub fn other(runs: &Path, order: &Order) -> Option<String> {
    let known = read(runs);
    let mut units = order.units.iter().chain(&order.reads);
    units.find_map(|unit| of_unit(&known, order, unit).map(|why| format!("{}: {why}", unit.name)))
}

/// The reason why the state of one unit is of another AWS than a run's.
pub fn other_of(runs: &Path, order: &Order, unit: &Unit) -> Option<String> {
    of_unit(&read(runs), order, unit)
}

fn of_unit(known: &[Known], order: &Order, unit: &Unit) -> Option<String> {
    other_at(known, &order.world, order.declared, unit)
}

/// The reason why the state of one unit is of another AWS, for a change of it without a run.
pub fn other_without_run(runs: &Path, world: &World, declared: bool, unit: &Unit) -> Option<String> {
    other_at(&read(runs), world, declared, unit)
}

fn other_at(known: &[Known], world: &World, declared: bool, unit: &Unit) -> Option<String> {
    // Nothing was ever applied elsewhere, and nothing is now.
    if world.is_aws() && known.iter().all(|known| known.world.is_empty()) {
        return None;
    }
    let world = world.key();
    states(unit).into_iter().find_map(|file| {
        let facts = facts(&std::fs::read(&file).ok()?)?;
        refused(&file, &facts, known, &world, declared)
    })
}

/// Writes down that the states of a unit are of the order's world: before an apply by their files, after one by their marks.
///
/// # Errors
/// When it cannot be written: an apply must not begin then.
pub fn remember(runs: &Path, order: &Order, unit: &Unit) -> io::Result<()> {
    let known = read(runs);
    // AWS itself is what is taken where nothing is known; it is written down where it was another before.
    let world = order.world.key();
    let mut lines = Vec::new();
    let mut files = states(unit);
    if files.is_empty() {
        files.extend(expected(unit));
    }
    for file in files {
        let lineage = std::fs::read(&file).ok().and_then(|state| facts(&state)?.lineage);
        let line = Known { lineage, file, world: world.clone() };
        let same =
            |other: &&Known| other.lineage == line.lineage && (line.lineage.is_some() || other.file == line.file);
        let before = known.iter().rev().find(same).map(|other| other.world.as_str());
        if before.unwrap_or_default() != world {
            lines.push(serde_json::to_string(&line)?);
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let path = runs.with_file_name(FILE);
    let mut file = folder::to_add_to(&path)?;
    // In one write, after the end of a line that was torn by a crash.
    file.write_all(format!("\n{}\n", lines.join("\n")).as_bytes())?;
    file.sync_data()
}

fn read(runs: &Path) -> Vec<Known> {
    let text = std::fs::read_to_string(runs.with_file_name(FILE)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Where a state would be that is not there yet, as far as the code is not asked.
fn expected(unit: &Unit) -> Option<PathBuf> {
    let workspace = unit.workspace.as_deref().filter(|name| *name != DEFAULT_WORKSPACE);
    (!is_kept_elsewhere(unit)).then(|| local(&unit.dir, &Value::Null, workspace))
}

fn is_kept_elsewhere(unit: &Unit) -> bool {
    let folders = working_dirs(unit);
    !folders.is_empty() && folders.iter().all(|(_, data)| backend(data).is_some_and(|(kind, _)| kind != "local"))
}

/// The states of a unit that are files on this machine.
pub fn states(unit: &Unit) -> Vec<PathBuf> {
    let workspace = unit.workspace.as_deref().filter(|name| *name != DEFAULT_WORKSPACE);
    let mut found = vec![local(&unit.dir, &Value::Null, workspace)];
    for (dir, data) in working_dirs(unit) {
        match backend(&data) {
            Some((kind, _)) if kind != "local" => {
                // What is left from before the state was moved is nobody's.
                if unit.tool == Tool::Terraform {
                    return Vec::new();
                }
            }
            Some((_, config)) => found.push(local(&dir, &config, workspace)),
            None => found.push(local(&dir, &Value::Null, workspace)),
        }
    }
    if is_kept_elsewhere(unit) {
        return Vec::new();
    }
    found.retain(|file| file.is_file());
    for file in &mut found {
        *file = file.canonicalize().unwrap_or_else(|_| file.clone());
    }
    found.sort();
    found.dedup();
    found
}

/// The backend that a folder of data was initialised for, and its settings.
fn backend(data: &Path) -> Option<(String, Value)> {
    let text = std::fs::read(data.join("terraform.tfstate")).ok()?;
    let value: Value = serde_json::from_slice(&text).ok()?;
    let kind = value["backend"]["type"].as_str()?.to_owned();
    Some((kind, value["backend"]["config"].clone()))
}

/// The backend that a unit was initialised for in the folder where Terraform works, and its settings.
pub fn backend_of(unit: &Unit, dir: &Path) -> Option<(String, Value)> {
    backend(&data_dir(unit).unwrap_or_else(|| dir.join(".terraform")))
}

/// Before a unit is initialised: units of one folder that differ by their workspaces have a folder of data each. Where Terraform is
/// initialised for the second one, it takes the states of the first for ones that are to be moved, and asks nobody. That they are
/// where they were says the record of the first.
pub fn lend_record(unit: &Unit) {
    let Some(own) = data_dir(unit).map(|data| data.join("terraform.tfstate")).filter(|own| !own.exists()) else {
        return;
    };
    let all = unit.dir.join(".terraform");
    let below = std::fs::read_dir(&all).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_local = |data: &PathBuf| backend(data).is_some_and(|(kind, _)| kind == "local");
    let Some(other) = std::iter::once(all.clone()).chain(below).find(is_local) else { return };
    // Where it cannot be written, Terraform says what is wrong.
    if let (Ok(text), Some(data)) = (std::fs::read(other.join("terraform.tfstate")), own.parent()) {
        let _ = std::fs::create_dir_all(data).and_then(|()| folder::replace(&own, &text));
    }
}

/// The file of a local state.
fn local(dir: &Path, config: &Value, workspace: Option<&str>) -> PathBuf {
    let named =
        |key: &str, usual: &str| dir.join(config[key].as_str().filter(|text| !text.is_empty()).unwrap_or(usual));
    match workspace {
        None => named("path", "terraform.tfstate"),
        Some(name) => named("workspace_dir", "terraform.tfstate.d").join(name).join("terraform.tfstate"),
    }
}

/// Where Terraform has worked for a unit, each with its folder of data.
pub fn working_dirs(unit: &Unit) -> Vec<(PathBuf, PathBuf)> {
    match unit.tool {
        Tool::Terraform => {
            let data = data_dir(unit).unwrap_or_else(|| unit.dir.join(".terraform"));
            vec![(unit.dir.clone(), data)]
        }
        Tool::Terragrunt => {
            let mut found = Vec::new();
            below(&unit.dir.join(".terragrunt-cache"), DEEP, &mut found);
            if let Some(cache) = &unit.around.cache {
                below(cache, DEEP, &mut found);
            }
            found
        }
    }
}

fn below(folder: &Path, deep: usize, found: &mut Vec<(PathBuf, PathBuf)>) {
    let data = folder.join(".terraform");
    // A unit that needs no provider has no folder of data.
    if data.is_dir() || STATES.iter().any(|name| folder.join(name).exists()) {
        found.push((folder.to_owned(), data));
        return;
    }
    if deep == 0 {
        return;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below(&entry.path(), deep - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::run::steps::tests::order;
    use crate::model::infra::Around;
    use crate::model::infra::run_event::Goal;
    use crate::model::infra::world::ENDPOINTS;

    const STATE: &str = r#"{"version":4,"lineage":"LINEAGE","resources":[{"mode":"managed","type":"aws_vpc","name":"a",
        "provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{}]}]}"#;

    fn world(url: &str) -> World {
        World::of([(ENDPOINTS.to_owned(), url.to_owned())])
    }

    #[test]
    fn what_was_applied_at_an_endpoint_is_refused_elsewhere_and_what_is_real_is_refused_there() {
        let root = std::env::temp_dir().join(format!("cockpit-world-{}", std::process::id()));
        let runs = root.join("runs");
        std::fs::create_dir_all(&root).unwrap();
        let unit = |name: &str, tool, workspace: Option<&str>| Unit {
            name: name.into(),
            tool,
            dir: root.join(name),
            workspace: workspace.map(str::to_owned),
            var_files: Vec::new(),
            depends_on: Vec::new(),
            around: Around::default(),
        };
        let real = unit("real", Tool::Terraform, Some("dev"));
        let made = unit("made", Tool::Terragrunt, None);
        let of = |units: &[&Unit], reads: &[&Unit], url: &str| Order {
            units: units.iter().map(|unit| (*unit).clone()).collect(),
            reads: reads.iter().map(|unit| (*unit).clone()).collect(),
            world: world(url),
            ..order(Goal::Apply)
        };
        let put = |path: PathBuf, lineage: &str| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, STATE.replace("LINEAGE", lineage)).unwrap();
        };
        put(real.dir.join("terraform.tfstate.d/dev/terraform.tfstate"), "real");
        std::fs::create_dir_all(&made.dir).unwrap();
        let sim = "http://127.0.0.1:4566";
        assert_eq!(other(&runs, &of(&[&real, &made], &[], "")), None, "nothing was ever done elsewhere");
        let why = other(&runs, &of(&[&real, &made], &[], sim)).unwrap();
        assert!(why.starts_with("real: ") && why.contains("1 resource of AWS itself"), "{why}");
        assert!(other(&runs, &of(&[&made], &[&real], sim)).is_some(), "its outputs would be read");
        // One that has nothing yet is begun there, and is of there from then on: also where the apply was killed.
        assert_eq!(other(&runs, &of(&[&made], &[], sim)), None);
        remember(&runs, &of(&[], &[], sim), &made).unwrap();
        put(made.dir.join("terraform.tfstate"), "made");
        assert_eq!(other(&runs, &of(&[&made], &[], sim)), None);
        assert!(other(&runs, &of(&[&made], &[], "")).is_some());
        remember(&runs, &of(&[], &[], sim), &made).unwrap();
        // Its mark is known wherever its file is.
        let cache = made.dir.join(".terragrunt-cache/h/h/module");
        std::fs::create_dir_all(cache.join(".terraform")).unwrap();
        std::fs::rename(made.dir.join("terraform.tfstate"), cache.join("terraform.tfstate")).unwrap();
        assert!(other(&runs, &of(&[&made], &[], "")).is_some());
        assert_eq!(other(&runs, &of(&[&made], &[], sim)), None);
        // It needs no provider, and is in a cache that is elsewhere.
        let moved =
            Unit { around: Around { cache: Some(root.join("cache/one")), ..Around::default() }, ..made.clone() };
        std::fs::create_dir_all(root.join("cache/one/two")).unwrap();
        std::fs::rename(cache.join("terraform.tfstate"), root.join("cache/one/two/terraform.tfstate")).unwrap();
        assert_eq!(working_dirs(&moved).len(), 2);
        assert!(other(&runs, &of(&[&moved], &[], "")).is_some());
        std::fs::rename(root.join("cache/one/two/terraform.tfstate"), cache.join("terraform.tfstate")).unwrap();
        // A state in S3 is read from the endpoint itself.
        std::fs::write(
            cache.join(".terraform/terraform.tfstate"),
            r#"{"version":3,"backend":{"type":"s3","config":{}}}"#,
        )
        .unwrap();
        assert_eq!(other(&runs, &of(&[&made], &[], "")), None);
        std::fs::remove_dir_all(root).unwrap();
    }
}
