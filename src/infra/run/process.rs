//! Which process Terraform is in a step, as it writes it down itself.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Terraform's process in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Its id.
    pub pid: u32,
    /// Where it runs.
    pub dir: PathBuf,
}

/// Terraform's process in a step, as it was written down; none where it has not come to that.
pub fn leaf(path: &Path) -> Option<Leaf> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}
