//! The units of an environment, found and checked.

use super::surroundings::ChildEnvironment;
use super::texts::Texts;
use super::tools::Tools;
use super::{around, terraform, terragrunt};
use crate::config::EnvironmentConfig;
use crate::model::infra::{Graph, Tool, Trouble, TroubleKind, Unit};
use crate::model::names::{listed, nearest};

/// The units of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// Its units.
    pub graph: Graph,
    /// Warnings to a person, in sentences: units that are left out, an edge that is not declared.
    pub warnings: Vec<String>,
    /// Units whose code reads nothing before the outputs of what they need: their plan may be begun before those are there.
    pub ahead: Vec<String>,
    /// Units that those which were named need, and that were not named: their outputs may be read.
    pub reads: Vec<Unit>,
    /// Units that need one of those which were named, and that were not named.
    pub needed_by: Vec<Unit>,
    /// The programs that they are planned with.
    pub tools: Tools,
    /// The variables that these get.
    pub surroundings: ChildEnvironment,
}

/// Finds the units of an environment. It changes nothing, and never gives a smaller graph where something is wrong.
///
/// # Errors
/// No infrastructure is configured, a program is missing or of another version, the code is broken (with file and line),
/// units depend on each other in a circle or on what is not there, a folder, a file of variables or a workspace is not
/// there.
pub async fn discover(environment: &EnvironmentConfig) -> Result<Discovered, Trouble> {
    discover_as(environment, Look::default()).await
}

/// The extent of a look, beside the units and their edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look<'a> {
    /// Only these units; all where none is named. What is wrong with the code of others is an error all the same.
    pub units: &'a [String],
    /// Whether Terragrunt does something around plan and apply, which only a run need know.
    pub hooks: bool,
    /// Whether the workspaces are there, which only whoever makes them need not know.
    pub workspaces: bool,
}

impl Default for Look<'_> {
    fn default() -> Self {
        Self { units: &[], hooks: true, workspaces: true }
    }
}

/// The same, looking at less.
///
/// # Errors
/// As [`discover`].
pub async fn discover_as(environment: &EnvironmentConfig, look: Look<'_>) -> Result<Discovered, Trouble> {
    let Some(kind) = environment.infra.kind else {
        let message = format!("no infrastructure is configured for {}", environment.name);
        let hint = format!("write [environments.{}.infra] into the configuration: docs/infra.md", environment.name);
        return Err(Trouble::new(TroubleKind::Usage, message).hint(hint));
    };
    let surroundings = ChildEnvironment::of_process(environment);
    let placed = Tools::placed(environment, &surroundings)?;
    let mut texts = Texts::default();
    let (tools, graph, mut warnings) = match kind {
        Tool::Terragrunt => {
            // What one says is worth nothing where the other is of a version that nobody knows.
            let (tools, found) = tokio::join!(
                Box::pin(placed.clone().checked(environment, &surroundings)),
                Box::pin(terragrunt::units(&environment.infra, &placed, &surroundings))
            );
            let (tools, found) = (tools?, found?);
            texts = found.texts;
            (tools, found.graph, found.warnings)
        }
        Tool::Terraform => {
            let tools = placed.checked(environment, &surroundings).await?;
            let (graph, warnings) = terraform::units(&environment.infra, &tools, &surroundings).await?;
            (tools, graph, warnings)
        }
    };
    warnings.extend(tools.warning());
    let all = graph;
    let mut graph = chosen(all.clone(), look.units)?;
    let (mut reads, mut needed_by) = (needed(&all, &graph), needed_by(&all, &graph));
    match kind {
        Tool::Terragrunt => {
            let mut units = graph.units().to_vec();
            around::ask(&mut units, &texts, &tools, &surroundings, look.hooks, &mut warnings).await;
            // The names are as they were.
            graph = Graph::new(units).unwrap_or(graph);
            // Their states are looked at or asked too, wherever they are and whoever may read them.
            for others in [&mut reads, &mut needed_by] {
                around::ask(others, &texts, &tools, &surroundings, false, &mut warnings).await;
            }
        }
        Tool::Terraform if look.workspaces => terraform::check(&graph, &tools, &surroundings, &mut warnings).await?,
        Tool::Terraform => {}
    }
    let ahead = graph.units().iter().filter(|unit| texts.read_nothing(&unit.name));
    let ahead = ahead.map(|unit| unit.name.clone()).collect();
    Ok(Discovered { graph, warnings, ahead, reads, needed_by, tools, surroundings })
}

/// The units that the chosen ones need, directly or not, without themselves.
fn needed(all: &Graph, chosen: &Graph) -> Vec<Unit> {
    let mut wanted: Vec<&Unit> = chosen.units().iter().filter_map(|unit| all.unit(&unit.name)).collect();
    let mut found: Vec<Unit> = Vec::new();
    while let Some(unit) = wanted.pop() {
        for needs in unit.depends_on.iter().filter_map(|needs| all.unit(needs)) {
            if chosen.unit(&needs.name).is_none() && !found.contains(needs) {
                found.push(needs.clone());
                wanted.push(needs);
            }
        }
    }
    found
}

/// The units that need the chosen ones, directly or not, without themselves.
fn needed_by(all: &Graph, chosen: &Graph) -> Vec<Unit> {
    let mut wanted: Vec<&str> = chosen.units().iter().map(|unit| unit.name.as_str()).collect();
    let mut found: Vec<Unit> = Vec::new();
    while let Some(name) = wanted.pop() {
        for by in all.dependents(name).into_iter().filter_map(|by| all.unit(by)) {
            if chosen.unit(&by.name).is_none() && !found.contains(by) {
                found.push(by.clone());
                wanted.push(&by.name);
            }
        }
    }
    found
}

/// The chosen units alone; all where none is named.
fn chosen(graph: Graph, names: &[String]) -> Result<Graph, Trouble> {
    let known: Vec<&str> = graph.units().iter().map(|unit| unit.name.as_str()).collect();
    for name in names {
        if !known.contains(&name.as_str()) {
            let near = nearest(name, known.iter().copied());
            let mean = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let hint = format!("{mean}there are: {}", listed(&known));
            return Err(Trouble::new(TroubleKind::Usage, format!("there is no unit `{name}`")).hint(hint));
        }
    }
    Ok(if names.is_empty() { graph } else { graph.only(names) })
}

impl Discovered {
    /// The same with the chosen units alone; all where none is named.
    ///
    /// # Errors
    /// A name that no unit has.
    pub fn only(mut self, names: &[String]) -> Result<Self, Trouble> {
        let all = self.graph;
        self.graph = chosen(all.clone(), names)?;
        (self.reads, self.needed_by) = (needed(&all, &self.graph), needed_by(&all, &self.graph));
        Ok(self)
    }
}
