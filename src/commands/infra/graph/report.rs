//! The units of an environment and what they depend on.

use crate::headless::emit::Printable;
use crate::headless::table::{Table, numbers, prose, words};
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
    /// Warnings to a person: units that are left out, edges that are not declared.
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
    /// Its files of variables, later ones win.
    pub var_files: Vec<String>,
    /// Units that are applied before it.
    pub depends_on: Vec<String>,
    /// Its wave, from 1: it needs only units of waves before it.
    pub wave: usize,
    /// Terragrunt does something around its apply (hooks, a role, variables), and it is applied through Terragrunt.
    pub hooks: bool,
}

/// The report of a graph.
pub fn graph(environment: &str, graph: &Graph, warnings: &[String]) -> GraphDto {
    let waves = graph.waves();
    let numbered = waves.iter().enumerate().flat_map(|(at, wave)| wave.iter().map(move |unit| (at + 1, *unit)));
    let units = numbered.map(|(wave, unit)| UnitDto {
        name: unit.name.clone(),
        tool: unit.tool.word().to_owned(),
        dir: unit.dir.display().to_string(),
        workspace: unit.workspace.clone(),
        var_files: unit.var_files.iter().map(|file| file.display().to_string()).collect(),
        depends_on: unit.depends_on.clone(),
        wave,
        hooks: !unit.around.why(false).is_empty(),
    });
    GraphDto {
        schema: SCHEMA.to_owned(),
        environment: environment.to_owned(),
        units: units.collect(),
        warnings: warnings.to_vec(),
    }
}

/// The units as boxes, with their waves; lines lead from what is needed to what needs it.
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
        let mut table =
            Table::new(&[numbers("WAVE"), words("UNIT"), words("WORKSPACE").rank(1), prose("DEPENDS ON")], "no units");
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
