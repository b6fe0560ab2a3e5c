//! A parameter's value, which is never printed, compared only with other values, and wiped from memory when dropped.

use secrecy::{ExposeSecret as _, SecretString};

/// The value of a parameter or secret; its `Debug` output hides it.
#[derive(Clone)]
pub struct Value(SecretString);

impl Value {
    /// Creates a value.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// Returns the text itself, for explicit requests of the user and for the service that stores it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns its size in bytes, which the service limits.
    pub fn bytes(&self) -> usize {
        self.expose().len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// Describes only its size: `40 characters, 3 lines`.
    pub fn shape(&self) -> String {
        let characters = self.expose().chars().count();
        let lines = self.expose().lines().count();
        let s = if characters == 1 { "" } else { "s" };
        if lines > 1 {
            format!("{characters} character{s}, {lines} lines")
        } else {
            format!("{characters} character{s}")
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(hidden)")
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Value {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_never_printed_and_reveals_only_its_size() {
        let value = Value::new("s3cret\nline");
        assert!(!format!("{value:?}").contains("s3cret"));
        assert_eq!(value.shape(), "11 characters, 2 lines");
        assert_eq!(Value::new("x").shape(), "1 character");
        assert_eq!(value, value.clone());
    }
}
