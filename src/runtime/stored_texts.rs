//! The texts of the SQL editor, kept for the next session in a private file. Several sessions share it: each replaces the texts
//! that it stored before, and leaves those of others.

use crate::feeds::queries::EditorText;
use crate::private_files;
use std::io;
use std::path::{Path, PathBuf};

/// The maximum size of the file in bytes; nothing stored here is that large.
const MAX_SIZE: u64 = 64 << 20;
/// The number of texts to keep; the last ones stay.
const MAX_TEXTS: usize = 40;

fn file() -> io::Result<PathBuf> {
    super::queries::state_file("sql_texts")
}

/// Returns the texts of earlier sessions; none if there is no such file.
///
/// # Errors
/// If the file cannot be read.
pub fn read() -> io::Result<Vec<EditorText>> {
    read_from(&file()?)
}

/// Replaces the stored texts `before` with `now`.
///
/// # Errors
/// If the file cannot be written; its content then stays.
pub fn store(before: &[EditorText], now: &[EditorText]) -> io::Result<()> {
    keep_in(&file()?, before, now)
}

fn read_from(path: &Path) -> io::Result<Vec<EditorText>> {
    match std::fs::metadata(path) {
        Ok(file) if file.len() > MAX_SIZE => return Err(io::Error::other("the file is larger than what is kept")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    // Each line is a name and a text. A malformed line is skipped.
    let text = std::fs::read_to_string(path)?;
    let pairs = text.lines().filter_map(|line| serde_json::from_str::<(String, String)>(line).ok());
    Ok(pairs.map(|(name, text)| EditorText { name, text }).collect())
}

fn keep_in(path: &Path, before: &[EditorText], now: &[EditorText]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // The lock serializes sessions that end at the same time.
    let lock = private_files::to_add_to(&path.with_extension("lock"))?;
    lock.lock()?;
    let mut kept = read_from(path)?;
    for gone in before {
        if let Some(at) = kept.iter().position(|typed| typed == gone) {
            kept.remove(at);
        }
    }
    kept.extend_from_slice(now);
    let mut lines = String::new();
    for typed in &kept[kept.len().saturating_sub(MAX_TEXTS)..] {
        lines += &serde_json::to_string(&(&typed.name, &typed.text))?;
        lines.push('\n');
    }
    private_files::replace(path, lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn typed(name: &str, text: &str) -> EditorText {
        EditorText { name: name.into(), text: text.into() }
    }

    #[test]
    fn texts_are_read_back_and_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("sql_texts");
        assert_eq!(read_from(&path).unwrap(), []);
        let all = [typed("1", "select 1\nfrom 表"), typed("slow", "")];
        keep_in(&path, &[], &all).unwrap();
        assert_eq!(read_from(&path).unwrap(), all);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        keep_in(&path, &all, &[]).unwrap();
        assert_eq!(read_from(&path).unwrap(), []);
    }

    #[test]
    fn session_keeps_the_texts_of_other_sessions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sql_texts");
        let both = [typed("1", "select 1")];
        keep_in(&path, &[], &both).unwrap();
        // Both sessions start with the same text; one changes it, and the other ends with it unchanged.
        keep_in(&path, &both, &[typed("1", "select 2")]).unwrap();
        keep_in(&path, &both, &both).unwrap();
        assert_eq!(read_from(&path).unwrap(), [typed("1", "select 2"), typed("1", "select 1")]);
    }

    #[test]
    fn malformed_line_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sql_texts");
        std::fs::write(&path, "[\"1\",\"a\"]\n{\n[\"2\",\"cut o").unwrap();
        assert_eq!(read_from(&path).unwrap(), [typed("1", "a")]);
    }
}
