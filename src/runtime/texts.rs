//! The texts of the SQL editor, kept for the next session in a file that nobody else may read. Several sessions share
//! it: each takes out what it put in before, and leaves what is another's.

use crate::feeds::queries::Typed;
use crate::private_files;
use std::io;
use std::path::{Path, PathBuf};

/// A larger file is not read: nothing that is kept here is that large.
const LARGEST: u64 = 64 << 20;
/// How many texts are kept, the last ones.
const KEPT: usize = 40;

fn file() -> io::Result<PathBuf> {
    super::queries::state_file("sql_texts")
}

/// The texts that earlier sessions left; none where there is no such file.
///
/// # Errors
/// When it cannot be read.
pub fn read() -> io::Result<Vec<Typed>> {
    read_from(&file()?)
}

/// Keeps `now` in the place of what was kept `before`.
///
/// # Errors
/// When it cannot be written; what was there then stays.
pub fn keep(before: &[Typed], now: &[Typed]) -> io::Result<()> {
    keep_in(&file()?, before, now)
}

fn read_from(path: &Path) -> io::Result<Vec<Typed>> {
    match std::fs::metadata(path) {
        Ok(file) if file.len() > LARGEST => return Err(io::Error::other("the file is larger than what is kept")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    }
    // A line is a name and a text. One that cannot be read is passed over.
    let text = std::fs::read_to_string(path)?;
    let pairs = text.lines().filter_map(|line| serde_json::from_str::<(String, String)>(line).ok());
    Ok(pairs.map(|(name, text)| Typed { name, text }).collect())
}

fn keep_in(path: &Path, before: &[Typed], now: &[Typed]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Two sessions that end at once write one after the other.
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
    for typed in &kept[kept.len().saturating_sub(KEPT)..] {
        lines += &serde_json::to_string(&(&typed.name, &typed.text))?;
        lines.push('\n');
    }
    private_files::replace(path, lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn typed(name: &str, text: &str) -> Typed {
        Typed { name: name.into(), text: text.into() }
    }

    #[test]
    fn texts_come_back_and_nobody_else_may_read_them() {
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
    fn a_session_leaves_what_another_has_kept_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sql_texts");
        let both = [typed("1", "select 1")];
        keep_in(&path, &[], &both).unwrap();
        // Two sessions begin with it; one ends with another text, then the other as it began.
        keep_in(&path, &both, &[typed("1", "select 2")]).unwrap();
        keep_in(&path, &both, &both).unwrap();
        assert_eq!(read_from(&path).unwrap(), [typed("1", "select 2"), typed("1", "select 1")]);
    }

    #[test]
    fn a_line_that_is_no_text_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sql_texts");
        std::fs::write(&path, "[\"1\",\"a\"]\n{\n[\"2\",\"cut o").unwrap();
        assert_eq!(read_from(&path).unwrap(), [typed("1", "a")]);
    }
}
