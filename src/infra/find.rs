//! Finds and checks the units of an environment.

use super::code_search::Texts;
use super::environment::ChildEnvironment;
use super::tools::Tools;
use super::{terraform, terragrunt, terragrunt_settings};
use crate::config::EnvironmentConfig;
use crate::model::infra::{Graph, InfraError, InfraErrorKind, Tool, Unit};
use crate::model::names::{list_names, nearest};

/// The units of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// Its units.
    pub graph: Graph,
    /// Warnings as sentences: units that are left out, a dependency that is not declared.
    pub warnings: Vec<String>,
    /// Units whose code reads nothing before the outputs of their dependencies; their plan may start before those exist.
    pub plan_ahead: Vec<String>,
    /// Direct and indirect dependencies of the selected units that were not selected; their outputs may be read.
    pub read_only_dependencies: Vec<Unit>,
    /// Units that depend on a selected one and were not selected.
    pub needed_by: Vec<Unit>,
    /// The programs to plan them with.
    pub tools: Tools,
    /// The variables for these programs.
    pub child_environment: ChildEnvironment,
}

/// Finds the units of an environment. Changes nothing, and never returns a smaller graph if something is wrong.
///
/// # Errors
/// No infrastructure is configured; a program is missing or has another version; the code is broken (with file and line);
/// units depend on each other in a cycle, or on a missing unit; a folder, a variables file or a workspace does not
/// exist.
pub async fn discover(environment: &EnvironmentConfig) -> Result<Discovered, InfraError> {
    discover_as(environment, DiscoverOptions::default()).await
}

/// Options of finding units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscoverOptions<'a> {
    /// Only these units; all if empty. Broken code of other units is still an error.
    pub units: &'a [String],
    /// Whether to read the settings of Terragrunt around plan and apply, which only a run needs.
    pub hooks: bool,
    /// Whether to check that the workspaces exist; false for commands that create them.
    pub workspaces: bool,
}

impl Default for DiscoverOptions<'_> {
    fn default() -> Self {
        Self { units: &[], hooks: true, workspaces: true }
    }
}

/// As [`discover`], with options.
///
/// # Errors
/// As [`discover`].
pub async fn discover_as(environment: &EnvironmentConfig, look: DiscoverOptions<'_>) -> Result<Discovered, InfraError> {
    let Some(kind) = environment.infra.kind else {
        let message = format!("no infrastructure is configured for {}", environment.name);
        let hint = format!("write [environments.{}.infra] into the configuration: docs/infra.md", environment.name);
        return Err(InfraError::new(InfraErrorKind::Usage, message).hint(hint));
    };
    let surroundings = ChildEnvironment::of_process(environment);
    let located = Tools::locate(environment, &surroundings)?;
    let mut texts = Texts::default();
    let (tools, graph, mut warnings) = match kind {
        Tool::Terragrunt => {
            // The result of one is useless if the other has an unsupported version.
            let (tools, found) = tokio::join!(
                Box::pin(located.clone().check_versions(environment, &surroundings)),
                Box::pin(terragrunt::units(&environment.infra, &located, &surroundings))
            );
            let (tools, found) = (tools?, found?);
            texts = found.texts;
            (tools, found.graph, found.warnings)
        }
        Tool::Terraform => {
            let tools = located.check_versions(environment, &surroundings).await?;
            let (graph, warnings) = terraform::units(&environment.infra, &tools, &surroundings).await?;
            (tools, graph, warnings)
        }
    };
    warnings.extend(tools.warning());
    let all = graph;
    let mut graph = select(all.clone(), look.units)?;
    let (mut reads, mut needed_by) = (dependencies(&all, &graph), dependents(&all, &graph));
    match kind {
        Tool::Terragrunt => {
            let mut units = graph.units().to_vec();
            terragrunt_settings::read(&mut units, &texts, &tools, &surroundings, look.hooks, &mut warnings).await;
            // The names did not change, so this cannot fail.
            graph = Graph::new(units).unwrap_or(graph);
            // Their states are read too, wherever they are and with whatever role.
            for others in [&mut reads, &mut needed_by] {
                terragrunt_settings::read(others, &texts, &tools, &surroundings, false, &mut warnings).await;
            }
        }
        Tool::Terraform if look.workspaces => {
            terraform::check_workspaces(&graph, &tools, &surroundings, &mut warnings).await?;
        }
        Tool::Terraform => {}
    }
    let ahead = graph.units().iter().filter(|unit| texts.is_self_contained(&unit.name));
    let ahead = ahead.map(|unit| unit.name.clone()).collect();
    Ok(Discovered {
        graph,
        warnings,
        plan_ahead: ahead,
        read_only_dependencies: reads,
        needed_by,
        tools,
        child_environment: surroundings,
    })
}

/// Returns the direct and indirect dependencies of the selected units, without those units.
fn dependencies(all: &Graph, selected: &Graph) -> Vec<Unit> {
    let mut wanted: Vec<&Unit> = selected.units().iter().filter_map(|unit| all.unit(&unit.name)).collect();
    let mut found: Vec<Unit> = Vec::new();
    while let Some(unit) = wanted.pop() {
        for needs in unit.depends_on.iter().filter_map(|needs| all.unit(needs)) {
            if selected.unit(&needs.name).is_none() && !found.contains(needs) {
                found.push(needs.clone());
                wanted.push(needs);
            }
        }
    }
    found
}

/// Returns the units that directly or indirectly depend on the selected ones, without those units.
fn dependents(all: &Graph, selected: &Graph) -> Vec<Unit> {
    let mut wanted: Vec<&str> = selected.units().iter().map(|unit| unit.name.as_str()).collect();
    let mut found: Vec<Unit> = Vec::new();
    while let Some(name) = wanted.pop() {
        for by in all.dependents(name).into_iter().filter_map(|by| all.unit(by)) {
            if selected.unit(&by.name).is_none() && !found.contains(by) {
                found.push(by.clone());
                wanted.push(&by.name);
            }
        }
    }
    found
}

/// Returns the selected units only; all if no names are given.
fn select(graph: Graph, names: &[String]) -> Result<Graph, InfraError> {
    let known: Vec<&str> = graph.units().iter().map(|unit| unit.name.as_str()).collect();
    for name in names {
        if !known.contains(&name.as_str()) {
            let near = nearest(name, known.iter().copied());
            let mean = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            let hint = format!("{mean}there are: {}", list_names(&known));
            return Err(InfraError::new(InfraErrorKind::Usage, format!("there is no unit `{name}`")).hint(hint));
        }
    }
    Ok(if names.is_empty() { graph } else { graph.only(names) })
}

impl Discovered {
    /// Keeps the selected units only; all if no names are given.
    ///
    /// # Errors
    /// If no unit has one of the names.
    pub fn select(mut self, names: &[String]) -> Result<Self, InfraError> {
        let all = self.graph;
        self.graph = select(all.clone(), names)?;
        (self.read_only_dependencies, self.needed_by) =
            (dependencies(&all, &self.graph), dependents(&all, &self.graph));
        Ok(self)
    }
}
