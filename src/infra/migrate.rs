//! Moves the state of a unit from a file to S3. Terraform's own move gives it another lineage, and refuses without a terminal:
//! the files are copied, taken away, pushed as they are to where the code says now, and held against what is there. Where that
//! is not exactly what was here, or the plan is not empty, everything is put back.

use super::access::Access;
use super::run::moving::{Journal, gone};
use super::run::{folder, world};
use super::surroundings::{ChildEnvironment, DEFAULT_WORKSPACE};
use crate::model::infra::backend::{self, Place};
use crate::model::infra::state::Mark;
use crate::model::infra::{Tool, Trouble, TroubleKind, Unit};
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

/// A state in a file.
#[derive(Debug, Clone)]
pub struct State {
    /// Its workspace; none with Terragrunt.
    pub workspace: Option<String>,
    pub file: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Which state it is, and how far.
    pub mark: Mark,
}

/// The states that a unit's code keeps in files: its own, and those of other workspaces of its folder, which go where its code
/// says, and so go with it.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Each with something in it.
    pub states: Vec<State>,
}

/// The destination of a unit's states.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where the code names no backend, or a file: this one is written into it.
    pub place: Option<Place>,
    /// Where copies of the files are kept.
    pub copies: PathBuf,
}

fn failed(what: String) -> Trouble {
    Trouble::new(TroubleKind::Failed, what)
}

/// Puts back what an interrupted move left; whether there was one.
///
/// # Errors
/// It cannot be put back.
pub fn put_back(unit: &Unit) -> Result<bool, Trouble> {
    let undone = Journal::left(unit).and_then(|left| left.map(|journal| journal.put_back(unit)).transpose());
    let unmoved = |error| failed(format!("an interrupted move of {} cannot be put back: {error}", unit.name));
    undone.map(|done| done.is_some()).map_err(unmoved)
}

/// The states of a unit that are in files with something in them.
///
/// # Errors
/// A file cannot be read or is no state, somebody works at one, or it has several states of its own.
pub fn kept(unit: &Unit) -> Result<Kept, Trouble> {
    let own = unit.workspace.clone();
    let mut files: Vec<(Option<String>, PathBuf)> =
        world::states(unit).into_iter().map(|file| (own.clone(), file)).collect();
    match unit.tool {
        // It is where the code kept it, also where Terragrunt was told of another place since.
        Tool::Terragrunt => files.push((None, unit.dir.join("terraform.tfstate"))),
        Tool::Terraform => {
            files.push((Some(DEFAULT_WORKSPACE.to_owned()), unit.dir.join("terraform.tfstate")));
            for entry in std::fs::read_dir(unit.dir.join("terraform.tfstate.d")).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                files.push((Some(name), entry.path().join("terraform.tfstate")));
            }
        }
    }
    let mut kept = Kept::default();
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
        let mark = Mark::of(&bytes).ok_or_else(|| failed(format!("{} is not a state", file.display())))?;
        // What is left of a state that was moved before is empty.
        if mark.resources() == 0 && mark.content[1].as_object().is_none_or(serde_json::Map::is_empty) {
            continue;
        }
        let lock = file.with_file_name(format!(".{}.lock.info", folder::name(&file)));
        if lock.exists() {
            return Err(failed(format!("{} is locked: somebody works at it", file.display()))
                .hint("wait for its end; `cockpit infra unlock` says who, and releases a lock that was left behind"));
        }
        kept.states.push(State { workspace, file, bytes, mark });
    }
    // Its own first, whatever the order of the folder.
    kept.states.sort_by_key(|state| (state.workspace != own, state.file.clone()));
    if kept.states.windows(2).any(|two| two[0].workspace == two[1].workspace) {
        let files = kept.states.iter().map(|state| state.file.display().to_string());
        return Err(failed(format!("{} has several states in files", unit.name))
            .causes(files)
            .hint("move away the one that is not meant"));
    }
    Ok(kept)
}

/// Moves them, and checks them there.
///
/// # Errors
/// They cannot be moved, or are not the same there; then everything is as it was, or the error says what is not.
pub async fn moved(access: &Access<'_>, kept: &Kept, wanted: &Wanted) -> Result<(), Trouble> {
    let unit = access.unit;
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let copies = wanted.copies.join(format!("{time}-{}", folder::file_name(&unit.name)));
    let mut move_of = Move { access, kept, wanted, copies, journal: Journal::default(), pushed: Vec::new() };
    let outcome = move_of.tried().await;
    let Err(mut trouble) = outcome else {
        return move_of.journal.over(unit).map_err(|error| {
            failed(format!(
                "the state of {} is moved, and what says that it is between two places stays: {error}",
                unit.name
            ))
            .hint("remove .cockpit-moving.json in its folder")
        });
    };
    for pushed in std::mem::take(&mut move_of.pushed) {
        if let Err(left) = move_of.empty(pushed).await {
            trouble = trouble.cause(format!("a copy of the state stays in S3: {}", left.message)).causes(left.causes);
        }
    }
    match move_of.journal.put_back(unit) {
        Ok(()) => Err(trouble.cause("it was put back: files and code are as before")),
        Err(error) => Err(trouble
            .cause(format!("it could not be put back: {error}"))
            .hint(format!("copies of the state are in {}", move_of.copies.display()))),
    }
}

/// A move under way.
struct Move<'a> {
    access: &'a Access<'a>,
    kept: &'a Kept,
    wanted: &'a Wanted,
    copies: PathBuf,
    journal: Journal,
    /// The states that may be in S3 by now, by number.
    pushed: Vec<usize>,
}

impl Move<'_> {
    fn unit(&self) -> &Unit {
        self.access.unit
    }

    fn refused(&self, why: String) -> Trouble {
        failed(format!("the state of {} was not moved", self.unit().name)).cause(why)
    }

    async fn tried(&mut self) -> Result<(), Trouble> {
        let unit = self.unit().clone();
        let code = self.code()?;
        let aside =
            self.write_down(code.as_ref()).map_err(|error| self.refused(format!("no copy can be kept: {error}")))?;
        let moved = aside.iter().try_for_each(|file| gone(file));
        let written = moved.and_then(|()| code.map_or(Ok(()), |(file, text)| std::fs::write(file, text)));
        written.map_err(|error| self.refused(format!("the folder of the unit cannot be written: {error}")))?;
        self.access.init_without_workspace().await?;
        let dir = self.access.dir().await?;
        let (kind, config) = world::backend_of(&unit, &dir).unwrap_or_default();
        if kind != "s3" {
            let where_to =
                if matches!(kind.as_str(), "" | "local") { "in a file still".to_owned() } else { format!("in {kind}") };
            return Err(self
                .refused(format!("its code keeps the state {where_to}"))
                .hint("switch the backend to s3 in the code, then again"));
        }
        if !backend::locks(&config) {
            return Err(self
                .refused("the backend has no lock: two could write it at a time".to_owned())
                .hint("set `use_lockfile = true` in the backend"));
        }
        self.make_workspaces(&dir).await?;
        for number in 0..self.kept.states.len() {
            self.push(number, &dir).await?;
        }
        if !self.access.plans_nothing().await? {
            return Err(self
                .refused("its plan is not empty after it".to_owned())
                .hint("apply what the code has changed first, then move it"));
        }
        Ok(())
    }

    /// The file that says where the state goes, where the code does not.
    fn code(&self) -> Result<Option<(PathBuf, String)>, Trouble> {
        let unit = self.unit();
        if unit.tool == Tool::Terragrunt {
            return Ok(None);
        }
        let named = named(&unit.dir);
        if named.as_deref().is_some_and(|kind| kind != "local") {
            return Ok(None);
        }
        let Some(place) = &self.wanted.place else {
            return Err(self
                .refused("its code keeps the state in a file, and no bucket is named".to_owned())
                .hint("name the bucket with --bucket, or write a backend \"s3\" into the code"));
        };
        let name = if named.is_some() { backend::OVERRIDE } else { backend::FILE };
        Ok(Some((unit.dir.join(name), backend::code(place))))
    }

    /// Copies all that may be changed, and writes down what is put back. What it returns is taken away.
    fn write_down(&mut self, code: Option<&(PathBuf, String)>) -> io::Result<Vec<PathBuf>> {
        folder::make(&self.copies)?;
        let records = records(self.unit());
        let states = self.kept.states.iter().map(|state| (state.file.clone(), Some(state.bytes.clone())));
        let all: Vec<_> = states.chain(records.into_iter().map(|file| (file, None))).collect();
        let mut aside = Vec::new();
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
            folder::replace(&copy, &bytes)?;
            self.journal.files.push((file.clone(), copy));
            aside.push(file);
        }
        if let Some((file, _)) = code {
            self.journal.made.push(file.clone());
        }
        self.journal.write(self.unit())?;
        Ok(aside)
    }

    /// Workspaces that are not there yet.
    async fn make_workspaces(&self, dir: &Path) -> Result<(), Trouble> {
        if self.unit().tool == Tool::Terragrunt {
            return Ok(());
        }
        let known = self.access.workspaces().await?;
        let named = self.kept.states.iter().filter_map(|state| state.workspace.as_ref());
        let own = self.unit().workspace.as_ref();
        // Creating a workspace also selects it, which is not intended.
        let selected =
            super::surroundings::data_dir(self.unit()).unwrap_or_else(|| dir.join(".terraform")).join("environment");
        let before = std::fs::read(&selected).ok();
        for name in named.chain(own).filter(|name| !known.contains(name)).collect::<std::collections::BTreeSet<_>>() {
            self.access.make_workspace(name).await?;
        }
        let restored = match before {
            Some(text) => folder::replace(&selected, &text),
            None => gone(&selected),
        };
        restored.map_err(|error| self.refused(format!("{} cannot be written: {error}", selected.display())))
    }

    fn surroundings(&self, state: &State) -> ChildEnvironment {
        let mut own = self.access.surroundings();
        if let Some(name) = &state.workspace {
            own.set("TF_WORKSPACE", name.as_str());
        }
        own
    }

    async fn pulled(&self, state: &State, dir: &Path) -> Result<Option<Mark>, Trouble> {
        let what = format!("the state of {} cannot be read where it is moved to", self.unit().name);
        let question = self.access.state_question(dir).arguments(["state", "pull"]);
        Ok(Mark::of(&question.ask_well(&self.surroundings(state), &what).await?.out))
    }

    async fn push(&mut self, number: usize, dir: &Path) -> Result<(), Trouble> {
        let kept = self.kept;
        let state = &kept.states[number];
        let there = self.pulled(state, dir).await?;
        let is_new = there.as_ref().is_none_or(|there| there.lineage.is_empty());
        let before = there.filter(|there| there.resources() > 0);
        if let Some(there) = &before
            && state.mark.moved(Some(there)).is_some()
        {
            return Err(self.refused(format!("there is a state already where it would go: {}", there.words())));
        }
        // The same one is there where a move was interrupted.
        if before.is_none() {
            self.pushed.push(number);
            let what = format!("the state of {} cannot be pushed", self.unit().name);
            if is_new {
                // The first state of a place gets a lineage of its own, whatever it says; the second one keeps its.
                let file = self.emptied(number, &state.mark.lineage, 1, &what)?;
                self.pushed_file(state, &file, dir, &what).await?;
            }
            self.pushed_file(state, &self.journal.files[number].1, dir, &what).await?;
        }
        match state.mark.moved(self.pulled(state, dir).await?.as_ref()) {
            None => Ok(()),
            Some(why) => Err(self.refused(why)),
        }
    }

    /// With force, as a workspace that was made has an empty state of another lineage.
    async fn pushed_file(&self, state: &State, file: &Path, dir: &Path, what: &str) -> Result<(), Trouble> {
        let question = self.access.state_question(dir).arguments(["state", "push", "-force"]).arguments([file]);
        question.ask_well(&self.surroundings(state), what).await.map(drop)
    }

    /// Takes what is in a state that was pushed out of it again: two states of the same resources would be two truths.
    async fn empty(&self, number: usize) -> Result<(), Trouble> {
        let state = &self.kept.states[number];
        let dir = self.access.dir().await?;
        let what = format!("the state of {} that was moved cannot be emptied", self.unit().name);
        let Some(there) = self.pulled(state, &dir).await?.filter(|there| there.lineage == state.mark.lineage) else {
            return Ok(());
        };
        let file = self.emptied(number, &there.lineage, there.serial + 1, &what)?;
        self.pushed_file(state, &file, &dir, &what).await
    }

    /// A file with a state of which nothing is left.
    fn emptied(&self, number: usize, lineage: &str, serial: u64, what: &str) -> Result<PathBuf, Trouble> {
        let version = serde_json::from_slice::<serde_json::Value>(&self.kept.states[number].bytes).unwrap_or_default();
        let version = version["terraform_version"].as_str().unwrap_or_default();
        let file = self.copies.join(format!("{number}-emptied.tfstate"));
        let text = backend::emptied(lineage, serial, version).to_string();
        folder::replace(&file, text.as_bytes()).map_err(|error| failed(what.to_owned()).cause(error.to_string()))?;
        Ok(file)
    }
}

/// The files that record which backend a unit was initialised for, in each of its folders of data. Files that are not
/// there yet may come.
fn records(unit: &Unit) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = world::working_dirs(unit).into_iter().map(|(_, data)| data).collect();
    if unit.tool == Tool::Terraform {
        // Other workspaces of the folder have theirs below it.
        let own = unit.dir.join(".terraform");
        let below = std::fs::read_dir(&own).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(below.filter(|path| path.join("terraform.tfstate").is_file()));
        folders.push(own);
    }
    folders.sort();
    folders.dedup();
    folders.into_iter().map(|folder| folder.join("terraform.tfstate")).collect()
}

/// The kind of backend that the code of a folder names.
fn named(dir: &Path) -> Option<String> {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let code = files.filter(|path| path.extension().is_some_and(|ending| ending == "tf"));
    let texts: Vec<(String, String)> =
        code.filter_map(|path| Some((folder::name(&path), std::fs::read_to_string(&path).ok()?))).collect();
    backend::of_files(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
}
