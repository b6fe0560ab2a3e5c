//! Files that a person names, and the saved filters of later sessions.

use crate::app::logs::named_filters::name_filter;
use crate::private_files;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Returns a typed path: a leading `~` is the home folder and `~NAME` that of a user, as in psql and the shell. `~` before an
/// unknown name is kept as it is.
pub fn expand_path(typed: &str) -> PathBuf {
    let users = || std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    expanded(typed, std::env::var_os("HOME").map(PathBuf::from), users)
}

fn expanded(typed: &str, own: Option<PathBuf>, users: impl FnOnce() -> String) -> PathBuf {
    let Some(rest) = typed.strip_prefix('~') else { return PathBuf::from(typed) };
    let (user, below) = rest.split_once('/').unwrap_or((rest, ""));
    let home = if user.is_empty() { own } else { home_of(user, &users()) };
    match home {
        Some(home) if below.is_empty() => home,
        // Joining a path that begins with `/` would replace the home folder.
        Some(home) => home.join(below.trim_start_matches('/')),
        None => PathBuf::from(typed),
    }
}

/// Returns the home folder of a user from a text in the format of `/etc/passwd`.
fn home_of(user: &str, users: &str) -> Option<PathBuf> {
    let mut lines = users.lines().map(|line| line.split(':'));
    let mut line = lines.find(|line| line.clone().next() == Some(user))?;
    line.nth(5).filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// Writes a new file; an existing one stays as it is.
///
/// # Errors
/// If it exists, or cannot be written.
pub fn create(typed: &str, text: &str) -> io::Result<()> {
    File::create_new(expand_path(typed))?.write_all(text.as_bytes())
}

/// Empties or creates a file that nobody else may read. Anything but a regular file (`/dev/null`, a pipe) is just opened.
///
/// # Errors
/// If it cannot be written.
pub fn truncate(typed: &str) -> io::Result<()> {
    open_private(&expand_path(typed), false).map(drop)
}

/// Replaces the content of a file, which nobody else may read afterwards.
///
/// # Errors
/// If it cannot be written.
pub fn write(typed: &str, text: &str) -> io::Result<()> {
    open_private(&expand_path(typed), false)?.write_all(text.as_bytes())
}

/// Opens a file for writing from its beginning or at its end; nobody else may read it from then on.
///
/// # Errors
/// If it cannot be written.
pub fn open_private(path: &Path, append: bool) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).mode(0o600);
    let file = if append { options.append(true) } else { options.truncate(true) }.open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Creates a file that nobody else may read; an existing one stays as it is.
///
/// # Errors
/// If it exists, or cannot be created.
pub fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Returns the path of the saved filters, in the user's state folder.
fn filters() -> Option<PathBuf> {
    super::audit::path(None).map(|audit| audit.with_file_name("log_filters"))
}

/// Returns the saved filters, each as `name: filter`; none if there is no such file.
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

/// Saves a filter under a name, or deletes it. Other filters stay, including those of other sessions.
///
/// # Errors
/// If the file cannot be read or written; it then stays as it is.
pub fn save_filter(name: &str, filter: Option<&str>) -> io::Result<()> {
    let path = filters().ok_or_else(|| io::Error::other("there is no home folder to keep it in"))?;
    save_in(&path, name, filter)
}

fn save_in(path: &Path, name: &str, filter: Option<&str>) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // The lock serializes sessions that save at the same time.
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
    fn tilde_expands_to_the_home_folder_of_a_user() {
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
        assert_eq!(
            expanded("~/x", None, String::new),
            PathBuf::from("~/x"),
            "without a home folder the path stays as it is"
        );
    }

    #[test]
    fn concurrently_saved_filters_are_all_kept() {
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
