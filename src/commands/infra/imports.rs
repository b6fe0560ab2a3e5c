//! The file of a unit that has its import blocks.

use crate::cli::{ExitCode, Report};
use std::io::ErrorKind;
use std::path::Path;

/// What is in it; nothing where it is not there.
///
/// # Errors
/// It cannot be read: whether something is imported there already is not known.
pub(super) fn before(path: &Path) -> Result<String, Report> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => {
            let text = format!("{} cannot be read: what it imports is not known", path.display());
            Err(Report::new("input", text, ExitCode::Failed).caused_by(&error))
        }
    }
}
