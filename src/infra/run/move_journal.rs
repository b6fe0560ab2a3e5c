//! The journal of a state that is being moved. It is written into the unit's folder before anything is changed, so that the move
//! can be undone after a crash, and nothing is planned in between.

use crate::model::infra::Unit;
use crate::private_files;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The file in the unit's folder.
const FILE: &str = ".cockpit-moving.json";

/// The journal of a move: what to restore if the move is interrupted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// Each file that existed, with its copy.
    pub files: Vec<(PathBuf, PathBuf)>,
    /// Files that did not exist.
    pub made: Vec<PathBuf>,
}

impl Journal {
    /// Returns the journal of an interrupted move of this unit, if there is one.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn interrupted(unit: &Unit) -> io::Result<Option<Self>> {
        match std::fs::read(unit.dir.join(FILE)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes the journal.
    ///
    /// # Errors
    /// If it cannot be written; nothing must be changed then.
    pub fn write(&self, unit: &Unit) -> io::Result<()> {
        private_files::replace(&unit.dir.join(FILE), &serde_json::to_vec(self)?)
    }

    /// Restores everything. It can be repeated if it was interrupted.
    ///
    /// # Errors
    /// If something cannot be written; the journal stays.
    pub fn restore(&self, unit: &Unit) -> io::Result<()> {
        // Read all copies before writing anything.
        let mut texts = Vec::new();
        for (file, copy) in &self.files {
            texts.push((file, std::fs::read(copy)?));
        }
        for file in &self.made {
            remove_if_exists(file)?;
        }
        for (file, text) in texts {
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            private_files::replace(file, &text)?;
        }
        self.finish(unit)
    }

    /// Deletes the journal, because nothing needs to be restored any more.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn finish(&self, unit: &Unit) -> io::Result<()> {
        remove_if_exists(&unit.dir.join(FILE))
    }
}

/// Removes a file that may exist.
///
/// # Errors
/// If it exists and cannot be removed.
pub fn remove_if_exists(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the unit whose move was interrupted; it must not be planned or changed.
pub fn interrupted_unit<'a>(units: impl IntoIterator<Item = &'a Unit>) -> Option<&'a str> {
    units.into_iter().find(|unit| unit.dir.join(FILE).exists()).map(|unit| unit.name.as_str())
}

/// Returns the reason, and what to do.
pub fn words(unit: &str, environment: &str) -> (String, String) {
    (
        format!("a move of the state of {unit} was interrupted: it is between two places"),
        format!(
            "`cockpit infra migrate-state {environment} --unit {}` puts it back and moves it",
            crate::model::text::shell_quote(unit)
        ),
    )
}
