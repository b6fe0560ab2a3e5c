//! Caches are not removed while a run begins, and no run begins while they are removed. Until something drives a run nothing
//! else says that it will work with them; from then on its own lock does. One lock is for the runs of all environments, as two
//! of them may have a unit in one folder. The system lets go of it, whatever the end of who has it.

use super::folder;
use std::fs::File;
use std::io;
use std::path::Path;

/// The lock file beside the folders of the environments' runs.
const LOCK: &str = "begins";

/// A run begins for as long as the file is open. Waits where caches are being removed.
///
/// # Errors
/// When it cannot be locked.
pub fn one(runs: &Path) -> io::Result<File> {
    let lock = file(runs)?;
    lock.lock_shared()?;
    Ok(lock)
}

/// No run begins for as long as the file is open. Waits for those that do.
///
/// # Errors
/// When it cannot be locked.
pub fn none(runs: &Path) -> io::Result<File> {
    let lock = file(runs)?;
    lock.lock()?;
    Ok(lock)
}

fn file(runs: &Path) -> io::Result<File> {
    folder::make(runs)?;
    folder::to_add_to(&runs.join(LOCK))
}
