//! The folder of a run: names, modes, locks.

use crate::feeds::runs::State;
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What it runs.
pub(super) const ORDER: &str = "order.json";
/// What happened.
pub(super) const EVENTS: &str = "events.jsonl";
/// How it stands.
const STATE: &str = "state.json";
/// Held by what watches over it.
pub(super) const LOCK: &str = "lock";
/// What the program prints.
pub(super) const OUT: &str = "stdout";
/// What it prints as its errors.
pub(super) const ERR: &str = "stderr";
/// It was asked to stop.
pub(super) const STOP: &str = "stop";

/// The name of the state's form.
pub(super) const SCHEMA: &str = "cockpit.run/1";

/// What is written down of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Written {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Where it runs.
    pub folder: Option<PathBuf>,
}

/// Makes the folder, which must not be there yet, and those that it is in.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    DirBuilder::new().mode(0o700).create(folder)
}

/// Makes a file that must not be there yet, for its owner alone, to be added to.
pub(super) fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().create_new(true).append(true).mode(0o600).open(path)
}

/// Writes a file as a whole: whoever reads it has the one before or this one.
pub(super) fn replace(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    let new = folder.join(format!("{name}.new"));
    let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text)?;
    file.sync_data()?;
    std::fs::rename(new, folder.join(name))
}

/// Writes down how it stands.
pub(super) fn write_state(folder: &Path, state: &State) -> io::Result<()> {
    replace(folder, STATE, &serde_json::to_vec_pretty(state)?)
}

/// How it stood when that was last written down. Whether it is there still says [`watched`].
///
/// # Errors
/// When there is no run, or its state cannot be read.
pub fn state(folder: &Path) -> io::Result<State> {
    Ok(serde_json::from_slice(&std::fs::read(folder.join(STATE))?)?)
}

/// What it runs, as it was written down.
pub(super) fn order(folder: &Path) -> io::Result<Written> {
    Ok(serde_json::from_slice(&std::fs::read(folder.join(ORDER))?)?)
}

/// Whether something watches over it.
///
/// # Errors
/// When there is no run, or the file system has no locks.
pub fn watched(folder: &Path) -> io::Result<bool> {
    is_locked(&folder.join(LOCK))
}

/// Whether the program, or one that it started, still has its output open.
pub(super) fn program_runs(folder: &Path) -> bool {
    // Removed files are those of a program that has ended.
    [OUT, ERR].iter().any(|name| is_locked(&folder.join(name)).unwrap_or(false))
}

/// Whether another process holds a lock. It is asked for a lock that others may hold too, so that two that ask at a
/// time do not find each other.
fn is_locked(path: &Path) -> io::Result<bool> {
    match File::open(path)?.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
