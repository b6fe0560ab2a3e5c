//! A lock that keeps runs from starting while caches are removed, and the reverse. Until a run has a supervisor, only this
//! lock shows that it will need its caches; from then on the run's own lock does. The lock covers the runs of all
//! environments, because two of them may have a unit in the same folder. The system releases it however its holder ends.

use crate::private_files;
use std::fs::File;
use std::io;
use std::path::Path;

/// The lock file beside the folders of the environments' runs.
const LOCK: &str = "begins";

/// Takes the lock to start a run, for as long as the file is open. Waits while caches are being removed.
///
/// # Errors
/// If it cannot be locked.
pub fn lock_for_start(runs: &Path) -> io::Result<File> {
    let lock = file(runs)?;
    lock.lock_shared()?;
    Ok(lock)
}

/// Takes the lock to prevent runs from starting, for as long as the file is open. Waits for those that are starting.
///
/// # Errors
/// If it cannot be locked.
pub fn lock_against_starts(runs: &Path) -> io::Result<File> {
    let lock = file(runs)?;
    lock.lock()?;
    Ok(lock)
}

fn file(runs: &Path) -> io::Result<File> {
    private_files::make(runs)?;
    private_files::to_add_to(&runs.join(LOCK))
}
