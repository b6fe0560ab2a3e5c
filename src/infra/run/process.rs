//! The record of Terraform's process in a step, and starting a new session.

use rustix::process::{getpid, getsid, setsid};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Terraform's process in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Its process ID.
    pub pid: u32,
    /// The folder that it runs in.
    pub dir: PathBuf,
}

/// Returns the recorded process of Terraform in a step, if it has started.
pub fn leaf(path: &Path) -> Option<Leaf> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Leaves the session and terminal of the program that started this process.
///
/// # Errors
/// If the system does not allow it.
pub(super) fn own_session() -> io::Result<()> {
    match setsid() {
        Ok(_) => Ok(()),
        // It leads a session already.
        Err(_) if getsid(None).ok() == Some(getpid()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
