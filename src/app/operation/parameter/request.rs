//! A change of parameters that is asked for, its title and its command line.

use crate::app::parameters::configured;
use crate::config::{Config, EnvironmentConfig};
use crate::model::deploy::Check;
use crate::model::parameters::named::ParameterReference;
use crate::model::parameters::place::{Neighbour, Place};
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
    /// The name of the parameter.
    pub fn name(&self) -> &str {
        match self {
            Self::Put { name, .. } | Self::Remove { name } => name,
        }
    }
}

/// The place that tells which parameters are an environment's. `complete`: `named` has the names of all of its task
/// definitions.
pub fn place<'a>(
    config: &'a Config,
    environment: &'a EnvironmentConfig,
    named: &'a [ParameterReference],
    complete: bool,
) -> Place<'a> {
    // In another account or region a parameter of this name is another one.
    let apart = |one: &Option<String>, other: &Option<String>| one.is_some() && other.is_some() && one != other;
    let beside = config.environments.iter().filter(|other| {
        other.name != environment.name
            && !apart(&other.account, &environment.account)
            && !apart(&other.region, &environment.region)
    });
    let neighbours = beside.map(|other| Neighbour {
        project: &other.project,
        environment: &other.name,
        configured: &other.parameters,
    });
    Place {
        project: &environment.project,
        environment: &environment.name,
        configured: &environment.parameters,
        also: configured(environment).collect(),
        named,
        complete,
        neighbours: neighbours.collect(),
    }
}

/// A change of parameters that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub wanted: Vec<Wanted>,
    /// Names that are not this environment's, by [`Place::refuses`]: with any of them nothing is read or done.
    pub foreign: Vec<Check>,
    /// Services that read each parameter when a task starts, whole names and what people call them; none: that is not
    /// known.
    pub readers: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// Whether they get new tasks after it.
    pub restart: bool,
    /// The command line that does this, without `--restart` and without the environment.
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

    /// The services that read this parameter.
    pub(super) fn readers_of(&self, name: &str) -> Vec<&str> {
        let readers = self.readers.as_ref().and_then(|all| all.get(name));
        readers.into_iter().flat_map(BTreeMap::values).map(String::as_str).collect()
    }

    /// The command line that does the same.
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
