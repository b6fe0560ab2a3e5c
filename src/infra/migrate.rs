//! Moves the state of a unit from a file to S3. Terraform's own migration changes the lineage, and refuses without a terminal. So
//! the files are copied and removed, pushed unchanged to the backend that the code names now, and compared with the result.
//! If it differs, or the plan is not empty, everything is put back.

use super::environment::{ChildEnvironment, DEFAULT_WORKSPACE};
use super::run::move_journal::{Journal, remove_if_exists};
use super::run::{folder, state_endpoints};
use super::unit_queries::Access;
use crate::model::infra::backend::{self, S3Location};
use crate::model::infra::state::StateIdentity;
use crate::model::infra::{InfraError, InfraErrorKind, Tool, Unit};
use crate::private_files;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// A state in a file.
#[derive(Debug, Clone)]
pub struct State {
    /// Its workspace; `None` with Terragrunt.
    pub workspace: Option<String>,
    pub file: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its lineage, serial and content.
    pub mark: StateIdentity,
}

/// The states that a unit's code keeps in files: its own, and those of other workspaces of its folder. The code moves them
/// all, so they are moved together.
#[derive(Debug, Clone, Default)]
pub struct FileStates {
    /// The states that contain something.
    pub states: Vec<State>,
}

/// The destination of a unit's states.
#[derive(Debug, Clone)]
pub struct MoveDestination {
    /// The backend to write into the code, if it names none, or a local one.
    pub place: Option<S3Location>,
    /// The folder for copies of the files.
    pub copies: PathBuf,
}

fn failed(message: String) -> InfraError {
    InfraError::new(InfraErrorKind::Failed, message)
}

/// Undoes an interrupted move; returns whether there was one.
///
/// # Errors
/// If it cannot be undone.
pub fn undo_interrupted(unit: &Unit) -> Result<bool, InfraError> {
    let undone =
        Journal::interrupted(unit).and_then(|journal| journal.map(|journal| journal.restore(unit)).transpose());
    let unmoved = |error| failed(format!("an interrupted move of {} cannot be put back: {error}", unit.name));
    undone.map(|done| done.is_some()).map_err(unmoved)
}

/// Returns the states of a unit that are in files and contain something.
///
/// # Errors
/// If a file cannot be read or is no state, a state is locked, or the unit has several states of its own.
pub fn file_states(unit: &Unit) -> Result<FileStates, InfraError> {
    let own = unit.workspace.clone();
    let mut files: Vec<(Option<String>, PathBuf)> =
        state_endpoints::states(unit).into_iter().map(|file| (own.clone(), file)).collect();
    match unit.tool {
        // The state is where the code stored it, even if Terragrunt was configured with another place since.
        Tool::Terragrunt => files.push((None, unit.dir.join("terraform.tfstate"))),
        Tool::Terraform => {
            files.push((Some(DEFAULT_WORKSPACE.to_owned()), unit.dir.join("terraform.tfstate")));
            for entry in std::fs::read_dir(unit.dir.join("terraform.tfstate.d")).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                files.push((Some(name), entry.path().join("terraform.tfstate")));
            }
        }
    }
    let mut kept = FileStates::default();
    for (workspace, file) in files {
        let file = file.canonicalize().unwrap_or(file);
        if !file.is_file() || kept.states.iter().any(|state| state.file == file) {
            continue;
        }
        let bytes =
            std::fs::read(&file).map_err(|error| failed(format!("{} cannot be read: {error}", file.display())))?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mark = StateIdentity::of(&bytes).ok_or_else(|| failed(format!("{} is not a state", file.display())))?;
        // A state that was moved before leaves an empty one.
        if mark.resources() == 0 && mark.content[1].as_object().is_none_or(serde_json::Map::is_empty) {
            continue;
        }
        let lock = file.with_file_name(format!(".{}.lock.info", folder::name(&file)));
        if lock.exists() {
            return Err(failed(format!("{} is locked: somebody works at it", file.display()))
                .hint("wait for its end; `cockpit infra unlock` shows who, and releases a lock that was left behind"));
        }
        kept.states.push(State { workspace, file, bytes, mark });
    }
    // The unit's own state first, whatever the order of the folder.
    kept.states.sort_by_key(|state| (state.workspace != own, state.file.clone()));
    if kept.states.windows(2).any(|two| two[0].workspace == two[1].workspace) {
        let files = kept.states.iter().map(|state| state.file.display().to_string());
        return Err(failed(format!("{} has several states in files", unit.name))
            .causes(files)
            .hint("move away the one that is not meant"));
    }
    Ok(kept)
}

/// Moves the states and verifies the result.
///
/// # Errors
/// If they cannot be moved, or differ afterwards. Then everything is as before, or the error says what is not.
pub async fn move_states(access: &Access<'_>, kept: &FileStates, wanted: &MoveDestination) -> Result<(), InfraError> {
    let unit = access.unit;
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let copies = wanted.copies.join(format!("{time}-{}", folder::file_name(&unit.name)));
    let mut migration = Migration { access, kept, wanted, copies, journal: Journal::default(), pushed: Vec::new() };
    let outcome = migration.run().await;
    let Err(mut trouble) = outcome else {
        return migration.journal.finish(unit).map_err(|error| {
            failed(format!(
                "the state of {} is moved, but the journal of the move cannot be deleted: {error}",
                unit.name
            ))
            .hint("remove .cockpit-moving.json in its folder")
        });
    };
    for pushed in std::mem::take(&mut migration.pushed) {
        if let Err(left) = migration.empty_remote(pushed).await {
            trouble = trouble.cause(format!("a copy of the state stays in S3: {}", left.message)).causes(left.causes);
        }
    }
    match migration.journal.restore(unit) {
        Ok(()) => Err(trouble.cause("it was put back: files and code are as before")),
        Err(error) => Err(trouble
            .cause(format!("it could not be put back: {error}"))
            .hint(format!("copies of the state are in {}", migration.copies.display()))),
    }
}

/// A move in progress.
struct Migration<'a> {
    access: &'a Access<'a>,
    kept: &'a FileStates,
    wanted: &'a MoveDestination,
    copies: PathBuf,
    journal: Journal,
    /// The indices of states that may be in S3 by now.
    pushed: Vec<usize>,
}

impl Migration<'_> {
    fn unit(&self) -> &Unit {
        self.access.unit
    }

    fn not_moved(&self, why: String) -> InfraError {
        failed(format!("the state of {} was not moved", self.unit().name)).cause(why)
    }

    async fn run(&mut self) -> Result<(), InfraError> {
        let unit = self.unit().clone();
        let code = self.backend_code()?;
        let removed =
            self.back_up(code.as_ref()).map_err(|error| self.not_moved(format!("no copy can be kept: {error}")))?;
        let moved = removed.iter().try_for_each(|file| remove_if_exists(file));
        let written = moved.and_then(|()| code.map_or(Ok(()), |(file, text)| std::fs::write(file, text)));
        written.map_err(|error| self.not_moved(format!("the folder of the unit cannot be written: {error}")))?;
        self.access.init_without_workspace().await?;
        let dir = self.access.dir().await?;
        let (kind, config) = state_endpoints::backend_of(&unit, &dir).unwrap_or_default();
        if kind != "s3" {
            let where_to =
                if matches!(kind.as_str(), "" | "local") { "in a file still".to_owned() } else { format!("in {kind}") };
            return Err(self
                .not_moved(format!("its code keeps the state {where_to}"))
                .hint("switch the backend to s3 in the code, then again"));
        }
        if !backend::locks(&config) {
            return Err(self
                .not_moved("the backend has no lock: two could write it at a time".to_owned())
                .hint("set `use_lockfile = true` in the backend"));
        }
        self.make_workspaces(&dir).await?;
        for number in 0..self.kept.states.len() {
            self.push(number, &dir).await?;
        }
        if !self.access.plan_is_empty().await? {
            return Err(self
                .not_moved("its plan is not empty after it".to_owned())
                .hint("apply what the code has changed first, then move it"));
        }
        Ok(())
    }

    /// Returns the file that configures the backend, with its content, if the code does not.
    fn backend_code(&self) -> Result<Option<(PathBuf, String)>, InfraError> {
        let unit = self.unit();
        if unit.tool == Tool::Terragrunt {
            return Ok(None);
        }
        let named = backend_in_code(&unit.dir);
        if named.as_deref().is_some_and(|kind| kind != "local") {
            return Ok(None);
        }
        let Some(place) = &self.wanted.place else {
            return Err(self
                .not_moved("its code keeps the state in a file, and no bucket is named".to_owned())
                .hint("name the bucket with --bucket, or write a backend \"s3\" into the code"));
        };
        let name = if named.is_some() { backend::OVERRIDE } else { backend::FILE };
        Ok(Some((unit.dir.join(name), backend::code(place))))
    }

    /// Copies every file that may change, and records how to undo the move. Returns the files to remove.
    fn back_up(&mut self, code: Option<&(PathBuf, String)>) -> io::Result<Vec<PathBuf>> {
        private_files::make(&self.copies)?;
        let records = records(self.unit());
        let states = self.kept.states.iter().map(|state| (state.file.clone(), Some(state.bytes.clone())));
        let all: Vec<_> = states.chain(records.into_iter().map(|file| (file, None))).collect();
        let mut removed = Vec::new();
        for (number, (file, bytes)) in all.into_iter().enumerate() {
            let bytes = match bytes {
                Some(bytes) => bytes,
                None if !file.is_file() => {
                    self.journal.made.push(file);
                    continue;
                }
                None => std::fs::read(&file)?,
            };
            let copy = self.copies.join(format!("{number}-{}", folder::name(&file)));
            private_files::replace(&copy, &bytes)?;
            self.journal.files.push((file.clone(), copy));
            removed.push(file);
        }
        if let Some((file, _)) = code {
            self.journal.made.push(file.clone());
        }
        self.journal.write(self.unit())?;
        Ok(removed)
    }

    /// Creates the missing workspaces.
    async fn make_workspaces(&self, dir: &Path) -> Result<(), InfraError> {
        if self.unit().tool == Tool::Terragrunt {
            return Ok(());
        }
        let known = self.access.workspaces().await?;
        let named = self.kept.states.iter().filter_map(|state| state.workspace.as_ref());
        let own = self.unit().workspace.as_ref();
        // Creating a workspace also selects it, which is not intended.
        let selected =
            super::environment::data_dir(self.unit()).unwrap_or_else(|| dir.join(".terraform")).join("environment");
        let before = std::fs::read(&selected).ok();
        for name in named.chain(own).filter(|name| !known.contains(name)).collect::<std::collections::BTreeSet<_>>() {
            self.access.create_workspace(name).await?;
        }
        let restored = match before {
            Some(text) => private_files::replace(&selected, &text),
            None => remove_if_exists(&selected),
        };
        restored.map_err(|error| self.not_moved(format!("{} cannot be written: {error}", selected.display())))
    }

    fn surroundings(&self, state: &State) -> ChildEnvironment {
        let mut own = self.access.child_environment();
        if let Some(name) = &state.workspace {
            own.set("TF_WORKSPACE", name.as_str());
        }
        own
    }

    async fn pull(&self, state: &State, dir: &Path) -> Result<Option<StateIdentity>, InfraError> {
        let message = format!("the state of {} cannot be read where it is moved to", self.unit().name);
        let question = self.access.state_call(dir).arguments(["state", "pull"]);
        Ok(StateIdentity::of(&question.run_checked(&self.surroundings(state), &message).await?.stdout))
    }

    async fn push(&mut self, number: usize, dir: &Path) -> Result<(), InfraError> {
        let kept = self.kept;
        let state = &kept.states[number];
        let remote = self.pull(state, dir).await?;
        let is_new = remote.as_ref().is_none_or(|remote| remote.lineage.is_empty());
        let before = remote.filter(|remote| remote.resources() > 0);
        if let Some(remote) = &before
            && state.mark.difference_after_move(Some(remote)).is_some()
        {
            return Err(self.not_moved(format!("there is a state already where it would go: {}", remote.describe())));
        }
        // After an interrupted move, the same state is there already.
        if before.is_none() {
            self.pushed.push(number);
            let message = format!("the state of {} cannot be pushed", self.unit().name);
            if is_new {
                // The first state pushed to a backend gets a new lineage, whatever it contains; the second one keeps its own.
                let file = self.write_emptied(number, &state.mark.lineage, 1, &message)?;
                self.push_file(state, &file, dir, &message).await?;
            }
            self.push_file(state, &self.journal.files[number].1, dir, &message).await?;
        }
        match state.mark.difference_after_move(self.pull(state, dir).await?.as_ref()) {
            None => Ok(()),
            Some(why) => Err(self.not_moved(why)),
        }
    }

    /// Pushes a file with force, because a new workspace has an empty state of another lineage.
    async fn push_file(&self, state: &State, file: &Path, dir: &Path, message: &str) -> Result<(), InfraError> {
        let question = self.access.state_call(dir).arguments(["state", "push", "-force"]).arguments([file]);
        question.run_checked(&self.surroundings(state), message).await.map(drop)
    }

    /// Empties a state that was pushed: two states with the same resources would contradict each other.
    async fn empty_remote(&self, number: usize) -> Result<(), InfraError> {
        let state = &self.kept.states[number];
        let dir = self.access.dir().await?;
        let message = format!("the state of {} that was moved cannot be emptied", self.unit().name);
        let Some(remote) = self.pull(state, &dir).await?.filter(|remote| remote.lineage == state.mark.lineage) else {
            return Ok(());
        };
        let file = self.write_emptied(number, &remote.lineage, remote.serial + 1, &message)?;
        self.push_file(state, &file, &dir, &message).await
    }

    /// Writes a file with an empty state.
    fn write_emptied(&self, number: usize, lineage: &str, serial: u64, message: &str) -> Result<PathBuf, InfraError> {
        let version = serde_json::from_slice::<serde_json::Value>(&self.kept.states[number].bytes).unwrap_or_default();
        let version = version["terraform_version"].as_str().unwrap_or_default();
        let file = self.copies.join(format!("{number}-emptied.tfstate"));
        let text = backend::empty_state(lineage, serial, version).to_string();
        private_files::replace(&file, text.as_bytes())
            .map_err(|error| failed(message.to_owned()).cause(error.to_string()))?;
        Ok(file)
    }
}

/// Returns the files that record the backend of a unit, one for each of its data folders. Some may not exist
/// yet.
fn records(unit: &Unit) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = state_endpoints::working_dirs(unit).into_iter().map(|(_, data)| data).collect();
    if unit.tool == Tool::Terraform {
        // Other workspaces of the folder have theirs in its subfolders.
        let own = unit.dir.join(".terraform");
        let below = std::fs::read_dir(&own).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(below.filter(|path| path.join("terraform.tfstate").is_file()));
        folders.push(own);
    }
    folders.sort();
    folders.dedup();
    folders.into_iter().map(|folder| folder.join("terraform.tfstate")).collect()
}

/// Returns the kind of backend that the code in a folder names.
fn backend_in_code(dir: &Path) -> Option<String> {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let code = files.filter(|path| path.extension().is_some_and(|ending| ending == "tf"));
    let texts: Vec<(String, String)> =
        code.filter_map(|path| Some((folder::name(&path), std::fs::read_to_string(&path).ok()?))).collect();
    backend::backend_type_of_files(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}
