//! The states of an environment that are in files of this machine and can be moved to S3, and where each would go. As long as
//! they are held no run of the environment begins.

use super::find::Discovered;
use super::migrate::{self, Kept, Wanted};
use super::run::folder::{self, Holder, LockError};
use super::run::start::NotStarted;
use super::run::{moving, world};
use super::surroundings::DEFAULT_WORKSPACE;
use super::terraform;
use crate::config::EnvironmentConfig;
use crate::model::infra::backend::Place;
use crate::model::infra::remote_state::Address;
use crate::model::infra::run_event::Who;
use crate::model::infra::{Tool, Trouble, Unit};
use jiff::Timestamp;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Units with states in files, in the order in which they are moved.
#[derive(Debug)]
pub struct Movable {
    /// Each with its states.
    pub units: Vec<(Unit, Kept)>,
    /// Sentences on the other units.
    pub said: Vec<String>,
    /// Nothing else may work at these states meanwhile, as in a run.
    _lock: File,
}

/// Why nothing is moved.
#[derive(Debug)]
pub enum Unmovable {
    /// Something works at the states, or one is between two places.
    NotStarted(NotStarted),
    /// The state of this unit is of another AWS: why.
    OtherWorld(String, String),
    /// A file that cannot be read or written, or is no state.
    Trouble(Trouble),
}

impl From<Trouble> for Unmovable {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Finds them, and holds the lock of the environment. What a move that was interrupted has left is put back first, unless
/// somebody only looks.
///
/// # Errors
/// A run of the environment is going on or works still, a state is between two places or of another AWS, a file cannot be read
/// or written, or is no state.
pub fn find(
    runs: &Path,
    environment: &EnvironmentConfig,
    found: &Discovered,
    by: Who,
    looks: bool,
) -> Result<Movable, Unmovable> {
    let name = &environment.name;
    let refused = |error: LockError| Unmovable::NotStarted(NotStarted::LockError(error));
    let holder = Holder { run: String::new(), by, since: Timestamp::now() };
    let lock = folder::hold(runs, name, &holder).map_err(refused)?;
    for run in folder::list(runs, name).unwrap_or_default() {
        if folder::works(&run.folder).unwrap_or(false) {
            return Err(refused(LockError::Works(run.run)));
        }
    }
    let mut movable = Movable { units: Vec::new(), said: Vec::new(), _lock: lock };
    let units: Vec<Unit> = found.graph.waves().into_iter().flatten().cloned().collect();
    for unit in units.iter().filter(|_| !looks) {
        if migrate::put_back(unit)? {
            movable.said.push(format!("{}: a move that was interrupted is put back", unit.name));
        }
    }
    if let Some(unit) = moving::between(&units) {
        return Err(Unmovable::NotStarted(NotStarted::Moving(unit.to_owned(), name.clone())));
    }
    let declared = environment.endpoint_url.is_some() && !environment.endpoint_typed;
    let asked = world::of(&found.surroundings);
    for unit in &units {
        if let Some(why) = world::other_without_run(runs, &asked, declared, unit) {
            return Err(Unmovable::OtherWorld(unit.name.clone(), why));
        }
    }
    for unit in units {
        let kept = migrate::kept(&unit)?;
        // Units of one folder that differ by their workspaces move together.
        if movable.units.iter().any(|(other, _)| other.dir == unit.dir) {
            continue;
        }
        if kept.states.is_empty() {
            movable.said.push(format!("{}: no state in a file of this machine", unit.name));
            continue;
        }
        movable.units.push((unit, kept));
    }
    Ok(movable)
}

/// The states of a unit, a line each.
pub fn lines(unit: &Unit, kept: &Kept) -> Vec<String> {
    let line = |state: &migrate::State| {
        let of = state.workspace.as_deref().filter(|name| *name != DEFAULT_WORKSPACE);
        let of = of.map(|name| format!(" (workspace {name})")).unwrap_or_default();
        format!("{}{of}: {}, in {}", unit.name, state.mark.words(), state.file.display())
    };
    kept.states.iter().map(line).collect()
}

/// Where copies of the files are kept.
pub fn copies(runs: &Path) -> PathBuf {
    runs.with_file_name("states-moved")
}

/// Where the states of a unit go; to this bucket, where its code names no backend, or a file.
pub fn wanted(
    runs: &Path,
    environment: &EnvironmentConfig,
    found: &Discovered,
    unit: &Unit,
    bucket: Option<&str>,
) -> Wanted {
    // Environments that are workspaces of one folder share its code, and so its key: Terraform tells them apart.
    let of_workspace = unit.workspace.as_deref().is_some_and(|name| name != DEFAULT_WORKSPACE);
    let first = if of_workspace { String::new() } else { format!("{}/", environment.name) };
    let place = bucket.map(|bucket| Place {
        bucket: bucket.to_owned(),
        key: format!("{first}{}/terraform.tfstate", unit.name),
        region: environment.region.clone(),
        emulated: !world::of(&found.surroundings).is_aws(),
    });
    Wanted { place, copies: copies(runs) }
}

/// The destination in words.
pub fn goes(unit: &Unit, wanted: &Wanted) -> String {
    if unit.tool == Tool::Terragrunt {
        return format!("{} goes where its code says: `remote_state` has to name s3", unit.name);
    }
    match (terraform::states(unit).own(), &wanted.place) {
        (Some(Address::S3(bucket, key)), _) => format!("{} goes to s3://{bucket}/{key}, as its code says", unit.name),
        (None | Some(Address::Local(_)), Some(place)) => format!(
            "{} goes to s3://{}/{}, or where its code says if that names a backend",
            unit.name, place.bucket, place.key
        ),
        (None | Some(Address::Local(_)), None) => format!("{} goes where its code says: it has to name s3", unit.name),
    }
}

/// The sentence that the states of a unit were moved.
pub fn moved(unit: &Unit) -> String {
    format!("{}: moved: the same lineage and content, no lower serial, a lock, and an empty plan", unit.name)
}

/// The entry of the states for the audit file.
pub fn audited(unit: &Unit, kept: &Kept) -> serde_json::Value {
    let marks: Vec<String> = kept.states.iter().map(|state| state.mark.words()).collect();
    serde_json::json!({ "unit": unit.name, "states": marks })
}
