//! Queries stored on this machine: a private file with the history of statements, and a folder of saved queries, one file each,
//! which a team can keep in git.

use crate::feeds::queries::Saved;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The maximum size of the history in bytes; a larger file is replaced by its second half.
const MAX_HISTORY: u64 = 4 << 20;
/// The maximum size of a query file in bytes.
const MAX_QUERY: u64 = 16 << 20;

/// Returns the path of a file next to the audit file, in the user's state folder.
pub(super) fn state_file(name: &str) -> io::Result<PathBuf> {
    let audit = super::audit::path(None).ok_or_else(|| io::Error::other("there is no home folder to keep it in"))?;
    Ok(audit.with_file_name(name))
}

fn history_file() -> io::Result<PathBuf> {
    state_file("sql_history")
}

/// Returns the statements of earlier sessions, oldest first; none if there is no such file.
///
/// # Errors
/// If the file cannot be read.
pub fn history() -> io::Result<Vec<String>> {
    read_history(&history_file()?)
}

fn read_history(path: &Path) -> io::Result<Vec<String>> {
    match fs::read_to_string(path) {
        // Each line is a JSON string, since statements contain line breaks. A truncated line is skipped.
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Adds a statement to the history.
///
/// # Errors
/// If the file cannot be written.
pub fn add_to_history(statement: &str) -> io::Result<()> {
    remember_in(&history_file()?, statement)
}

fn remember_in(path: &Path, statement: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    if fs::metadata(path).is_ok_and(|file| file.len() > MAX_HISTORY) {
        let all = read_history(path)?;
        let new = path.with_extension("new");
        let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
        for statement in &all[all.len() / 2..] {
            writeln!(file, "{}", serde_json::to_string(statement)?)?;
        }
        fs::rename(new, path)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    // A single write, so that lines of two sessions do not mix.
    file.write_all(format!("{}\n", serde_json::to_string(statement)?).as_bytes())
}

fn folder(configured: Option<&str>) -> io::Result<PathBuf> {
    if let Some(folder) = configured {
        return Ok(super::files::expand_path(folder));
    }
    let home = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")));
    let home = home.ok_or_else(|| io::Error::other("there is no home folder to keep it in"))?;
    Ok(home.join("cockpit").join("queries"))
}

/// Returns the saved queries, sorted by name: the `.sql` files of the folder.
///
/// # Errors
/// If the folder cannot be read. A missing folder has no queries.
pub fn saved_queries(configured: Option<&str>) -> io::Result<Vec<Saved>> {
    let entries = match fs::read_dir(folder(configured)?) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut saved = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let is_query = path.extension().is_some_and(|extension| extension == "sql");
        if !is_query || fs::metadata(&path).is_ok_and(|file| file.len() > MAX_QUERY || !file.is_file()) {
            continue;
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        saved.push(Saved { name, text });
    }
    saved.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(saved)
}

/// Returns the text of a file to run.
///
/// # Errors
/// If it cannot be read, is not text, or is too large for the screen.
pub fn read_text(path: &str) -> io::Result<String> {
    let path = super::files::expand_path(path);
    if fs::metadata(&path)?.len() > MAX_QUERY {
        return Err(io::Error::other("it is larger than 16 MB: `cockpit sql -f` runs it"));
    }
    fs::read_to_string(path)
}

/// Returns the canonical path of a folder; `None` stands for the home folder.
///
/// # Errors
/// A message, if it is not a folder.
pub fn canonical_folder(path: Option<&str>) -> Result<String, String> {
    let typed = path.unwrap_or("~");
    let canonical = fs::canonicalize(super::files::expand_path(typed)).map_err(|error| format!("{typed}: {error}"))?;
    if !canonical.is_dir() {
        return Err(format!("{typed}: it is not a folder"));
    }
    canonical.into_os_string().into_string().map_err(|_| format!("{typed}: its name is not text"))
}

/// Saves a query; returns its file, or `None` if a different query has this name and `replaces` is false.
///
/// # Errors
/// If the name is not valid for a file, or the file cannot be written; an existing one then stays as it is.
pub fn save(configured: Option<&str>, name: &str, text: &str, replaces: bool) -> io::Result<Option<PathBuf>> {
    let name = name.strip_suffix(".sql").unwrap_or(name);
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
        return Err(io::Error::other("a name has no `/` and does not begin with a dot"));
    }
    let folder = folder(configured)?;
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}.sql"));
    let new = folder.join(format!(".{name}.new"));
    // Creating the file reserves the name, so that two concurrent saves do not overwrite each other.
    let created = match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(_) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(error) => return Err(error),
    };
    if !created && !replaces && fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
        return Ok(None);
    }
    let written = fs::write(&new, text).and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
        if created {
            let _ = fs::remove_file(&path);
        }
    }
    written.map(|()| Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn statements_are_read_back_completely_and_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("sql_history");
        assert_eq!(read_history(&path).unwrap(), Vec::<String>::new());
        remember_in(&path, "select 1\nfrom 表").unwrap();
        remember_in(&path, "select 2").unwrap();
        let mut cut = OpenOptions::new().append(true).open(&path).unwrap();
        cut.write_all(b"\"cut of").unwrap();
        assert_eq!(read_history(&path).unwrap(), ["select 1\nfrom 表", "select 2"]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn folder_path_is_canonical_and_must_be_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("あ")).unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let typed = |name: &str| canonical_folder(folder.path().join(name).to_str());
        let canonical = fs::canonicalize(folder.path()).unwrap();
        assert_eq!(typed("あ/../あ").unwrap(), canonical.join("あ").to_str().unwrap());
        assert!(typed("file").unwrap_err().contains("not a folder"));
        assert!(typed("gone").unwrap_err().contains("No such file"));
    }

    #[test]
    fn queries_are_files_in_a_folder_sorted_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("queries");
        let place = place.to_str().unwrap();
        assert_eq!(saved_queries(Some(place)).unwrap(), []);
        save(Some(place), "slow", "select 1;\n", false).unwrap().unwrap();
        save(Some(place), "日本.sql", "select 2;\n", false).unwrap().unwrap();
        save(Some(place), "slow", "select 3;\n", true).unwrap().unwrap();
        let names: Vec<(String, String)> =
            saved_queries(Some(place)).unwrap().into_iter().map(|saved| (saved.name, saved.text)).collect();
        assert_eq!(names, [("slow".into(), "select 3;\n".into()), ("日本".into(), "select 2;\n".into())]);
        for bad in ["", "../x", ".x", "a/b"] {
            assert!(save(Some(place), bad, "", true).is_err(), "{bad}");
        }
    }

    #[test]
    fn existing_query_is_kept_unless_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        let texts = || saved_queries(Some(place)).unwrap().into_iter().map(|saved| saved.text).collect::<Vec<_>>();
        save(Some(place), "daily", "select 1;\n", false).unwrap().unwrap();
        assert_eq!(save(Some(place), "daily.sql", "select 2;\n", false).unwrap(), None);
        assert_eq!(texts(), ["select 1;\n"]);
        assert!(save(Some(place), "daily", "select 1;\n", false).unwrap().is_some(), "the text is the same");
        assert!(save(Some(place), "daily", "select 2;\n", true).unwrap().is_some());
        assert_eq!(texts(), ["select 2;\n"]);
        // A failed write leaves neither a partial file nor the reserved one.
        fs::create_dir(folder.path().join(".late.new")).unwrap();
        assert!(save(Some(place), "late", "select 3;\n", false).is_err());
        assert!(!folder.path().join("late.sql").exists());
    }
}
