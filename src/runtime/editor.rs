//! The person's own editor over a text or a file: it has the terminal until it ends. A text lies in a folder of its own
//! that only its owner can read, in memory where the machine has such a place, and the folder goes with all that the
//! editor left beside it.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use tokio::process::Command;

/// A larger file does not come back.
const LARGEST: u64 = 16 << 20;

/// The variables that name the editor of a value, the first that is set wins.
pub const OF_VALUES: &[&str] = &["VISUAL", "EDITOR"];
/// The variables that name the editor of a statement, as psql has them.
pub const OF_SQL: &[&str] = &["PSQL_EDITOR", "VISUAL", "EDITOR"];

/// A text that a person edits in their own editor.
#[derive(Clone, Copy)]
pub enum What<'a> {
    /// A text, in a file of this name: its ending tells the editor what it is.
    Text(&'a str, &'a str),
    /// A file, which is edited where it is.
    File(&'a Path),
}

/// Why there is no text.
#[derive(Debug)]
pub enum NotEdited {
    /// The step that failed, and why.
    Failed(&'static str, io::Error),
    /// The editor ended with a failure: the person left it.
    Left(ExitStatus),
    /// The edited text is not UTF-8.
    NoText,
}

impl fmt::Display for NotEdited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(what, error) => write!(f, "{what}: {error}"),
            Self::Left(status) => write!(f, "the editor ended with {status}: the text is as it was"),
            Self::NoText => f.write_str("what the editor wrote is not text in UTF-8: the text is as it was"),
        }
    }
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

/// The editor that these variables name.
fn editor(names: &[&str], variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    let set = |name: &&str| variable(name).filter(|value| !value.to_string_lossy().trim().is_empty());
    names.iter().find_map(set).unwrap_or_else(|| "vi".into())
}

/// The words of the command line: an editor may have arguments (`code --wait`), so that a shell takes it apart; the file is
/// one, whatever its name. The line to begin with goes as `+N` to those that are known to take it.
fn command(editor: &OsString, line: Option<usize>) -> OsString {
    let name = editor.to_string_lossy();
    let program = name.split_whitespace().next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let takes = ["vi", "vim", "nvim", "nano", "emacs", "joe", "pico", "mg", "micro", "kak", "hx", "helix"];
    let mut command = OsString::from("exec ");
    command.push(editor);
    if let Some(line) = line.filter(|_| takes.contains(&program)) {
        command.push(format!(" +{line}"));
    }
    command.push(" \"$0\"");
    command
}

/// The text or file as a person leaves it in their editor, which one of these variables names, else `vi`; it begins in
/// this line, from 1. The terminal is nobody's while this goes on.
///
/// # Errors
/// There is no text: why.
pub async fn edit(names: &[&str], what: What<'_>, line: Option<usize>) -> Result<String, NotEdited> {
    edit_with(&editor(names, |name| std::env::var_os(name)), what, line).await
}

async fn edit_with(editor: &OsString, what: What<'_>, line: Option<usize>) -> Result<String, NotEdited> {
    let (path, ended, place) = match what {
        What::File(path) => (path.to_owned(), false, None),
        What::Text(name, text) => {
            let place = place().map_err(|error| NotEdited::Failed("there is no place for the editor's file", error))?;
            let file = place.0.join(name);
            fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&file)
                .and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(|error| NotEdited::Failed("the editor's file cannot be written", error))?;
            (file, text.ends_with('\n'), Some(place))
        }
    };
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command(editor, line)).arg(&path).kill_on_drop(true);
    let status = shell.status().await.map_err(|error| NotEdited::Failed("the editor cannot be started", error))?;
    if !status.success() {
        return Err(NotEdited::Left(status));
    }
    let mut text = read(&path)?;
    // Editors end the last line; an end that they added is no part of the text.
    if !ended && text.ends_with('\n') {
        text.pop();
    }
    drop(place);
    Ok(text)
}

/// Anew by its name: editors put another file in its place.
fn read(path: &Path) -> Result<String, NotEdited> {
    let failed = |error| NotEdited::Failed("what was edited cannot be read", error);
    if fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(failed(io::Error::other("it is larger than 16 MB")));
    }
    // The text of the error would have the bytes in it.
    String::from_utf8(fs::read(path).map_err(failed)?).map_err(|_| NotEdited::NoText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_is_the_persons_own_and_may_have_arguments() {
        let of = |set: &'static [(&str, &str)]| {
            editor(OF_SQL, move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into()))
        };
        assert_eq!(of(&[("EDITOR", "nano"), ("VISUAL", "code --wait")]), "code --wait");
        assert_eq!(of(&[("EDITOR", "nano"), ("VISUAL", " ")]), "nano");
        assert_eq!(of(&[("EDITOR", "nano"), ("PSQL_EDITOR", "ed")]), "ed");
        assert_eq!(of(&[]), "vi");
        assert_eq!(command(&"code --wait".into(), Some(3)), "exec code --wait \"$0\"");
        assert_eq!(command(&"/usr/bin/vim -u NONE".into(), Some(3)), "exec /usr/bin/vim -u NONE +3 \"$0\"");
    }

    async fn edited(editor: &str, text: &str) -> Result<String, NotEdited> {
        edit_with(&editor.into(), What::Text("query.sql", text), None).await
    }

    #[tokio::test]
    async fn what_was_edited_comes_back_and_a_failure_says_so() {
        let appended = "sh -c 'printf \" -- 日本\\n\" >> \"$1\"' sh";
        assert_eq!(edited(appended, "select 1;").await.unwrap(), "select 1; -- 日本");
        assert_eq!(edited("true", "two\nlines\n").await.unwrap(), "two\nlines\n", "its own last line end stays");
        let replaced = "sh -c 'rm \"$1\"; echo new > \"$1\"' sh";
        assert_eq!(edited(replaced, "old").await.unwrap(), "new", "editors put another file in its place");
        assert!(edited("false", "x").await.unwrap_err().to_string().contains("the text is as it was"));
        assert!(edited("/nowhere/editor", "x").await.unwrap_err().to_string().contains("the text is as it was"));
        let bytes = edited("sh -c 'printf \"\\\\377\" > \"$1\"' sh", "x").await.unwrap_err();
        assert!(matches!(bytes, NotEdited::NoText), "{bytes:?}");
    }

    #[tokio::test]
    async fn the_editor_sees_the_text_alone_and_nothing_of_it_is_left() {
        let place = tempfile::tempdir().unwrap();
        let (seen, script) = (place.path().join("seen"), place.path().join("editor.sh"));
        // It keeps a copy beside its file, as editors do, and tells where it was.
        let lines = format!(
            "#!/bin/sh\nstat -c '%a %n' \"$1\" > {0}\ncat \"$1\" >> {0}\ncp \"$1\" \"$1~\"\nprintf 'new\\nvalue\\n' > \"$1\"\n",
            seen.display()
        );
        fs::write(&script, lines).unwrap();
        let text = edited(&format!("sh {}", script.display()), "old value").await.unwrap();
        assert_eq!(text, "new\nvalue", "the line break that an editor adds is no part of it");
        let told = fs::read_to_string(&seen).unwrap();
        let (first, rest) = told.split_once('\n').unwrap();
        let (mode, path) = first.split_once(' ').unwrap();
        assert_eq!((mode, rest), ("600", "old value"));
        assert!(path.ends_with("/query.sql"), "{path}");
        assert!(!Path::new(path).parent().unwrap().exists(), "the folder is gone, with all in it");
    }

    #[tokio::test]
    async fn an_editor_that_fails_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let seen = place.path().join("seen");
        let left = edited(&format!("sh -c 'echo \"$1\" > {}; exit 1' sh", seen.display()), "").await.unwrap_err();
        assert!(matches!(left, NotEdited::Left(_)), "{left:?}");
        let path = fs::read_to_string(&seen).unwrap();
        assert!(!Path::new(path.trim()).parent().unwrap().exists());
    }
}
