//! What can be asked for, and how it is called.

use crate::model::parameters::{Kind, Value};
use std::collections::BTreeMap;

/// One parameter to be changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A new value, or a new parameter.
    Put {
        name: String,
        value: Value,
        /// None: as it is, or [`Kind::Secure`] where it is new.
        kind: Option<Kind>,
        /// None: as it is, or the account's.
        key: Option<String>,
        description: Option<String>,
    },
    /// It is removed, with all its versions.
    Remove { name: String },
}

impl Wanted {
    /// The parameter.
    pub fn name(&self) -> &str {
        match self {
            Self::Put { name, .. } | Self::Remove { name } => name,
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub wanted: Vec<Wanted>,
    /// Services that read each parameter when a task starts, whole names and what people call them; none: that is not
    /// known.
    pub readers: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// They get new tasks after it.
    pub restart: bool,
    /// What would be typed, without `--restart` and without the environment.
    pub typed: String,
}

impl Request {
    /// Whether something is only removed.
    pub(super) fn removes(&self) -> bool {
        self.wanted.iter().any(|one| matches!(one, Wanted::Remove { .. }))
    }

    /// All services that read something of it.
    pub(super) fn services(&self) -> BTreeMap<String, String> {
        self.readers
            .iter()
            .flat_map(BTreeMap::values)
            .flatten()
            .map(|(whole, short)| (whole.clone(), short.clone()))
            .collect()
    }

    /// Who reads one.
    pub(super) fn readers_of(&self, name: &str) -> Vec<&str> {
        let readers = self.readers.as_ref().and_then(|all| all.get(name));
        readers.into_iter().flat_map(BTreeMap::values).map(String::as_str).collect()
    }

    /// What would be typed.
    pub fn typed(&self) -> String {
        format!("{}{}", self.typed, if self.restart { " --restart" } else { "" })
    }

    /// `put /shop/KEY`.
    pub fn title(&self) -> String {
        match self.wanted.as_slice() {
            [Wanted::Put { name, .. }] => format!("put {name}"),
            [Wanted::Remove { name }] => format!("remove {name}"),
            all if self.removes() => format!("remove {} parameters", all.len()),
            all => format!("put {} parameters", all.len()),
        }
    }
}
