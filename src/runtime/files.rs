//! Files that a person names, and what is kept for later sessions.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The path that was typed: `~/` is the home folder, as in a shell.
pub fn named(typed: &str) -> PathBuf {
    match (typed.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(typed),
    }
}

/// Writes a new file; one that is there already stays as it is.
///
/// # Errors
/// When it is there, or cannot be written.
pub fn create(typed: &str, text: &str) -> io::Result<()> {
    File::create_new(named(typed))?.write_all(text.as_bytes())
}

/// Where saved filters are: in the user's state folder.
fn filters() -> Option<PathBuf> {
    super::audit::path(None).map(|audit| audit.with_file_name("log_filters"))
}

/// Filters that were saved, each `name: filter`; none where there is no such file.
pub fn saved_filters() -> Vec<String> {
    let text = filters().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    text.lines().filter(|line| line.contains(':')).map(str::to_owned).collect()
}

/// Keeps these filters and no others.
///
/// # Errors
/// When the file cannot be written; the one before then stays.
pub fn save_filters(saved: &[String]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = filters().ok_or_else(|| io::Error::other("there is no home folder to keep them in"))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    for filter in saved {
        writeln!(file, "{filter}")?;
    }
    file.sync_data()?;
    std::fs::rename(new, path)
}
