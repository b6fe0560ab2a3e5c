//! Names in the configuration that match nothing in AWS, mostly typos.

use super::source::Source;

/// A name, pattern or prefix that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The source in which it was looked up.
    pub source: Source,
    /// The configuration key of the entry: `databases`.
    pub key: &'static str,
    /// The entry as written in the configuration.
    pub written: String,
    /// The most similar existing name.
    pub suggestion: Option<String>,
}

impl Unmatched {
    /// Returns the problem, as a sentence.
    pub fn problem(&self) -> String {
        format!("nothing matches `{}` (`{}`)", self.written, self.key)
    }

    /// Returns the hint, as a sentence.
    pub fn hint(&self) -> String {
        match &self.suggestion {
            Some(near) => format!("did you mean `{near}`? correct `{}` in the configuration", self.key),
            None => format!("correct `{}` in the configuration, or leave it out until there is one", self.key),
        }
    }
}
