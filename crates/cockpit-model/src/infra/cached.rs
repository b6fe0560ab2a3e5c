//! Caches of Terraform or Terragrunt in a unit's folder: whether they can be removed, and the outcome.

use std::path::PathBuf;

/// A cache folder of Terraform or Terragrunt in a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cached {
    pub unit: String,
    /// The folder.
    pub path: PathBuf,
    pub bytes: u64,
    /// The reason why it is not removed; `None` if it can be.
    pub keep_reason: Option<String>,
}

/// The outcome of removing a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovalOutcome {
    /// It was removed.
    Removed,
    /// It is still needed.
    StillNeeded,
    /// It could not be removed; the reason.
    Failed(String),
}

impl Cached {
    /// Whether it can be removed.
    pub fn is_removable(&self) -> bool {
        self.keep_reason.is_none()
    }

    /// Returns the cache in one line.
    pub fn line(&self) -> String {
        self.describe(": ")
    }

    /// Returns the outcome that removing it would have.
    pub fn expected_outcome(&self) -> String {
        self.describe(" would be removed: ")
    }

    /// Returns the outcome of removing it, in one line.
    pub fn outcome_line(&self, became: &RemovalOutcome) -> String {
        match became {
            RemovalOutcome::Failed(why) => format!("{}: {} cannot be removed: {why}", self.unit, self.path.display()),
            RemovalOutcome::Removed | RemovalOutcome::StillNeeded => self.describe(" is removed: "),
        }
    }

    fn describe(&self, goes: &str) -> String {
        let Self { unit, path, bytes, keep_reason: stays } = self;
        let path = path.display();
        match stays {
            Some(why) => format!("{unit}: {path} stays: {why}"),
            None => format!("{unit}: {path}{goes}{}", megabytes(*bytes)),
        }
    }
}

/// Formats a size in megabytes.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
