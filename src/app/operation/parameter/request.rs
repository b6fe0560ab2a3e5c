//! A requested change of parameters, its title and its command line.

use crate::app::parameters::configured;
use crate::config::{Config, EnvironmentConfig};
use crate::model::deploy::Check;
use crate::model::parameters::environment_path::{Neighbour, ParameterScope};
use crate::model::parameters::references::ParameterReference;
use crate::model::parameters::{Kind, Value};
use std::collections::BTreeMap;

/// One parameter to change.
#[derive(Debug, Clone, PartialEq)]
pub enum StepChange {
    /// A new value, or a new parameter.
    Put {
        name: String,
        value: Value,
        /// `None`: unchanged, or [`Kind::Secure`] for a new parameter.
        kind: Option<Kind>,
        /// `None`: unchanged, or the account's key.
        key: Option<String>,
        description: Option<String>,
    },
    /// The parameter is deleted with all its versions.
    Remove { name: String },
}

impl StepChange {
    /// The name of the parameter.
    pub fn name(&self) -> &str {
        match self {
            Self::Put { name, .. } | Self::Remove { name } => name,
        }
    }
}

/// The configuration that determines which parameters belong to an environment. `complete`: `named` has the names used
/// by all of its task definitions.
pub fn place<'a>(
    config: &'a Config,
    environment: &'a EnvironmentConfig,
    named: &'a [ParameterReference],
    complete: bool,
) -> ParameterScope<'a> {
    // In another account or region the same name is another parameter.
    let differ = |one: &Option<String>, other: &Option<String>| one.is_some() && other.is_some() && one != other;
    let others = config.environments.iter().filter(|other| {
        other.name != environment.name
            && !differ(&other.account, &environment.account)
            && !differ(&other.region, &environment.region)
    });
    let neighbours = others.map(|other| Neighbour {
        project: &other.project,
        environment: &other.name,
        configured: &other.parameters,
    });
    ParameterScope {
        project: &environment.project,
        environment: &environment.name,
        configured: &environment.parameters,
        extra_names: configured(environment).collect(),
        references: named,
        complete,
        neighbours: neighbours.collect(),
    }
}

/// A requested change of parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub wanted: Vec<StepChange>,
    /// Names of other environments according to [`ParameterScope::foreign_check`]: if there are any, nothing is read or changed.
    pub foreign: Vec<Check>,
    /// The services that read each parameter when a task starts, by full name, with their short names; `None`: unknown.
    pub readers: Option<BTreeMap<String, BTreeMap<String, String>>>,
    /// Whether these services are restarted afterwards.
    pub restart: bool,
    /// The command line that does this, without `--restart` and without the environment.
    pub command_line: String,
}

impl Request {
    /// Whether parameters are only deleted.
    pub(super) fn removes(&self) -> bool {
        self.wanted.iter().any(|one| matches!(one, StepChange::Remove { .. }))
    }

    /// All services that read any of the parameters.
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
    pub fn command_line(&self) -> String {
        format!("{}{}", self.command_line, if self.restart { " --restart" } else { "" })
    }

    /// `put /shop/KEY`.
    pub fn title(&self) -> String {
        match self.wanted.as_slice() {
            [StepChange::Put { name, .. }] => format!("put {name}"),
            [StepChange::Remove { name }] => format!("remove {name}"),
            all if self.removes() => format!("remove {} parameters", all.len()),
            all => format!("put {} parameters", all.len()),
        }
    }
}
