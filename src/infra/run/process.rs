//! Which process Terraform is in a step, as it writes it down itself; and a process of our own leaves who started it.

use rustix::process::{getpid, getsid, setsid};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// Terraform's process in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Its id.
    pub pid: u32,
    /// The folder that it runs in.
    pub dir: PathBuf,
}

/// Terraform's process in a step, as it was written down; none where it has not come to that.
pub fn leaf(path: &Path) -> Option<Leaf> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

/// Leaves the session of whoever started this process, with its terminal.
///
/// # Errors
/// When the system does not let it.
pub(super) fn own_session() -> io::Result<()> {
    match setsid() {
        Ok(_) => Ok(()),
        // It leads one already.
        Err(_) if getsid(None).ok() == Some(getpid()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
