//! The AWS that the states of units belong to. States in files are compared with the record (`worlds.jsonl` beside the runs),
//! which is written when something is applied. A state that is stored in AWS itself, as in S3, belongs to the AWS it is read
//! from.

use crate::infra::environment::{ChildEnvironment, DEFAULT_WORKSPACE, data_dir};
use crate::model::infra::state_endpoint::{EndpointVariables, KnownState, facts, refusal};
use crate::model::infra::{RunOrder, Tool, Unit};
use crate::private_files;
use serde_json::Value;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The file that records the AWS of each state, beside the folder of all runs.
const FILE: &str = "worlds.jsonl";
/// The maximum depth below Terragrunt's cache at which Terraform works: `HASH/HASH/module`.
const MAX_DEPTH: usize = 6;

/// The name of a state that Terraform could not write, beside the code.
pub const ERRORED: &str = "errored.tfstate";
/// The names of states in a working folder, outside its data folder.
const STATES: [&str; 3] = ["terraform.tfstate", "terraform.tfstate.d", ERRORED];

/// Returns the world that variables point to.
pub fn from_environment(around: &ChildEnvironment) -> EndpointVariables {
    let text = |value: &std::ffi::OsString| value.to_string_lossy().into_owned();
    EndpointVariables::of(around.variables().iter().map(|(name, value)| (text(name), text(value))))
}

/// Sets the variables that point to the world of an order, whatever was inherited.
pub fn set_variables(around: &mut ChildEnvironment, world: &EndpointVariables) {
    around.set_endpoints(&world.0);
}

/// Returns why a run over these units must not start or continue; `None` if every state belongs to the order's world. States that
/// are only read for outputs count too.
pub fn other_world(runs: &Path, order: &RunOrder) -> Option<String> {
    let known = read(runs);
    let mut units = order.units.iter().chain(&order.reads);
    units.find_map(|unit| of_unit(&known, order, unit).map(|why| format!("{}: {why}", unit.name)))
}

/// Returns why the state of one unit belongs to another AWS than a run.
pub fn other_world_of_unit(runs: &Path, order: &RunOrder, unit: &Unit) -> Option<String> {
    of_unit(&read(runs), order, unit)
}

fn of_unit(known: &[KnownState], order: &RunOrder, unit: &Unit) -> Option<String> {
    other_at(known, &order.world, order.declared, unit)
}

/// Returns why the state of one unit belongs to another AWS, for a change outside a run.
pub fn other_world_without_run(runs: &Path, world: &EndpointVariables, declared: bool, unit: &Unit) -> Option<String> {
    other_at(&read(runs), world, declared, unit)
}

fn other_at(known: &[KnownState], world: &EndpointVariables, declared: bool, unit: &Unit) -> Option<String> {
    // Nothing was ever applied elsewhere, and nothing is now.
    if world.is_aws() && known.iter().all(|known| known.world.is_empty()) {
        return None;
    }
    let world = world.key();
    states(unit).into_iter().find_map(|file| {
        let facts = facts(&std::fs::read(&file).ok()?)?;
        refusal(&file, &facts, known, &world, declared)
    })
}

/// Records that the states of a unit belong to the order's world: before an apply by file, afterwards by lineage.
///
/// # Errors
/// If that cannot be written; an apply must not start then.
pub fn record_world(runs: &Path, order: &RunOrder, unit: &Unit) -> io::Result<()> {
    let known = read(runs);
    // AWS itself is the default, and is recorded only after another world was.
    let world = order.world.key();
    let mut lines = Vec::new();
    let mut files = states(unit);
    if files.is_empty() {
        files.extend(expected(unit));
    }
    for file in files {
        let lineage = std::fs::read(&file).ok().and_then(|state| facts(&state)?.lineage);
        let line = KnownState { lineage, file, world: world.clone() };
        let same =
            |other: &&KnownState| other.lineage == line.lineage && (line.lineage.is_some() || other.file == line.file);
        let before = known.iter().rev().find(same).map(|other| other.world.as_str());
        if before.unwrap_or_default() != world {
            lines.push(serde_json::to_string(&line)?);
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    let path = runs.with_file_name(FILE);
    let mut file = private_files::to_add_to(&path)?;
    // A single write, that begins with a line break in case a crash left a half-written line.
    file.write_all(format!("\n{}\n", lines.join("\n")).as_bytes())?;
    file.sync_data()
}

fn read(runs: &Path) -> Vec<KnownState> {
    let text = std::fs::read_to_string(runs.with_file_name(FILE)).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Returns the path of a state that does not exist yet, as far as it is known without the code.
fn expected(unit: &Unit) -> Option<PathBuf> {
    let workspace = unit.workspace.as_deref().filter(|name| *name != DEFAULT_WORKSPACE);
    (!has_remote_backend(unit)).then(|| local(&unit.dir, &Value::Null, workspace))
}

fn has_remote_backend(unit: &Unit) -> bool {
    let folders = working_dirs(unit);
    !folders.is_empty() && folders.iter().all(|(_, data)| backend(data).is_some_and(|(kind, _)| kind != "local"))
}

/// Returns the states of a unit that are local files.
pub fn states(unit: &Unit) -> Vec<PathBuf> {
    let workspace = unit.workspace.as_deref().filter(|name| *name != DEFAULT_WORKSPACE);
    let mut found = vec![local(&unit.dir, &Value::Null, workspace)];
    for (dir, data) in working_dirs(unit) {
        match backend(&data) {
            Some((kind, _)) if kind != "local" => {
                // A file from before the state was moved to another backend does not count.
                if unit.tool == Tool::Terraform {
                    return Vec::new();
                }
            }
            Some((_, config)) => found.push(local(&dir, &config, workspace)),
            None => found.push(local(&dir, &Value::Null, workspace)),
        }
    }
    if has_remote_backend(unit) {
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

/// Returns the backend that a data folder was initialised for, with its settings.
fn backend(data: &Path) -> Option<(String, Value)> {
    let text = std::fs::read(data.join("terraform.tfstate")).ok()?;
    let value: Value = serde_json::from_slice(&text).ok()?;
    let kind = value["backend"]["type"].as_str()?.to_owned();
    Some((kind, value["backend"]["config"].clone()))
}

/// Returns the backend that a unit was initialised for in Terraform's working folder, with its settings.
pub fn backend_of(unit: &Unit, dir: &Path) -> Option<(String, Value)> {
    backend(&data_dir(unit).unwrap_or_else(|| dir.join(".terraform")))
}

/// Prepares the initialisation of a unit that shares its folder with others and differs by workspace, and so has its own data
/// folder. When a second one is initialised, Terraform takes the states of the first for states to migrate, without asking.
/// A copy of the first one's backend record tells it that they stay where they are.
pub fn lend_record(unit: &Unit) {
    let Some(own) = data_dir(unit).map(|data| data.join("terraform.tfstate")).filter(|own| !own.exists()) else {
        return;
    };
    let default_data = unit.dir.join(".terraform");
    let children = std::fs::read_dir(&default_data).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_local = |data: &PathBuf| backend(data).is_some_and(|(kind, _)| kind == "local");
    let Some(other) = std::iter::once(default_data.clone()).chain(children).find(is_local) else { return };
    // If it cannot be written, Terraform will report a problem.
    if let (Ok(text), Some(data)) = (std::fs::read(other.join("terraform.tfstate")), own.parent()) {
        let _ = std::fs::create_dir_all(data).and_then(|()| private_files::replace(&own, &text));
    }
}

/// Returns the file of a local state.
fn local(dir: &Path, config: &Value, workspace: Option<&str>) -> PathBuf {
    let named =
        |key: &str, usual: &str| dir.join(config[key].as_str().filter(|text| !text.is_empty()).unwrap_or(usual));
    match workspace {
        None => named("path", "terraform.tfstate"),
        Some(name) => named("workspace_dir", "terraform.tfstate.d").join(name).join("terraform.tfstate"),
    }
}

/// Returns the folders in which Terraform has worked for a unit, each with its data folder.
pub fn working_dirs(unit: &Unit) -> Vec<(PathBuf, PathBuf)> {
    match unit.tool {
        Tool::Terraform => {
            let data = data_dir(unit).unwrap_or_else(|| unit.dir.join(".terraform"));
            vec![(unit.dir.clone(), data)]
        }
        Tool::Terragrunt => {
            let mut found = Vec::new();
            collect_working_dirs(&unit.dir.join(".terragrunt-cache"), MAX_DEPTH, &mut found);
            if let Some(cache) = &unit.around.cache {
                collect_working_dirs(cache, MAX_DEPTH, &mut found);
            }
            found
        }
    }
}

fn collect_working_dirs(folder: &Path, deep: usize, found: &mut Vec<(PathBuf, PathBuf)>) {
    let data = folder.join(".terraform");
    // A unit that needs no provider has no data folder.
    if data.is_dir() || STATES.iter().any(|name| folder.join(name).exists()) {
        found.push((folder.to_owned(), data));
        return;
    }
    if deep == 0 {
        return;
    }
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_working_dirs(&entry.path(), deep - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::run::steps::tests::order;
    use crate::model::infra::Around;
    use crate::model::infra::run_event::Goal;
    use crate::model::infra::state_endpoint::ENDPOINTS;

    const STATE: &str = r#"{"version":4,"lineage":"LINEAGE","resources":[{"mode":"managed","type":"aws_vpc","name":"a",
        "provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{}]}]}"#;

    fn world(url: &str) -> EndpointVariables {
        EndpointVariables::of([(ENDPOINTS.to_owned(), url.to_owned())])
    }

    #[test]
    fn state_of_one_world_is_refused_in_another() {
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
        let of = |units: &[&Unit], reads: &[&Unit], url: &str| RunOrder {
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
        assert_eq!(other_world(&runs, &of(&[&real, &made], &[], "")), None, "no run used another endpoint");
        let why = other_world(&runs, &of(&[&real, &made], &[], sim)).unwrap();
        assert!(why.starts_with("real: ") && why.contains("1 resource of AWS itself"), "{why}");
        assert!(
            other_world(&runs, &of(&[&made], &[&real], sim)).is_some(),
            "outputs of the other endpoint would be read"
        );
        // A unit without a state may start there, and belongs there from then on, even if the apply is killed.
        assert_eq!(other_world(&runs, &of(&[&made], &[], sim)), None);
        record_world(&runs, &of(&[], &[], sim), &made).unwrap();
        put(made.dir.join("terraform.tfstate"), "made");
        assert_eq!(other_world(&runs, &of(&[&made], &[], sim)), None);
        assert!(other_world(&runs, &of(&[&made], &[], "")).is_some());
        record_world(&runs, &of(&[], &[], sim), &made).unwrap();
        // Its lineage is known wherever its file is.
        let cache = made.dir.join(".terragrunt-cache/h/h/module");
        std::fs::create_dir_all(cache.join(".terraform")).unwrap();
        std::fs::rename(made.dir.join("terraform.tfstate"), cache.join("terraform.tfstate")).unwrap();
        assert!(other_world(&runs, &of(&[&made], &[], "")).is_some());
        assert_eq!(other_world(&runs, &of(&[&made], &[], sim)), None);
        // It needs no provider, and is in a cache elsewhere.
        let moved =
            Unit { around: Around { cache: Some(root.join("cache/one")), ..Around::default() }, ..made.clone() };
        std::fs::create_dir_all(root.join("cache/one/two")).unwrap();
        std::fs::rename(cache.join("terraform.tfstate"), root.join("cache/one/two/terraform.tfstate")).unwrap();
        assert_eq!(working_dirs(&moved).len(), 2);
        assert!(other_world(&runs, &of(&[&moved], &[], "")).is_some());
        std::fs::rename(root.join("cache/one/two/terraform.tfstate"), cache.join("terraform.tfstate")).unwrap();
        // A state in S3 is read from the endpoint itself.
        std::fs::write(
            cache.join(".terraform/terraform.tfstate"),
            r#"{"version":3,"backend":{"type":"s3","config":{}}}"#,
        )
        .unwrap();
        assert_eq!(other_world(&runs, &of(&[&made], &[], "")), None);
        std::fs::remove_dir_all(root).unwrap();
    }
}
