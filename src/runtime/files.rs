//! Files that a person names, and what is kept for later sessions.

use crate::app::logs::named::name_filter;
use crate::private_files;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The path that was typed: `~` at its beginning is the home folder, `~NAME` that of a user, as psql and the shell have it. One
/// of nobody begins a name like any other.
pub fn named(typed: &str) -> PathBuf {
    let users = || std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    expanded(typed, std::env::var_os("HOME").map(PathBuf::from), users)
}

fn expanded(typed: &str, own: Option<PathBuf>, users: impl FnOnce() -> String) -> PathBuf {
    let Some(rest) = typed.strip_prefix('~') else { return PathBuf::from(typed) };
    let (user, below) = rest.split_once('/').unwrap_or((rest, ""));
    let home = if user.is_empty() { own } else { home_of(user, &users()) };
    match home {
        Some(home) if below.is_empty() => home,
        // Joined to a path, one that begins with `/` would replace it.
        Some(home) => home.join(below.trim_start_matches('/')),
        None => PathBuf::from(typed),
    }
}

/// The home folder of a user in a text like `/etc/passwd`.
fn home_of(user: &str, users: &str) -> Option<PathBuf> {
    let mut lines = users.lines().map(|line| line.split(':'));
    let mut line = lines.find(|line| line.clone().next() == Some(user))?;
    line.nth(5).filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// Writes a new file; one that is there already stays as it is.
///
/// # Errors
/// When it is there, or cannot be written.
pub fn create(typed: &str, text: &str) -> io::Result<()> {
    File::create_new(named(typed))?.write_all(text.as_bytes())
}

/// Empties a file, or makes it, so that nobody else may read it. What is no plain file (`/dev/null`, a pipe) is opened as it is.
///
/// # Errors
/// When it cannot be written.
pub fn begin(typed: &str) -> io::Result<()> {
    private(&named(typed), false).map(drop)
}

/// Writes a text to a file, which nobody else may read; what was in it is replaced.
///
/// # Errors
/// When it cannot be written.
pub fn write(typed: &str, text: &str) -> io::Result<()> {
    private(&named(typed), false)?.write_all(text.as_bytes())
}

/// Opens a file to be written from its beginning or at its end; nobody else may read it from then on.
///
/// # Errors
/// When it cannot be written.
pub fn private(path: &Path, append: bool) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).mode(0o600);
    let file = if append { options.append(true) } else { options.truncate(true) }.open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// A new file that nobody else may read; one that is there already stays as it is.
///
/// # Errors
/// When it is there, or cannot be made.
pub fn new_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Where saved filters are: in the user's state folder.
fn filters() -> Option<PathBuf> {
    super::audit::path(None).map(|audit| audit.with_file_name("log_filters"))
}

/// Filters that were saved, each `name: filter`; none where there is no such file.
pub fn saved_filters() -> Vec<String> {
    filters().and_then(|path| read(&path).ok()).unwrap_or_default()
}

fn read(path: &Path) -> io::Result<Vec<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter(|line| line.contains(':')).map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Keeps a filter under a name, or forgets it; others stay, those of another session too.
///
/// # Errors
/// When the file cannot be read or written; it then stays as it is.
pub fn save_filter(name: &str, filter: Option<&str>) -> io::Result<()> {
    let path = filters().ok_or_else(|| io::Error::other("there is no home folder to keep it in"))?;
    save_in(&path, name, filter)
}

fn save_in(path: &Path, name: &str, filter: Option<&str>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Two sessions that save at once do it one after the other.
    let lock = private_files::to_add_to(&path.with_extension("lock"))?;
    lock.lock()?;
    let mut saved = read(path)?;
    name_filter(&mut saved, name, filter);
    let mut lines = String::new();
    for filter in saved {
        lines.push_str(&filter);
        lines.push('\n');
    }
    private_files::replace(path, lines.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder_and_with_a_name_that_of_a_user() {
        let users = "root:x:0:0:root:/root:/bin/bash\naya:x:1000:1000:Aya,,,:/home/aya:/bin/sh\nnobody:x:9:9:::\n";
        let at = |typed: &str| expanded(typed, Some("/home/me".into()), || users.to_owned());
        for (typed, path) in [
            ("~", "/home/me"),
            ("~/", "/home/me"),
            ("~/a b/日本.csv", "/home/me/a b/日本.csv"),
            ("~//x", "/home/me/x"),
            ("~aya", "/home/aya"),
            ("~aya/x.sql", "/home/aya/x.sql"),
            ("~nobody/x", "~nobody/x"),
            ("~gone/x", "~gone/x"),
            ("a~/x", "a~/x"),
            ("/srv/~", "/srv/~"),
        ] {
            assert_eq!(at(typed), PathBuf::from(path), "{typed}");
        }
        assert_eq!(expanded("~/x", None, String::new), PathBuf::from("~/x"), "there is no home folder");
    }

    #[test]
    fn filters_that_are_saved_at_once_all_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("state").join("log_filters");
        std::thread::scope(|scope| {
            for session in 0..8 {
                scope.spawn(move || {
                    for number in 0..10 {
                        save_in(path, &format!("f{session}-{number}"), Some("level:error")).unwrap();
                    }
                });
            }
        });
        assert_eq!(read(path).unwrap().len(), 80);
        save_in(path, "f0-0", None).unwrap();
        assert_eq!(read(path).unwrap().len(), 79);
    }
}
