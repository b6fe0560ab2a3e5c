//! Folders and files that only their owner may read: the runs of Terraform, offered tunnels, and what is kept for later
//! sessions. It lies beside the rooms because both `infra` and `runtime` write such files.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Makes a folder of mode 0700, with the folders above it that are missing.
///
/// # Errors
/// When it cannot be made.
pub fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Opens a file for appending and reading, made with mode 0600 if it is not there.
///
/// # Errors
/// When it cannot be opened.
pub fn to_add_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path)
}

/// Replaces a file atomically, with mode 0600: a reader sees the old content or the new. Returns when the disk has it.
///
/// # Errors
/// When it cannot be written.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    placed(path, text, File::sync_data)
}

/// Replaces a file atomically, without waiting for the disk: for content that is of no use after a power cut.
///
/// # Errors
/// When it cannot be written.
pub fn replace_for_now(path: &Path, text: &[u8]) -> io::Result<()> {
    placed(path, text, |_| Ok(()))
}

/// Writes `NAME.new` beside the file, lets `keep` sync it, and renames it.
fn placed(path: &Path, text: &[u8], keep: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text)?;
    keep(&file)?;
    std::fs::rename(new, path)
}
