//! Runs the person's own editor on a text or a file; it has the terminal until it ends. A text is written to a separate folder
//! that only its owner can read, in memory if the machine has such a place. The folder is deleted afterwards, with everything
//! that the editor left in it.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use tokio::process::Command;

/// The maximum size of an edited file in bytes; a larger one is rejected.
const LARGEST: u64 = 16 << 20;

/// The variables that name the editor for values; the first one that is set wins.
pub const VALUE_EDITORS: &[&str] = &["VISUAL", "EDITOR"];
/// The variables that name the editor for SQL statements, in the order of psql.
pub const SQL_EDITORS: &[&str] = &["PSQL_EDITOR", "VISUAL", "EDITOR"];

/// A text or file to edit.
#[derive(Clone, Copy)]
pub enum EditTarget<'a> {
    /// The name of the temporary file, whose extension tells the editor its type, and the text.
    Text(&'a str, &'a str),
    /// A file that is edited in place.
    File(&'a Path),
}

/// Why there is no edited text.
#[derive(Debug)]
pub enum NotEdited {
    /// The step that failed, and its error.
    Failed(&'static str, io::Error),
    /// The editor ended with a failure status, because the person aborted it.
    Aborted(ExitStatus),
    /// The edited text is not UTF-8.
    NotUtf8,
}

impl fmt::Display for NotEdited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(what, error) => write!(f, "{what}: {error}"),
            Self::Aborted(status) => write!(f, "the editor ended with {status}: the text is as it was"),
            Self::NotUtf8 => f.write_str("what the editor wrote is not text in UTF-8: the text is as it was"),
        }
    }
}

/// The temporary folder while the editor runs. Dropping it wipes and deletes it.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            wipe(&entry.path());
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Overwrites a file before it is deleted, so that its content cannot be recovered from a disk.
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

/// Creates a new folder, in memory if possible.
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

/// Returns the editor that these variables name.
fn editor(names: &[&str], variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    let set = |name: &&str| variable(name).filter(|value| !value.to_string_lossy().trim().is_empty());
    names.iter().find_map(set).unwrap_or_else(|| "vi".into())
}

/// Returns the command for a shell, since the editor may contain arguments (`code --wait`). The file is passed as `$0`, so any
/// name is safe. The line to start at is passed as `+N` to editors that are known to support it.
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

/// Opens a text or file in the editor that one of these variables names, else in `vi`, at the given line (from 1), and returns
/// the text as the person left it. Nobody else uses the terminal during this call.
///
/// # Errors
/// Why there is no edited text.
pub async fn edit(names: &[&str], what: EditTarget<'_>, line: Option<usize>) -> Result<String, NotEdited> {
    edit_with(&editor(names, |name| std::env::var_os(name)), what, line).await
}

async fn edit_with(editor: &OsString, what: EditTarget<'_>, line: Option<usize>) -> Result<String, NotEdited> {
    let (path, had_final_newline, place) = match what {
        EditTarget::File(path) => (path.to_owned(), false, None),
        EditTarget::Text(name, text) => {
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
        return Err(NotEdited::Aborted(status));
    }
    let mut text = read(&path)?;
    // Editors terminate the last line; a line end that they added does not belong to the text.
    if !had_final_newline && text.ends_with('\n') {
        text.pop();
    }
    drop(place);
    Ok(text)
}

/// Reads the file by its name, since editors may replace it with a new file.
fn read(path: &Path) -> Result<String, NotEdited> {
    let failed = |error| NotEdited::Failed("the edited file cannot be read", error);
    if fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(failed(io::Error::other("it is larger than 16 MB")));
    }
    // The error itself would contain the bytes.
    String::from_utf8(fs::read(path).map_err(failed)?).map_err(|_| NotEdited::NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editor_is_chosen_by_variables_and_may_have_arguments() {
        let of = |set: &'static [(&str, &str)]| {
            editor(SQL_EDITORS, move |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
            })
        };
        assert_eq!(of(&[("EDITOR", "nano"), ("VISUAL", "code --wait")]), "code --wait");
        assert_eq!(of(&[("EDITOR", "nano"), ("VISUAL", " ")]), "nano");
        assert_eq!(of(&[("EDITOR", "nano"), ("PSQL_EDITOR", "ed")]), "ed");
        assert_eq!(of(&[]), "vi");
        assert_eq!(command(&"code --wait".into(), Some(3)), "exec code --wait \"$0\"");
        assert_eq!(command(&"/usr/bin/vim -u NONE".into(), Some(3)), "exec /usr/bin/vim -u NONE +3 \"$0\"");
    }

    async fn edited(editor: &str, text: &str) -> Result<String, NotEdited> {
        edit_with(&editor.into(), EditTarget::Text("query.sql", text), None).await
    }

    #[tokio::test]
    async fn edited_text_is_returned_and_failures_are_reported() {
        let appended = "sh -c 'printf \" -- 日本\\n\" >> \"$1\"' sh";
        assert_eq!(edited(appended, "select 1;").await.unwrap(), "select 1; -- 日本");
        assert_eq!(edited("true", "two\nlines\n").await.unwrap(), "two\nlines\n", "the text's own final newline stays");
        let replaced = "sh -c 'rm \"$1\"; echo new > \"$1\"' sh";
        assert_eq!(edited(replaced, "old").await.unwrap(), "new", "editors may replace the file");
        assert!(edited("false", "x").await.unwrap_err().to_string().contains("the text is as it was"));
        assert!(edited("/nowhere/editor", "x").await.unwrap_err().to_string().contains("the text is as it was"));
        let bytes = edited("sh -c 'printf \"\\\\377\" > \"$1\"' sh", "x").await.unwrap_err();
        assert!(matches!(bytes, NotEdited::NotUtf8), "{bytes:?}");
    }

    #[tokio::test]
    async fn editor_gets_a_private_file_that_is_deleted_afterwards() {
        let place = tempfile::tempdir().unwrap();
        let (seen, script) = (place.path().join("seen"), place.path().join("editor.sh"));
        // This editor keeps a backup next to its file, as editors do, and records the file's path.
        let lines = format!(
            "#!/bin/sh\nstat -c '%a %n' \"$1\" > {0}\ncat \"$1\" >> {0}\ncp \"$1\" \"$1~\"\nprintf 'new\\nvalue\\n' > \"$1\"\n",
            seen.display()
        );
        fs::write(&script, lines).unwrap();
        let text = edited(&format!("sh {}", script.display()), "old value").await.unwrap();
        assert_eq!(text, "new\nvalue", "the newline added by an editor is removed");
        let report = fs::read_to_string(&seen).unwrap();
        let (first, rest) = report.split_once('\n').unwrap();
        let (mode, path) = first.split_once(' ').unwrap();
        assert_eq!((mode, rest), ("600", "old value"));
        assert!(path.ends_with("/query.sql"), "{path}");
        assert!(!Path::new(path).parent().unwrap().exists(), "the folder is removed with its files");
    }

    #[tokio::test]
    async fn failing_editor_leaves_no_file() {
        let place = tempfile::tempdir().unwrap();
        let seen = place.path().join("seen");
        let failure = edited(&format!("sh -c 'echo \"$1\" > {}; exit 1' sh", seen.display()), "").await.unwrap_err();
        assert!(matches!(failure, NotEdited::Aborted(_)), "{failure:?}");
        let path = fs::read_to_string(&seen).unwrap();
        assert!(!Path::new(path.trim()).parent().unwrap().exists());
    }
}
