//! What was loaded: the values, where each comes from, and every mistake.

use super::diagnose::{Diagnostic, SourceFile, Spot};
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
    /// Its default keys.
    pub keys: Vec<String>,
    /// It is only listened to while something is typed, where no command of one's own is.
    pub typing: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// A file, at bytes.
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

    pub(super) fn spot(&self) -> Spot {
        match self {
            Self::Default => Spot::Path("default".to_owned()),
            Self::File(file, span) => Spot::File(Arc::clone(file), span.clone()),
            Self::Variable(name) => Spot::Variable(name.clone()),
            Self::Flag(name) => Spot::Flag(name),
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
