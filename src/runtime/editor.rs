//! A value in an editor. It lies in a folder of its own that only its owner can read, in memory where the machine has such
//! a place, and the folder goes with all that the editor left beside it.

use crate::model::parameters::Value;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why there is no value.
#[derive(Debug)]
pub enum NotEdited {
    /// What could not be done, and why.
    Failed(&'static str, io::Error),
    /// The editor ended with a failure: the person left it.
    Left,
    /// What it wrote is not text in UTF-8.
    NoText,
}

/// The folder while the editor runs.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            wipe(&entry.path());
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Overwrites a file before it goes: where it lies on a disk, it is not found there later.
fn wipe(path: &Path) {
    let Ok(size) = fs::symlink_metadata(path).map(|known| if known.is_file() { known.len() } else { 0 }) else {
        return;
    };
    if size > 0
        && let Ok(mut file) = fs::OpenOptions::new().write(true).open(path)
    {
        let zeros = vec![0; usize::try_from(size).unwrap_or_default().min(1 << 20)];
        let _ = file.write_all(&zeros).and_then(|()| file.sync_data());
    }
}

/// A new folder, in memory if there is such a place.
fn place() -> io::Result<Place> {
    let run = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let places = run.into_iter().chain([PathBuf::from("/dev/shm"), std::env::temp_dir()]);
    let mut last = io::Error::other("there is no folder for it");
    for (number, folder) in places.enumerate() {
        let name = format!("cockpit-{}-{number}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
        let path = folder.join(name);
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(Place(path)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What a person makes of a value in their editor: `$VISUAL`, `$EDITOR`, else `vi`.
///
/// # Errors
/// There is no value: why.
pub fn edit(before: Option<&Value>) -> Result<Value, NotEdited> {
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()));
    edit_with(&editor.unwrap_or_else(|| "vi".to_owned()), before)
}

fn edit_with(editor: &str, before: Option<&Value>) -> Result<Value, NotEdited> {
    let place = place().map_err(|error| NotEdited::Failed("there is no place for the editor's file", error))?;
    let file = place.0.join("value");
    let text = before.map_or("", Value::expose);
    // Editors end the last line; one that they added is no part of the value.
    let ended = text.ends_with('\n');
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| NotEdited::Failed("the editor's file cannot be written", error))?;
    // The editor may have arguments, as a shell reads them; the file is one, whatever its name.
    let status = Command::new("sh").arg("-c").arg(format!("exec {editor} \"$1\"")).arg("sh").arg(&file).status();
    let status = status.map_err(|error| NotEdited::Failed("the editor cannot be started", error))?;
    if !status.success() {
        return Err(NotEdited::Left);
    }
    let text = fs::read(&file).map_err(|error| NotEdited::Failed("the editor's file cannot be read", error))?;
    let text = String::from_utf8(text).map_err(|_| NotEdited::NoText)?;
    let kept = if ended { text.as_str() } else { text.strip_suffix('\n').unwrap_or(&text) };
    Ok(Value::new(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_sees_the_value_alone_and_nothing_of_it_is_left() {
        let place = tempfile::tempdir().unwrap();
        let seen = place.path().join("seen");
        let script = place.path().join("editor.sh");
        // It keeps a copy beside its file, as editors do, and tells where it was.
        let lines = format!(
            "#!/bin/sh\nstat -c '%a %n' \"$1\" > {0}\ncat \"$1\" >> {0}\ncp \"$1\" \"$1~\"\nprintf 'new\\nvalue\\n' > \"$1\"\n",
            seen.display()
        );
        fs::write(&script, lines).unwrap();
        let value = edit_with(&format!("sh {}", script.display()), Some(&Value::new("old value"))).unwrap();
        assert_eq!(value.expose(), "new\nvalue", "the line break that an editor adds is no part of it");
        let told = fs::read_to_string(&seen).unwrap();
        let (first, rest) = told.split_once('\n').unwrap();
        let (mode, path) = first.split_once(' ').unwrap();
        assert_eq!((mode, rest), ("600", "old value"));
        assert!(!Path::new(path).parent().unwrap().exists(), "the folder is gone, with all in it");
    }

    #[test]
    fn an_editor_that_fails_changes_nothing_and_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let seen = place.path().join("seen");
        let report = edit_with(&format!("sh -c 'echo \"$1\" > {}; exit 1' sh", seen.display()), None).unwrap_err();
        assert!(matches!(report, NotEdited::Left), "{report:?}");
        let path = fs::read_to_string(&seen).unwrap();
        assert!(!Path::new(path.trim()).parent().unwrap().exists());
    }
}
