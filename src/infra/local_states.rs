//! The states of an environment that are in local files and can be moved to S3, and their destinations. While they are held, no
//! run of the environment can start.

use super::environment::DEFAULT_WORKSPACE;
use super::find::Discovered;
use super::migrate::{self, FileStates, MoveDestination};
use super::run::folder::{self, Holder, LockError};
use super::run::start::NotStarted;
use super::run::{move_journal, state_endpoints};
use super::terraform;
use crate::config::EnvironmentConfig;
use crate::model::infra::backend::S3Location;
use crate::model::infra::remote_state::Address;
use crate::model::infra::run_event::Actor;
use crate::model::infra::{InfraError, Tool, Unit};
use jiff::Timestamp;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Units with states in files, in the order of the move.
#[derive(Debug)]
pub struct Movable {
    /// Each unit with its states.
    pub units: Vec<(Unit, FileStates)>,
    /// Sentences about the other units.
    pub notes: Vec<String>,
    /// The lock of the environment, which a run would also need.
    _lock: File,
}

/// Why nothing is moved.
#[derive(Debug)]
pub enum Unmovable {
    /// Something works on the states, or one is being moved.
    NotStarted(NotStarted),
    /// The state of this unit belongs to another AWS, with the reason.
    OtherWorld(String, String),
    /// A file that cannot be read or written, or is no state.
    Trouble(InfraError),
}

impl From<InfraError> for Unmovable {
    fn from(trouble: InfraError) -> Self {
        Self::Trouble(trouble)
    }
}

/// Finds the states, and takes the lock of the environment. Undoes interrupted moves first, unless the caller only wants to
/// look (`read_only`).
///
/// # Errors
/// A run of the environment is in progress or its programs still work, a state is being moved or belongs to another AWS, or a
/// file cannot be read or written, or is no state.
pub fn find(
    runs: &Path,
    environment: &EnvironmentConfig,
    found: &Discovered,
    by: Actor,
    read_only: bool,
) -> Result<Movable, Unmovable> {
    let name = &environment.name;
    let refused = |error: LockError| Unmovable::NotStarted(NotStarted::LockError(error));
    let holder = Holder { run: String::new(), by, since: Timestamp::now() };
    let lock = folder::lock_environment(runs, name, &holder).map_err(refused)?;
    for run in folder::list(runs, name).unwrap_or_default() {
        if folder::has_running_step(&run.folder).unwrap_or(false) {
            return Err(refused(LockError::StepsRunning(run.run)));
        }
    }
    let mut movable = Movable { units: Vec::new(), notes: Vec::new(), _lock: lock };
    let units: Vec<Unit> = found.graph.waves().into_iter().flatten().cloned().collect();
    for unit in units.iter().filter(|_| !read_only) {
        if migrate::undo_interrupted(unit)? {
            movable.notes.push(format!("{}: a move that was interrupted is put back", unit.name));
        }
    }
    if let Some(unit) = move_journal::interrupted_unit(&units) {
        return Err(Unmovable::NotStarted(NotStarted::InterruptedMove(unit.to_owned(), name.clone())));
    }
    let declared = environment.endpoint_url.is_some() && !environment.endpoint_typed;
    let current_world = state_endpoints::from_environment(&found.child_environment);
    for unit in &units {
        if let Some(why) = state_endpoints::other_world_without_run(runs, &current_world, declared, unit) {
            return Err(Unmovable::OtherWorld(unit.name.clone(), why));
        }
    }
    for unit in units {
        let kept = migrate::file_states(&unit)?;
        // Units with the same folder but different workspaces are moved together.
        if movable.units.iter().any(|(other, _)| other.dir == unit.dir) {
            continue;
        }
        if kept.states.is_empty() {
            movable.notes.push(format!("{}: no state in a file of this machine", unit.name));
            continue;
        }
        movable.units.push((unit, kept));
    }
    Ok(movable)
}

/// Describes the states of a unit, in a line each.
pub fn describe(unit: &Unit, kept: &FileStates) -> Vec<String> {
    let line = |state: &migrate::State| {
        let of = state.workspace.as_deref().filter(|name| *name != DEFAULT_WORKSPACE);
        let of = of.map(|name| format!(" (workspace {name})")).unwrap_or_default();
        format!("{}{of}: {}, in {}", unit.name, state.mark.describe(), state.file.display())
    };
    kept.states.iter().map(line).collect()
}

/// Returns the folder for copies of the files.
pub fn copies_folder(runs: &Path) -> PathBuf {
    runs.with_file_name("states-moved")
}

/// Returns where the states of a unit go: to this bucket, if its code names no backend or a local one.
pub fn destination(
    runs: &Path,
    environment: &EnvironmentConfig,
    found: &Discovered,
    unit: &Unit,
    bucket: Option<&str>,
) -> MoveDestination {
    // Environments that are workspaces of one folder share its code, and thus its key; Terraform distinguishes them.
    let of_workspace = unit.workspace.as_deref().is_some_and(|name| name != DEFAULT_WORKSPACE);
    let first = if of_workspace { String::new() } else { format!("{}/", environment.name) };
    let place = bucket.map(|bucket| S3Location {
        bucket: bucket.to_owned(),
        key: format!("{first}{}/terraform.tfstate", unit.name),
        region: environment.region.clone(),
        emulated: !state_endpoints::from_environment(&found.child_environment).is_aws(),
    });
    MoveDestination { place, copies: copies_folder(runs) }
}

/// Describes the destination.
pub fn describe_destination(unit: &Unit, wanted: &MoveDestination) -> String {
    if unit.tool == Tool::Terragrunt {
        return format!("{} goes where its code says: `remote_state` has to name s3", unit.name);
    }
    match (terraform::referenced_states(unit).own(), &wanted.place) {
        (Some(Address::S3(bucket, key)), _) => format!("{} goes to s3://{bucket}/{key}, as its code says", unit.name),
        (None | Some(Address::Local(_)), Some(place)) => format!(
            "{} goes to s3://{}/{}, or where its code says if that names a backend",
            unit.name, place.bucket, place.key
        ),
        (None | Some(Address::Local(_)), None) => format!("{} goes where its code says: it has to name s3", unit.name),
    }
}

/// Returns the sentence that the states of a unit were moved.
pub fn moved_sentence(unit: &Unit) -> String {
    format!("{}: moved: the same lineage and content, no lower serial, a lock, and an empty plan", unit.name)
}

/// Returns the entry of the states for the audit file.
pub fn audit_entry(unit: &Unit, kept: &FileStates) -> serde_json::Value {
    let marks: Vec<String> = kept.states.iter().map(|state| state.mark.describe()).collect();
    serde_json::json!({ "unit": unit.name, "states": marks })
}
