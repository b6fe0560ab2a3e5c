//! Names of the configuration that nothing in AWS has: mostly a name that was written wrong.

use super::source::Source;

/// A name, a pattern or the beginning of names that nothing has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The source that was read to know it.
    pub source: Source,
    /// The key of the configuration that has it: `databases`.
    pub key: &'static str,
    /// The entry as the configuration has it.
    pub written: String,
    /// The existing name that is most like it.
    pub near: Option<String>,
}

impl Unmatched {
    /// The problem, in a sentence.
    pub fn words(&self) -> String {
        format!("nothing matches `{}` (`{}`)", self.written, self.key)
    }

    /// The hint: what a person can do about it.
    pub fn hint(&self) -> String {
        match &self.near {
            Some(near) => format!("did you mean `{near}`? correct `{}` in the configuration", self.key),
            None => format!("correct `{}` in the configuration, or leave it out until there is one", self.key),
        }
    }
}
