//! Folders and files that only their owner may read: Terraform runs, offered tunnels, and data kept for later sessions.
//! This module is at the top level because both `infra` and `runtime` write such files.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Creates a folder with mode 0700, and its missing parents.
///
/// # Errors
/// When the folder cannot be created.
pub fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Opens a file for appending and reading; creates it with mode 0600 if it does not exist.
///
/// # Errors
/// When the file cannot be opened.
pub fn to_add_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(path)
}

/// Replaces a file atomically, with mode 0600: a reader sees the old content or the new. Returns once it is on disk.
///
/// # Errors
/// When the file cannot be written.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    replace_with(path, text, File::sync_data)
}

/// Replaces a file atomically without waiting for the disk, for content that is useless after a power failure.
///
/// # Errors
/// When the file cannot be written.
pub fn replace_for_now(path: &Path, text: &[u8]) -> io::Result<()> {
    replace_with(path, text, |_| Ok(()))
}

/// Writes `NAME.new` beside the file, syncs it with `sync`, and renames it.
fn replace_with(path: &Path, text: &[u8], sync: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text)?;
    sync(&file)?;
    std::fs::rename(new, path)
}
