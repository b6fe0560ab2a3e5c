//! The loaded configuration: the values, where each comes from, and every mistake.

use super::diagnose::{Diagnostic, MistakeLocation, SourceFile};
use super::schema::bare;
use super::types::Config;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A command as far as its keys go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCommand {
    /// Its name in `[keys]`.
    pub name: String,
    /// Where it applies; commands of one scope must not share a key. Empty is everywhere.
    pub scope: String,
    /// The keys that the command has unless others are configured.
    pub keys: Vec<String>,
    /// Whether it is only listened to while something is typed, where no command of one's own is.
    pub typing: bool,
}

/// Where a value comes from.
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
    /// `config.toml:12`, `environment variable COCKPIT_UI_THEME`, `flag --region`, `default`.
    pub fn words(&self) -> String {
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

/// The configuration, where each value comes from, and every mistake.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Loaded {
    /// The values; what is wrong is left out of them.
    pub config: Config,
    /// Where each value comes from, by its path; what is not here is a default.
    pub provenance: BTreeMap<String, Origin>,
    /// Paths whose value was wrong.
    pub(super) refused: BTreeSet<String>,
    /// Mistakes, in the order in which they stand.
    pub diagnostics: Vec<Diagnostic>,
    /// Files that were read, the later wins.
    pub files: Vec<String>,
    /// Where files were looked for and none was.
    pub looked: Vec<String>,
}

impl Loaded {
    /// Where its values stand.
    pub fn places(&self) -> Places {
        Places(self.provenance.clone())
    }
}

/// Where the values of a configuration stand, for who has the values alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<String, Origin>);

impl Places {
    /// Where a value of an environment stands (`config.toml:12`); of a list the element, where one is given. None: it was
    /// not written.
    pub fn of(&self, environment: &str, key: &str, element: Option<&str>) -> Option<String> {
        self.at(&format!("environments.{}.{key}", bare(environment)), element)
    }

    /// The place in the files of the value at any path.
    pub fn at(&self, path: &str, element: Option<&str>) -> Option<String> {
        let origin = self.0.get(path)?;
        let (Origin::File(file, span), Some(element)) = (origin, element) else { return Some(origin.words()) };
        // A list of several lines: the element is the first text in these quotes from its beginning on.
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
    fn a_value_of_a_list_is_told_by_the_line_that_it_stands_in() {
        let text = "[environments.shop]\ncluster = \"shop\"\ndatabases = [\n  \"shop-db\", # the first\n  'shop-log',\n]\n\
                    [environments.shop.tunnel]\nservice = \"shop-db\"\n";
        let places = parse("config.toml", text).places();
        let of = |key: &str, element: Option<&str>| places.of("shop", key, element);
        assert_eq!(of("cluster", None).as_deref(), Some("config.toml:2"));
        assert_eq!(of("databases", Some("shop-db")).as_deref(), Some("config.toml:4"));
        assert_eq!(of("databases", Some("shop-log")).as_deref(), Some("config.toml:5"));
        assert_eq!(of("tunnel.service", Some("shop-db")).as_deref(), Some("config.toml:8"));
        assert_eq!(of("alarms", None), None);
    }
}
