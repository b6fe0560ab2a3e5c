//! A value of a parameter: it never prints, is compared only with others of its type, and is wiped when it is dropped.

use secrecy::{ExposeSecret as _, SecretString};

/// The value of a parameter or secret; it never prints itself.
#[derive(Clone)]
pub struct Value(SecretString);

impl Value {
    /// A value of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// The text itself, for whoever asked for it by name, and for the service that keeps it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Bytes, which is what the service limits.
    pub fn bytes(&self) -> usize {
        self.expose().len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty()
    }

    /// How large it is, in words, and nothing else of it: `40 characters, 3 lines`.
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
    fn a_value_never_prints_and_tells_only_its_size() {
        let value = Value::new("s3cret\nline");
        assert!(!format!("{value:?}").contains("s3cret"));
        assert_eq!(value.shape(), "11 characters, 2 lines");
        assert_eq!(Value::new("x").shape(), "1 character");
        assert_eq!(value, value.clone());
    }
}
