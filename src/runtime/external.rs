//! The person's own editor ($VISUAL, $EDITOR, else vi) over a text or a file: it has the terminal until it ends.

use super::files;
use crate::model::sql::interpreter::Edited;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use tokio::process::Command;

/// A larger file does not come back.
const LARGEST: u64 = 16 << 20;

/// The words of the command line: an editor may have arguments (`code --wait`), so that a shell takes it apart. The line to
/// begin with goes as `+N` to those that are known to take it.
fn command(editor: &OsString, line: Option<usize>) -> OsString {
    let name = editor.to_string_lossy();
    let program = name.split_whitespace().next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default();
    let takes = ["vi", "vim", "nvim", "nano", "emacs", "joe", "pico", "mg", "micro", "kak", "hx", "helix"];
    let mut command = editor.clone();
    if let Some(line) = line.filter(|_| takes.contains(&program)) {
        command.push(format!(" +{line}"));
    }
    command.push(" \"$0\"");
    command
}

/// What is configured, of these variables.
fn editor(variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    set("PSQL_EDITOR").or_else(|| set("VISUAL")).or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into())
}

/// Edits it, and gives back the text as it is then. The terminal is nobody's while this goes on.
///
/// # Errors
/// The editor cannot be started or failed, or the text cannot be written or read; in words.
pub(super) async fn edit(what: Edited, line: Option<usize>) -> Result<String, String> {
    edit_with(&editor(|name| std::env::var_os(name)), what, line).await
}

async fn edit_with(editor: &OsString, what: Edited, line: Option<usize>) -> Result<String, String> {
    let named = editor.to_string_lossy().into_owned();
    // A file that nobody else can read, for as long as it is edited.
    let (path, temporary) = match what {
        Edited::File(path) => (files::named(&path), None),
        Edited::Text(text) => {
            let file = scratch(&text).map_err(|error| format!("the text cannot be written for the editor: {error}"))?;
            (file.path().to_owned(), Some(file))
        }
    };
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command(editor, line)).arg(&path).kill_on_drop(true);
    let ended = shell.status().await.map_err(|error| format!("{named} cannot be started: {error}"))?;
    if !ended.success() {
        return Err(format!("{named} ended with {ended}: the text is as it was"));
    }
    let text = read(path).map_err(|error| format!("what was edited cannot be read: {error}"))?;
    drop(temporary);
    Ok(text)
}

fn scratch(text: &str) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix("cockpit-").suffix(".sql").tempfile()?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// Anew by its name: editors put another file in its place.
fn read(path: PathBuf) -> io::Result<String> {
    if std::fs::metadata(&path)?.len() > LARGEST {
        return Err(io::Error::other("it is larger than 16 MB"));
    }
    let mut text = std::fs::read_to_string(path)?;
    // Editors end a text with the end of a line, which nobody typed.
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_is_the_persons_own_and_may_have_arguments() {
        let of = |set: &'static [(&str, &str)]| {
            editor(move |name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into()))
        };
        assert_eq!(of(&[("EDITOR", "nano"), ("VISUAL", "code --wait")]), "code --wait");
        assert_eq!(of(&[("EDITOR", "nano"), ("VISUAL", "")]), "nano");
        assert_eq!(of(&[]), "vi");
        assert_eq!(command(&"code --wait".into(), Some(3)), "code --wait \"$0\"");
        assert_eq!(command(&"/usr/bin/vim -u NONE".into(), Some(3)), "/usr/bin/vim -u NONE +3 \"$0\"");
    }

    #[tokio::test]
    async fn what_was_edited_comes_back_and_a_failure_says_so() {
        let edited = |editor: &'static str, text: &'static str| async move {
            edit_with(&editor.into(), Edited::Text(text.into()), None).await
        };
        let appended = "sh -c 'printf \" -- 日本\\n\" >> \"$1\"' sh";
        assert_eq!(edited(appended, "select 1;").await.unwrap(), "select 1; -- 日本");
        let replaced = "sh -c 'rm \"$1\"; echo new > \"$1\"' sh";
        assert_eq!(edited(replaced, "old").await.unwrap(), "new", "editors put another file in its place");
        assert!(edited("false", "x").await.unwrap_err().contains("the text is as it was"));
        assert!(edited("/nowhere/editor", "x").await.unwrap_err().contains("the text is as it was"));
    }

    #[tokio::test]
    async fn the_text_is_in_a_file_that_nobody_else_can_read_and_that_is_gone_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let editor = format!("sh -c 'stat -c %a \"$1\" > {0}; echo \"$1\" >> {0}' sh", told.display());
        edit_with(&editor.into(), Edited::Text("secret".into()), None).await.unwrap();
        let told = std::fs::read_to_string(told).unwrap();
        let (mode, path) = told.trim().split_once('\n').unwrap();
        assert_eq!(mode, "600");
        assert!(
            std::path::Path::new(path).extension().is_some_and(|ending| ending == "sql")
                && !std::path::Path::new(path).exists(),
            "{path}"
        );
    }
}
