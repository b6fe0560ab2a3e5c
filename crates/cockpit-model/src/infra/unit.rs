//! Units, which are folders that are planned and applied on their own, and the graph of an environment's units.

use super::terragrunt_settings::{self, Around};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The program that plans and applies a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Terragrunt, which generates the root module and calls Terraform.
    Terragrunt,
    /// Plain Terraform, with workspaces and variable files.
    Terraform,
}

impl Tool {
    /// Returns the word used on the command line and in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terragrunt => "terragrunt",
            Self::Terraform => "terraform",
        }
    }

    /// Returns the tool for this word.
    pub fn from_name(word: &str) -> Option<Self> {
        [Self::Terragrunt, Self::Terraform].into_iter().find(|tool| tool.name() == word)
    }
}

/// A folder that is planned and applied on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The name, which is unique in its environment: `network`.
    pub name: String,
    /// The program that plans and applies it.
    pub tool: Tool,
    /// The absolute path of its folder.
    pub dir: PathBuf,
    /// Terraform's workspace; `None` with Terragrunt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Absolute paths of variable files, in the order of the arguments: later ones win.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub var_files: Vec<PathBuf>,
    /// Sorted names of the units that must be applied first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// Its Terragrunt settings.
    #[serde(
        default,
        alias = "hooks",
        deserialize_with = "terragrunt_settings::kept",
        skip_serializing_if = "Around::is_nothing"
    )]
    pub around: Around,
}

/// The units of an environment. Every dependency is one of them, and there are no cycles.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    units: Vec<Unit>,
}

/// The reason why units do not form a graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two units have the same name.
    #[error("two units are called {0}")]
    DuplicateName(String),
    /// A unit depends on a missing one.
    #[error("{unit} depends on {needs}, and there is no such unit")]
    Missing {
        unit: String,
        /// The name of the missing unit.
        needs: String,
    },
    /// Units depend on each other in a cycle; the first is repeated at the end.
    #[error("these units depend on each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
}

impl Graph {
    /// Creates a graph of these units.
    ///
    /// # Errors
    /// All reasons why they do not form a graph.
    pub fn new(mut units: Vec<Unit>) -> Result<Self, Vec<GraphError>> {
        units.sort_by(|a, b| a.name.cmp(&b.name));
        let mut errors: Vec<GraphError> = units
            .windows(2)
            .filter(|pair| pair[0].name == pair[1].name)
            .map(|pair| GraphError::DuplicateName(pair[0].name.clone()))
            .collect();
        let names: BTreeSet<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
        for unit in &units {
            for needs in unit.depends_on.iter().filter(|needs| !names.contains(needs.as_str())) {
                errors.push(GraphError::Missing { unit: unit.name.clone(), needs: needs.clone() });
            }
        }
        let graph = Self { units };
        errors.extend(graph.cycle().map(GraphError::Cycle));
        if errors.is_empty() { Ok(graph) } else { Err(errors) }
    }

    /// Returns the units, sorted by name.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Returns the unit with this name.
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.name == name)
    }

    /// Returns the units in waves, sorted by name within each: a unit depends only on earlier waves. An apply goes
    /// through them in this order, a destroy in reverse.
    pub fn waves(&self) -> Vec<Vec<&Unit>> {
        let mut depth: BTreeMap<&str, usize> = BTreeMap::new();
        let mut waves: Vec<Vec<&Unit>> = Vec::new();
        // There are no cycles, so each round places at least one unit.
        while depth.len() < self.units.len() {
            let before = depth.len();
            for unit in &self.units {
                if depth.contains_key(unit.name.as_str()) {
                    continue;
                }
                let known: Option<Vec<usize>> =
                    unit.depends_on.iter().map(|needs| depth.get(needs.as_str()).copied()).collect();
                if let Some(known) = known {
                    let wave = known.into_iter().max().map_or(0, |deepest| deepest + 1);
                    depth.insert(&unit.name, wave);
                    waves.resize_with(waves.len().max(wave + 1), Vec::new);
                    waves[wave].push(unit);
                }
            }
            if depth.len() == before {
                break;
            }
        }
        for wave in &mut waves {
            wave.sort_by(|a, b| a.name.cmp(&b.name));
        }
        waves
    }

    /// Returns the sorted names of the units that directly depend on a unit.
    pub fn dependents(&self, name: &str) -> Vec<&str> {
        let needs = |unit: &&Unit| unit.depends_on.iter().any(|needs| needs == name);
        self.units.iter().filter(needs).map(|unit| unit.name.as_str()).collect()
    }

    /// Returns the graph of the chosen units only; other dependencies are assumed to be applied.
    #[must_use]
    pub fn only(&self, chosen: &[String]) -> Self {
        let mut units: Vec<Unit> = self.units.iter().filter(|unit| chosen.contains(&unit.name)).cloned().collect();
        for unit in &mut units {
            unit.depends_on.retain(|needs| chosen.contains(needs));
        }
        Self { units }
    }

    /// Returns a cycle, if there is one, starting and ending with the same unit.
    fn cycle(&self) -> Option<Vec<String>> {
        let mut done: BTreeSet<&str> = BTreeSet::new();
        for start in &self.units {
            let mut path: Vec<(&Unit, usize)> = vec![(start, 0)];
            while let Some((unit, next)) = path.last_mut() {
                let Some(needs) = unit.depends_on.get(*next) else {
                    done.insert(&unit.name);
                    path.pop();
                    continue;
                };
                *next += 1;
                if let Some(at) = path.iter().position(|(on, _)| on.name == *needs) {
                    let mut cycle: Vec<String> = path[at..].iter().map(|(on, _)| on.name.clone()).collect();
                    cycle.push(needs.clone());
                    return Some(cycle);
                }
                match self.unit(needs) {
                    Some(unit) if !done.contains(unit.name.as_str()) => path.push((unit, 0)),
                    _ => {}
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::testing::unit;

    #[test]
    fn unit_is_in_the_wave_after_its_dependencies() {
        let graph = Graph::new(vec![
            unit("compute", &["database", "network", "registry"]),
            unit("database", &["network"]),
            unit("network", &[]),
            unit("registry", &[]),
        ])
        .unwrap();
        let waves: Vec<Vec<&str>> =
            graph.waves().iter().map(|wave| wave.iter().map(|unit| unit.name.as_str()).collect()).collect();
        assert_eq!(waves, [vec!["network", "registry"], vec!["database"], vec!["compute"]]);
        assert_eq!(graph.dependents("network"), ["compute", "database"]);
        let some = graph.only(&["compute".into(), "registry".into()]);
        assert_eq!(some.unit("compute").unwrap().depends_on, ["registry"]);
    }

    #[test]
    fn all_graph_errors_are_returned() {
        let errors =
            Graph::new(vec![unit("a", &["b"]), unit("b", &["a", "gone"]), unit("c", &[]), unit("c", &[])]).unwrap_err();
        let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "two units are called c",
                "b depends on gone, and there is no such unit",
                "these units depend on each other: a → b → a"
            ]
        );
        assert!(Graph::new(vec![unit("self", &["self"])]).is_err());
    }
}
