//! Moves the state of a unit from a file to S3. Everything that it may change is copied first, and put back where what is
//! there in the end is not exactly what was here.

use super::access::Access;
use super::run::{folder, world};
use crate::infra::surroundings::DEFAULT_WORKSPACE;
use crate::model::infra::state::Mark;
use crate::model::infra::{Tool, Trouble, TroubleKind, Unit};
use jiff::Timestamp;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The file that names the backend of a unit whose code names none.
const BACKEND: &str = "cockpit_backend.tf";

/// What is in files before.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Which state it is, and how far.
    pub mark: Mark,
    /// Its files, with what is in them.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// Where it goes.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The bucket, where the code names no backend.
    pub bucket: Option<String>,
    /// The environment, the first part of the key.
    pub environment: String,
    /// The bucket's region.
    pub region: Option<String>,
    /// It is an emulator's, which has no host for each bucket.
    pub emulated: bool,
    /// Where copies of the files are kept.
    pub copies: PathBuf,
}

/// The state of a unit that is in a file with something in it; none where there is none.
///
/// # Errors
/// A file cannot be read or is no state, or there are several states.
pub fn kept(unit: &Unit) -> Result<Option<Kept>, Trouble> {
    let failed = |what: String| Trouble::new(TroubleKind::Failed, what);
    let mut found: Vec<Kept> = Vec::new();
    for file in world::states(unit) {
        let bytes =
            std::fs::read(&file).map_err(|error| failed(format!("{} cannot be read: {error}", file.display())))?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mark = Mark::of(&bytes).ok_or_else(|| failed(format!("{} is no state", file.display())))?;
        // What is left of a state that was moved before is empty.
        if mark.resources() > 0 || mark.content[1].as_object().is_some_and(|outputs| !outputs.is_empty()) {
            found.push(Kept { mark, files: vec![(file, bytes)] });
        }
    }
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => {
            let files = found.iter().flat_map(|kept| &kept.files).map(|(file, _)| file.display().to_string());
            Err(failed(format!("{} has several states in files", unit.name))
                .causes(files)
                .hint("move away the one that is not meant"))
        }
    }
}

/// Moves it, and checks it there. `tell` says what is put back.
///
/// # Errors
/// It cannot be moved, or is not the same there; then everything is as it was, or the error says what is not.
pub async fn moved(access: &Access<'_>, kept: &Kept, wanted: &Wanted, tell: &dyn Fn(&str)) -> Result<(), Trouble> {
    let unit = access.unit;
    let copies = wanted.copies.join(format!(
        "{}-{}",
        Timestamp::now().strftime("%Y%m%dT%H%M%SZ"),
        unit.name.replace('/', "%2F")
    ));
    let unkept = |error: std::io::Error| {
        Trouble::new(TroubleKind::Failed, format!("a copy of the state of {} cannot be kept: {error}", unit.name))
    };
    folder::make(&copies).map_err(unkept)?;
    for (file, bytes) in &kept.files {
        folder::replace(&copies.join(file.file_name().unwrap_or_default()), bytes).map_err(unkept)?;
    }
    let mut undo = Undo { files: kept.files.clone(), made: Vec::new(), emptied: false };
    // What says which backend the unit was initialised for.
    for (_, data) in world::working_dirs(unit) {
        let file = data.join("terraform.tfstate");
        match std::fs::read(&file) {
            Ok(bytes) => undo.files.push((file, bytes)),
            Err(_) => undo.made.push(file),
        }
    }
    let outcome = tried(access, kept, wanted, &mut undo).await;
    let Err(trouble) = outcome else { return Ok(()) };
    let mut trouble = trouble;
    if undo.emptied
        && let Err(left) = empty(access).await
    {
        trouble = trouble.cause(format!("a copy of the state stays in S3: {}", left.message));
    }
    match undo.put_back() {
        Ok(()) => {
            tell("it was put back: files and code are as before");
            Err(trouble)
        }
        Err(error) => Err(trouble
            .cause(format!("it could not be put back: {error}"))
            .hint(format!("copies of the state are in {}", copies.display()))),
    }
}

async fn tried(access: &Access<'_>, kept: &Kept, wanted: &Wanted, undo: &mut Undo) -> Result<(), Trouble> {
    let unit = access.unit;
    let refused =
        |why: String| Trouble::new(TroubleKind::Failed, format!("the state of {} was not moved", unit.name)).cause(why);
    if unit.tool == Tool::Terraform && !names_a_backend(&unit.dir) {
        let Some(bucket) = &wanted.bucket else {
            return Err(refused("its code names no backend, and no bucket is named".to_owned())
                .hint("name the bucket with --bucket, or write a backend \"s3\" into the code"));
        };
        let file = unit.dir.join(BACKEND);
        undo.made.push(file.clone());
        std::fs::write(&file, backend(bucket, wanted, &unit.name))
            .map_err(|error| refused(format!("{} cannot be written: {error}", file.display())))?;
    }
    access.init_anew().await?;
    let dir = access.dir().await?;
    let (kind, config) = world::backend_of(unit, &dir).unwrap_or(("local".to_owned(), Value::Null));
    if kind == "local" {
        return Err(refused("its code keeps the state in a file still".to_owned())
            .hint("switch `remote_state` to s3 in the code, then again"));
    }
    let has_lock =
        config["use_lockfile"] == true || config["dynamodb_table"].as_str().is_some_and(|name| !name.is_empty());
    if kind == "s3" && !has_lock {
        return Err(refused("the backend has no lock: two could write it at a time".to_owned())
            .hint("set `use_lockfile = true` in the backend"));
    }
    let named = unit.workspace.as_deref().filter(|name| unit.tool == Tool::Terraform && *name != DEFAULT_WORKSPACE);
    if let Some(name) = named
        && !access.workspaces().await?.iter().any(|known| known == name)
    {
        access.new_workspace().await?;
    }
    let what = format!("the state of {} cannot be read where it is moved to", unit.name);
    let own = access.surroundings();
    let pull = || access.question(&dir).arguments(["state", "pull"]);
    let before = Mark::of(&pull().ask_well(&own, &what).await?.out);
    if let Some(other) = before.filter(|other| other.resources() > 0) {
        return Err(refused(format!("there is a state already where it would go: {}", other.words())));
    }
    undo.emptied = true;
    for (file, _) in &kept.files {
        let push = access.question(&dir).arguments(["state", "push"]).arguments([file]);
        push.ask_well(&own, &format!("the state of {} cannot be pushed", unit.name)).await?;
    }
    if let Some(why) = kept.mark.moved(Mark::of(&pull().ask_well(&own, &what).await?.out).as_ref()) {
        return Err(refused(why));
    }
    if !access.plans_nothing().await? {
        return Err(refused("its plan is not empty after it".to_owned())
            .hint("apply what the code has changed first, then move it"));
    }
    // Two states of the same resources would be two truths; the copies are elsewhere.
    for (file, _) in &kept.files {
        std::fs::remove_file(file)
            .map_err(|error| refused(format!("{} cannot be removed: {error}", file.display())))?;
    }
    Ok(())
}

/// What is put back.
struct Undo {
    files: Vec<(PathBuf, Vec<u8>)>,
    made: Vec<PathBuf>,
    /// There may be a copy in S3.
    emptied: bool,
}

impl Undo {
    fn put_back(&self) -> std::io::Result<()> {
        for file in &self.made {
            match std::fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        for (file, bytes) in &self.files {
            folder::replace(file, bytes)?;
        }
        Ok(())
    }
}

/// Takes what is in the state that was moved out of it again: two states of the same resources would be two truths.
async fn empty(access: &Access<'_>) -> Result<(), Trouble> {
    let what = format!("the state of {} that was moved cannot be emptied", access.unit.name);
    let dir = access.dir().await?;
    let own = access.surroundings();
    let pulled = access.question(&dir).arguments(["state", "pull"]).ask_well(&own, &what).await?;
    let all = crate::model::infra::state::addresses(&pulled.out).unwrap_or_default();
    if all.is_empty() {
        return Ok(());
    }
    let addresses = all.into_iter().map(|resource| resource.address);
    access.question(&dir).arguments(["state", "rm"]).arguments(addresses).ask_well(&own, &what).await.map(drop)
}

/// Whether code of a folder has a backend.
fn names_a_backend(dir: &Path) -> bool {
    let files = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let code = files.filter(|path| path.extension().is_some_and(|ending| ending == "tf"));
    code.filter_map(|path| std::fs::read_to_string(path).ok())
        .any(|text| text.lines().any(|line| line.trim_start().starts_with("backend \"")))
}

/// A backend in S3 with its lock.
fn backend(bucket: &str, wanted: &Wanted, unit: &str) -> String {
    let quoted = |text: &str| Value::from(text).to_string();
    let region =
        wanted.region.as_ref().map(|region| format!("    region       = {}\n", quoted(region))).unwrap_or_default();
    let emulated = if wanted.emulated {
        "    use_path_style              = true\n    skip_credentials_validation = true\n    skip_metadata_api_check     = true\n"
    } else {
        ""
    };
    format!(
        "terraform {{\n  backend \"s3\" {{\n    bucket       = {}\n    key          = {}\n{region}    encrypt      = true\n    use_lockfile = true\n{emulated}  }}\n}}\n",
        quoted(bucket),
        quoted(&format!("{}/{unit}/terraform.tfstate", wanted.environment)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backend_that_is_written_has_a_lock_and_a_key_of_its_own() {
        let wanted = Wanted {
            bucket: None,
            environment: "pantri-dev".into(),
            region: Some("us-east-1".into()),
            emulated: false,
            copies: PathBuf::new(),
        };
        let code = backend("b", &wanted, "pantri");
        assert!(
            code.contains("use_lockfile = true") && code.contains("\"pantri-dev/pantri/terraform.tfstate\""),
            "{code}"
        );
        assert!(!code.contains("skip_") && code.contains("region       = \"us-east-1\""), "{code}");
    }
}
