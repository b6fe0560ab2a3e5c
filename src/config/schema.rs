//! The description of a known key. The table of known keys is in `known`.

use super::types::{BuildConfig, Config, EnvironmentConfig};
use super::value::{Kind, Value};

/// A key of the configuration: its type, default, description and example.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// `ui.theme`; within an environment the rest of the path: `refresh.services`.
    pub key: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// Where it stands, how it is set and read.
    pub place: Place,
    /// The behaviour without it, in words.
    pub default: &'static str,
    pub doc: &'static str,
    /// An example value, as the file writes it.
    pub example: &'static str,
}

/// The table in which a key stands.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// At the top or in `[ui]`.
    Top {
        set: fn(&mut Config, Value),
        /// The value of the key in a configuration; none where it is not set.
        get: fn(&Config) -> Option<Value>,
    },
    /// In `[environments.NAME]`.
    Environment {
        set: fn(&mut EnvironmentConfig, Value),
        /// The value of the key in an environment; none where it is not set.
        get: fn(&EnvironmentConfig) -> Option<Value>,
    },
    /// In `[build.SERVICE]`.
    Build {
        set: fn(&mut BuildConfig, Value),
        /// The value of the key in a build; none where it is not set.
        get: fn(&BuildConfig) -> Option<Value>,
    },
}

/// Which tables a key can stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableScope {
    /// At the top, or a table of its own.
    Top,
    /// `[environments.NAME]`.
    Environment,
    /// `[build.SERVICE]`.
    Build,
}

impl TableScope {
    /// The table whose entries it is: `environments`.
    pub fn table(self) -> Option<&'static str> {
        match self {
            Self::Top => None,
            Self::Environment => Some("environments"),
            Self::Build => Some("build"),
        }
    }
}

impl Known {
    /// Which tables it can stand in.
    pub fn within(&self) -> TableScope {
        match self.place {
            Place::Top { .. } => TableScope::Top,
            Place::Environment { .. } => TableScope::Environment,
            Place::Build { .. } => TableScope::Build,
        }
    }

    /// The environment variable that sets it: `COCKPIT_UI_THEME`; only for keys at the top.
    pub fn variable(&self) -> Option<String> {
        (self.within() == TableScope::Top).then(|| format!("COCKPIT_{}", self.key.replace('.', "_").to_uppercase()))
    }

    /// Its whole path in the file; `name` is that of the environment or service.
    pub fn path(&self, name: Option<&str>) -> String {
        match (self.within().table(), name) {
            (Some(table), Some(name)) => format!("{table}.{}.{}", bare(name), self.key),
            _ => self.key.to_owned(),
        }
    }
}

/// A name as TOML writes it in a path.
pub fn bare(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        toml::Value::String(name.to_owned()).to_string()
    }
}
