//! Drives a run.

use crate::model::audit::Record;
use crate::model::infra::run_event::Who;
use std::io;
use std::path::{Path, PathBuf};

/// The audit file of a run: beside where it is kept.
pub fn audit_file(run: &Path) -> Option<PathBuf> {
    let runs = std::path::absolute(run).ok()?.parent()?.parent()?.to_owned();
    let simulated = runs.file_name().is_some_and(|name| name == "runs-simulated");
    Some(runs.with_file_name(if simulated { "audit-simulated.jsonl" } else { "audit.jsonl" }))
}

/// Drives the run in a folder to its end.
///
/// # Errors
/// When it was not started as a run is, or its folder cannot be written.
pub async fn supervise(_run: &Path, _who: Who, _record: &dyn Fn(Record) -> io::Result<()>) -> io::Result<()> {
    Err(io::Error::other("not yet"))
}
