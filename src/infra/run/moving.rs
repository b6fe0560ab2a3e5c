//! A state that is being moved: what is put back where that does not come to its end. It is written down in the unit's folder
//! before anything is touched, so that whoever comes after a crash can do it, and so that nothing is planned in between.

use super::folder;
use crate::model::infra::Unit;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// The file in the unit's folder.
const FILE: &str = ".cockpit-moving.json";

/// The journal of a move: what is put back when it is interrupted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// Each file that was there, and its copy.
    pub files: Vec<(PathBuf, PathBuf)>,
    /// Files that were not there.
    pub made: Vec<PathBuf>,
}

impl Journal {
    /// That of a move of this unit which did not come to its end; none where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn left(unit: &Unit) -> io::Result<Option<Self>> {
        match std::fs::read(unit.dir.join(FILE)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes it down.
    ///
    /// # Errors
    /// When it cannot be written: nothing must be touched then.
    pub fn write(&self, unit: &Unit) -> io::Result<()> {
        folder::replace(&unit.dir.join(FILE), &serde_json::to_vec(self)?)
    }

    /// Puts everything back as it was. It can be done again where it did not come to its end.
    ///
    /// # Errors
    /// Something cannot be written; it stays written down.
    pub fn put_back(&self, unit: &Unit) -> io::Result<()> {
        // All copies are read before anything is written.
        let mut texts = Vec::new();
        for (file, copy) in &self.files {
            texts.push((file, std::fs::read(copy)?));
        }
        for file in &self.made {
            gone(file)?;
        }
        for (file, text) in texts {
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            folder::replace(file, &text)?;
        }
        self.over(unit)
    }

    /// Nothing is to be put back any more.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn over(&self, unit: &Unit) -> io::Result<()> {
        gone(&unit.dir.join(FILE))
    }
}

/// Removes a file that may be there.
///
/// # Errors
/// It is there and cannot be removed.
pub fn gone(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The unit whose state was left between two places; nothing may be planned or changed of it.
pub fn between<'a>(units: impl IntoIterator<Item = &'a Unit>) -> Option<&'a str> {
    units.into_iter().find(|unit| unit.dir.join(FILE).exists()).map(|unit| unit.name.as_str())
}

/// Why, and what to do.
pub fn words(unit: &str, environment: &str) -> (String, String) {
    (
        format!("a move of the state of {unit} was interrupted: it is between two places"),
        format!(
            "`cockpit infra migrate-state {environment} --unit {}` puts it back and moves it",
            crate::model::text::quoted(unit)
        ),
    )
}
