//! The description of a known key. `known` has the table of all keys.

use super::types::{BuildConfig, Config, EnvironmentConfig};
use super::value::{Kind, Value};

/// A key of the configuration: its type, default, description and example.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The path: `ui.theme`, or for an environment the part after its name: `refresh.services`.
    pub key: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// The table it belongs to, with its setter and getter.
    pub place: Place,
    /// The behaviour if it is not set, in words.
    pub default: &'static str,
    pub doc: &'static str,
    /// An example value, as written in the file.
    pub example: &'static str,
}

/// The table that a key belongs to.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// At the top or in `[ui]`.
    Top {
        set: fn(&mut Config, Value),
        /// Returns the key's value in a configuration; `None` if it is not set.
        get: fn(&Config) -> Option<Value>,
    },
    /// In `[environments.NAME]`.
    Environment {
        set: fn(&mut EnvironmentConfig, Value),
        /// Returns the key's value in an environment; `None` if it is not set.
        get: fn(&EnvironmentConfig) -> Option<Value>,
    },
    /// In `[build.SERVICE]`.
    Build {
        set: fn(&mut BuildConfig, Value),
        /// Returns the key's value in a build; `None` if it is not set.
        get: fn(&BuildConfig) -> Option<Value>,
    },
}

/// The tables that a key can belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableScope {
    /// The top level, or a top-level table.
    Top,
    /// `[environments.NAME]`.
    Environment,
    /// `[build.SERVICE]`.
    Build,
}

impl TableScope {
    /// Returns the table whose entries contain the key: `environments`.
    pub fn table(self) -> Option<&'static str> {
        match self {
            Self::Top => None,
            Self::Environment => Some("environments"),
            Self::Build => Some("build"),
        }
    }
}

impl Known {
    /// Returns the tables that the key can belong to.
    pub fn within(&self) -> TableScope {
        match self.place {
            Place::Top { .. } => TableScope::Top,
            Place::Environment { .. } => TableScope::Environment,
            Place::Build { .. } => TableScope::Build,
        }
    }

    /// Returns the environment variable that sets the key: `COCKPIT_UI_THEME`. Only top-level keys have one.
    pub fn variable(&self) -> Option<String> {
        (self.within() == TableScope::Top).then(|| format!("COCKPIT_{}", self.key.replace('.', "_").to_uppercase()))
    }

    /// Returns the full path in the file; `name` is the environment or service.
    pub fn path(&self, name: Option<&str>) -> String {
        match (self.within().table(), name) {
            (Some(table), Some(name)) => format!("{table}.{}.{}", bare(name), self.key),
            _ => self.key.to_owned(),
        }
    }
}

/// Writes a name as TOML requires it in a path.
pub fn bare(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        toml::Value::String(name.to_owned()).to_string()
    }
}
