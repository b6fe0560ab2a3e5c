//! Reads the plans of a run in the form that may be shown.

use crate::model::infra::plan::Plan;
use std::io;
use std::path::Path;

/// Reads the plan in a file of a run.
pub(super) fn read_plan(path: &Path) -> io::Result<Plan> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}
