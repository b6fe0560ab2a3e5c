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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_no_empty_one() {
        let folder = std::env::temp_dir().join(format!("cockpit-imports-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("imports.tf");
        assert_eq!(before(&file).unwrap(), "");
        std::fs::write(&file, b"\xff\xfe").unwrap();
        let report = before(&file).unwrap_err();
        assert!(report.message.contains("what it imports is not known"), "{report:?}");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(before(&file).unwrap(), "");
    }
}
