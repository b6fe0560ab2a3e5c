//! A unit: a folder that is planned and applied on its own; and the graph of an environment's units.

use super::around::{self, Around};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The program that plans and applies a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Terragrunt, which writes the root and calls Terraform.
    Terragrunt,
    /// Terraform alone, with workspaces and files of variables.
    Terraform,
}

impl Tool {
    /// The word that is typed and configured.
    pub fn word(self) -> &'static str {
        match self {
            Self::Terragrunt => "terragrunt",
            Self::Terraform => "terraform",
        }
    }

    /// The tool of this word.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Terragrunt, Self::Terraform].into_iter().find(|tool| tool.word() == word)
    }
}

/// A folder that is planned and applied on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Unique in its environment: `network`.
    pub name: String,
    /// The program that plans and applies it.
    pub tool: Tool,
    /// Its folder, absolute.
    pub dir: PathBuf,
    /// Terraform's workspace; none with Terragrunt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Files of variables, absolute, in the order in which they are given: later ones win.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub var_files: Vec<PathBuf>,
    /// Names of the units that must be applied before it, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<String>,
    /// The settings of Terragrunt around it.
    #[serde(default, alias = "hooks", deserialize_with = "around::kept", skip_serializing_if = "Around::is_nothing")]
    pub around: Around,
}

/// The units of an environment. Every dependency is one of them, and there is no cycle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    units: Vec<Unit>,
}

/// Why units are no graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two units have one name.
    #[error("two units are called {0}")]
    Twice(String),
    /// A unit needs one that is not there.
    #[error("{unit} depends on {needs}, and there is no such unit")]
    Missing {
        unit: String,
        /// The name of the missing unit.
        needs: String,
    },
    /// Units that need each other, in a circle: the first is named again at the end.
    #[error("these units depend on each other: {}", .0.join(" → "))]
    Cycle(Vec<String>),
}

impl Graph {
    /// A graph of these units, in the order of their names within a wave.
    ///
    /// # Errors
    /// Every reason for which they are none, all at once.
    pub fn new(mut units: Vec<Unit>) -> Result<Self, Vec<GraphError>> {
        units.sort_by(|a, b| a.name.cmp(&b.name));
        let mut errors: Vec<GraphError> = units
            .windows(2)
            .filter(|pair| pair[0].name == pair[1].name)
            .map(|pair| GraphError::Twice(pair[0].name.clone()))
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

    /// The units, by name.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit of this name.
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.name == name)
    }

    /// Units in waves: each needs only those of waves before it. An apply goes through them in this order, a destroy
    /// in the other.
    pub fn waves(&self) -> Vec<Vec<&Unit>> {
        let mut depth: BTreeMap<&str, usize> = BTreeMap::new();
        let mut waves: Vec<Vec<&Unit>> = Vec::new();
        // There is no cycle, so each round places one at least.
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

    /// Names of the units that need this one directly, sorted.
    pub fn dependents(&self, name: &str) -> Vec<&str> {
        let needs = |unit: &&Unit| unit.depends_on.iter().any(|needs| needs == name);
        self.units.iter().filter(needs).map(|unit| unit.name.as_str()).collect()
    }

    /// The graph of the chosen units alone: what they need beside them is taken as applied.
    #[must_use]
    pub fn only(&self, chosen: &[String]) -> Self {
        let mut units: Vec<Unit> = self.units.iter().filter(|unit| chosen.contains(&unit.name)).cloned().collect();
        for unit in &mut units {
            unit.depends_on.retain(|needs| chosen.contains(needs));
        }
        Self { units }
    }

    /// A cycle, if there is one, beginning and ending with the same unit.
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
                    let mut circle: Vec<String> = path[at..].iter().map(|(on, _)| on.name.clone()).collect();
                    circle.push(needs.clone());
                    return Some(circle);
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
    fn a_unit_is_in_the_wave_after_all_that_it_needs() {
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
    fn every_reason_for_which_units_are_no_graph_is_told() {
        let errors =
            Graph::new(vec![unit("a", &["b"]), unit("b", &["a", "gone"]), unit("c", &[]), unit("c", &[])]).unwrap_err();
        let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "two units are called c",
                "b depends on gone, and there is no such unit",
                "these units depend on each other: a → b → a"
            ]
        );
        assert!(Graph::new(vec![unit("self", &["self"])]).is_err());
    }
}
