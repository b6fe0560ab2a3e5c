//! A cache of Terraform or Terragrunt beside the code of a unit: whether it is removed, and what became of it, in
//! words.

use std::path::PathBuf;

/// A folder of Terraform or Terragrunt in a unit: what it caches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cached {
    pub unit: String,
    /// The folder.
    pub path: PathBuf,
    pub bytes: u64,
    /// Why it is not removed, in words; none where it can be.
    pub stays: Option<String>,
}

/// The outcome of removing a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// It is gone.
    Removed,
    /// It is needed.
    Stays,
    /// It cannot be removed: why.
    Failed(String),
}

impl Cached {
    /// Whether it can be removed.
    pub fn goes(&self) -> bool {
        self.stays.is_none()
    }

    /// The cache in one line.
    pub fn line(&self) -> String {
        self.told(": ")
    }

    /// The outcome that removing it would have.
    pub fn would(&self) -> String {
        self.told(" would be removed: ")
    }

    /// The outcome of removing it, in one line.
    pub fn became(&self, became: &Became) -> String {
        match became {
            Became::Failed(why) => format!("{}: {} cannot be removed: {why}", self.unit, self.path.display()),
            Became::Removed | Became::Stays => self.told(" is removed: "),
        }
    }

    fn told(&self, goes: &str) -> String {
        let Self { unit, path, bytes, stays } = self;
        let path = path.display();
        match stays {
            Some(why) => format!("{unit}: {path} stays: {why}"),
            None => format!("{unit}: {path}{goes}{}", megabytes(*bytes)),
        }
    }
}

/// A size as it is told.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
