//! The report of `cockpit infra graph`: the units of an environment and their dependencies.

use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, numbers, prose};
use crate::model::infra::picture::{Node, Picture};
use crate::model::infra::{Graph, Unit};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit infra graph`.
pub const SCHEMA: &str = "cockpit.infra-graph/1";

/// The units of an environment.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GraphDto {
    /// `cockpit.infra-graph/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// Its units, in the order in which they may be applied.
    pub units: Vec<UnitDto>,
    /// Warnings: units that are left out, dependencies that are not declared.
    pub warnings: Vec<String>,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UnitDto {
    /// Its name.
    pub name: String,
    /// `terragrunt` or `terraform`.
    pub tool: String,
    /// Its folder.
    pub dir: String,
    /// Its workspace; `null` with Terragrunt.
    pub workspace: Option<String>,
    /// Its variable files; later ones take precedence.
    pub var_files: Vec<String>,
    /// The units that are applied before it.
    pub depends_on: Vec<String>,
    /// Its wave, from 1: all its dependencies are in earlier waves.
    pub wave: usize,
    /// Whether Terragrunt adds something to its apply (hooks, a role, variables), so that it is applied through
    /// Terragrunt.
    pub hooks: bool,
}

/// Builds the report of a graph.
pub fn graph(environment: &str, graph: &Graph, warnings: &[String]) -> GraphDto {
    let waves = graph.waves();
    let numbered = waves.iter().enumerate().flat_map(|(at, wave)| wave.iter().map(move |unit| (at + 1, *unit)));
    let units = numbered.map(|(wave, unit)| UnitDto {
        name: unit.name.clone(),
        tool: unit.tool.name().to_owned(),
        dir: unit.dir.display().to_string(),
        workspace: unit.workspace.clone(),
        var_files: unit.var_files.iter().map(|file| file.display().to_string()).collect(),
        depends_on: unit.depends_on.clone(),
        wave,
        hooks: !unit.around.terragrunt_reasons(false).is_empty(),
    });
    GraphDto {
        schema: SCHEMA.to_owned(),
        environment: environment.to_owned(),
        units: units.collect(),
        warnings: warnings.to_vec(),
    }
}

/// Draws the units as boxes with their waves; lines lead from a dependency to its dependents.
pub fn picture(graph: &Graph) -> Picture {
    let waves = graph.waves();
    let placed: Vec<(usize, &Unit)> =
        waves.iter().enumerate().flat_map(|(at, wave)| wave.iter().map(move |unit| (at + 1, *unit))).collect();
    let number = |name: &String| placed.iter().position(|(_, unit)| unit.name == *name);
    let edges = placed.iter().enumerate().flat_map(|(to, (_, unit))| {
        unit.depends_on.iter().filter_map(number).map(move |from| (from, to)).collect::<Vec<_>>()
    });
    let node = |(wave, unit): &(usize, &Unit)| Node {
        id: unit.name.clone(),
        label: unit.name.clone(),
        note: unit.workspace.clone().unwrap_or_else(|| format!("wave {wave}")),
        ..Node::default()
    };
    Picture { edges: edges.collect(), nodes: placed.iter().map(node).collect() }
}

impl Printable for GraphDto {
    fn tables(&self) -> Vec<Table> {
        let mut table = Table::new(
            &[numbers("WAVE"), left_aligned("UNIT"), left_aligned("WORKSPACE").rank(1), prose("DEPENDS ON")],
            "no units",
        );
        for unit in &self.units {
            let needs = unit.depends_on.join(", ");
            table.row([
                Some(unit.wave.to_string()),
                Some(unit.name.clone()),
                unit.workspace.clone(),
                Some(needs).filter(|needs| !needs.is_empty()),
            ]);
        }
        vec![table]
    }
}
