//! Plans of a run as they may be shown.

use crate::model::infra::plan::Plan;
use std::io;
use std::path::Path;

/// The plan in a file of a run.
pub(super) fn read(path: &Path) -> io::Result<Plan> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}
