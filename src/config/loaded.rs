//! The loaded configuration: the values, their origins, and all errors.

use super::diagnose::{Diagnostic, MistakeLocation, SourceFile};
use super::schema::bare;
use super::types::Config;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A command, as far as its keys are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCommand {
    /// The name in `[keys]`.
    pub name: String,
    /// The scope; commands in one scope must not share a key. Empty means everywhere.
    pub scope: String,
    /// The default keys.
    pub keys: Vec<String>,
    /// Whether it only applies while text is being typed, where user-defined commands do not.
    pub typing: bool,
}

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A byte range of a file.
    File(Arc<SourceFile>, Range<usize>),
    /// An environment variable.
    Variable(String),
    Flag(&'static str),
}

impl Origin {
    /// Returns the origin in words: `config.toml:12`, `environment variable COCKPIT_UI_THEME`, `flag --region`, `default`.
    pub fn describe(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::File(file, span) => format!("{}:{}", file.name, file.place(span.start).0),
            Self::Variable(name) => format!("environment variable {name}"),
            Self::Flag(name) => format!("flag {name}"),
        }
    }

    pub(super) fn spot(&self) -> MistakeLocation {
        match self {
            Self::Default => MistakeLocation::Path("default".to_owned()),
            Self::File(file, span) => MistakeLocation::File(Arc::clone(file), span.clone()),
            Self::Variable(name) => MistakeLocation::Variable(name.clone()),
            Self::Flag(name) => MistakeLocation::Flag(name),
        }
    }
}

/// The configuration, with the origins of its values and all errors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// The values, without invalid ones.
    pub config: Config,
    /// The origin of each value, by path; values that are missing here are defaults.
    pub provenance: BTreeMap<String, Origin>,
    /// Paths with an invalid value.
    pub(super) refused: BTreeSet<String>,
    /// Errors, in the order of their positions.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read; later ones take precedence.
    pub files: Vec<String>,
    /// The places where files were looked for and not found.
    pub searched: Vec<String>,
}

impl Loaded {
    /// Returns the positions of the values.
    pub fn places(&self) -> Places {
        Places(self.provenance.clone())
    }
}

/// The positions of a configuration's values, for code that only has the values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, Origin>);

impl Places {
    /// Returns the position of a value of an environment (`config.toml:12`), or of an element in a list. `None` if it is not
    /// set.
    pub fn of(&self, environment: &str, key: &str, element: Option<&str>) -> Option<String> {
        self.at(&format!("environments.{}.{key}", bare(environment)), element)
    }

    /// Returns the position in the files of the value at a path.
    pub fn at(&self, path: &str, element: Option<&str>) -> Option<String> {
        let origin = self.0.get(path)?;
        let (Origin::File(file, span), Some(element)) = (origin, element) else { return Some(origin.describe()) };
        // In a multi-line list, the element is the first occurrence of this text in quotes.
        let rest = file.text.get(span.start..).unwrap_or_default();
        let places = ['"', '\''].into_iter().filter_map(|quote| rest.find(&format!("{quote}{element}{quote}")));
        let at = span.start + places.min().unwrap_or(0);
        Some(format!("{}:{}", file.name, file.place(at).0))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    #[test]
    fn list_element_has_the_position_of_its_own_line() {
        let text = "[environments.shop]\ncluster = \"shop\"\ndatabases = [\n  \"shop-db\", # the first\n  'shop-log',\n]\n\
                    [environments.shop.tunnel]\nservice = \"shop-db\"\n";
        let places = parse("config.toml", text).places();
        let place_of = |key: &str, element: Option<&str>| places.of("shop", key, element);
        assert_eq!(place_of("cluster", None).as_deref(), Some("config.toml:2"));
        assert_eq!(place_of("databases", Some("shop-db")).as_deref(), Some("config.toml:4"));
        assert_eq!(place_of("databases", Some("shop-log")).as_deref(), Some("config.toml:5"));
        assert_eq!(place_of("tunnel.service", Some("shop-db")).as_deref(), Some("config.toml:8"));
        assert_eq!(place_of("alarms", None), None);
    }
}
