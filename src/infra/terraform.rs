//! Units of plain Terraform: folders listed in the configuration, with their workspaces and variables files.

use super::environment::{ChildEnvironment, DEFAULT_WORKSPACE, data_dir};
use super::short_calls::ToolCall;
use super::tools::Tools;
use crate::config::{InfraConfig, UnitConfig};
use crate::model::infra::remote_state::Address;
use crate::model::infra::{
    Around, Graph, GraphError, InfraError, InfraErrorKind, Tool, Unit, remote_state, shared_state,
};
use crate::model::text::shell_quote;
use std::path::{Path, PathBuf};

/// Returns the configured units, checked, with warnings for a person.
pub(super) async fn units(
    infra: &InfraConfig,
    tools: &Tools,
    surroundings: &ChildEnvironment,
) -> Result<(Graph, Vec<String>), InfraError> {
    let mut units: Vec<Unit> = Vec::new();
    for listed in &infra.units {
        let unit = locate(listed)?;
        if let Some(same) = units.iter().find(|other| other.dir == unit.dir && other.workspace == unit.workspace) {
            let message = format!("`{}` and `{}` are one state: the same folder and workspace", same.name, unit.name);
            return Err(InfraError::new(InfraErrorKind::Usage, message)
                .cause(format!("both are {}", unit.dir.display()))
                .hint("give one of them another `workspace` in the configuration, or take it out"));
        }
        units.push(unit);
    }
    let graph = Graph::new(units).map_err(|errors: Vec<GraphError>| {
        InfraError::new(InfraErrorKind::Usage, "the units of the configuration do not form a graph")
            .causes(errors.iter().map(ToString::to_string))
    })?;
    let mut warnings = Vec::new();
    let mut read = Vec::new();
    for unit in graph.units() {
        read.push((unit, code(unit, tools, surroundings, &mut warnings).await?));
    }
    warnings.extend(remote_state::undeclared(&read));
    let places: Vec<(&Unit, Option<&Address>)> = read.iter().map(|(unit, code)| (*unit, code.own())).collect();
    warnings.extend(shared_state::shared_state_warnings(&places));
    Ok((graph, warnings))
}

/// Checks that the workspaces of units exist.
pub(super) async fn check_workspaces(
    graph: &Graph,
    tools: &Tools,
    surroundings: &ChildEnvironment,
    warnings: &mut Vec<String>,
) -> Result<(), InfraError> {
    for unit in graph.units() {
        workspace(unit, tools, surroundings, warnings).await?;
    }
    Ok(())
}

/// Returns a configured unit, after checking that its folder and files exist.
pub(super) fn locate(listed: &UnitConfig) -> Result<Unit, InfraError> {
    let missing = |message: String| {
        Err(InfraError::new(InfraErrorKind::Usage, message)
            .hint("was it moved? correct `infra.units` in the configuration"))
    };
    let Some(dir) = Path::new(&listed.dir).canonicalize().ok().filter(|dir| dir.is_dir()) else {
        return missing(format!("the folder of {}, {}, is not there", listed.name, listed.dir));
    };
    let var_files: Vec<PathBuf> = listed.var_files.iter().map(|file| dir.join(file)).collect();
    if let Some(file) = var_files.iter().find(|file| !file.is_file()) {
        return missing(format!("the file of variables {} of {} is not there", file.display(), listed.name));
    }
    let mut depends_on = listed.depends_on.clone();
    depends_on.sort();
    Ok(Unit {
        name: listed.name.clone(),
        tool: Tool::Terraform,
        dir,
        workspace: Some(listed.workspace.clone().unwrap_or_else(|| DEFAULT_WORKSPACE.to_owned())),
        var_files,
        depends_on,
        around: Around::default(),
    })
}

/// Returns the code files in a folder that Terraform reads, by name.
pub(super) fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let is_code = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with(['.', '~']) && (name.ends_with(".tf") || name.ends_with(".tf.json")) && !path.is_dir()
    };
    let mut files: Vec<PathBuf> = entries.filter(is_code).collect();
    files.sort();
    files
}

/// Returns the states that the code of a unit references, as far as the code can be parsed here. Code that cannot be parsed was
/// reported when the unit was found.
pub(super) fn referenced_states(unit: &Unit) -> remote_state::UnitStates {
    let mut code = remote_state::UnitStates::default();
    for file in files(&unit.dir).iter().filter(|file| is_hcl(file) && file.is_file()) {
        if let Some(found) = std::fs::read_to_string(file).ok().and_then(|text| remote_state::parse(&text).ok()) {
            code.add(found, file);
        }
    }
    code
}

/// Whether a code file is in Terraform's own language, not in JSON.
pub(super) fn is_hcl(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "tf")
}

/// Returns the states that the code of a unit references, its own and others'.
async fn code(
    unit: &Unit,
    tools: &Tools,
    surroundings: &ChildEnvironment,
    warnings: &mut Vec<String>,
) -> Result<remote_state::UnitStates, InfraError> {
    let files = files(&unit.dir);
    if files.is_empty() {
        let message = format!("there is no Terraform code in the folder of {}, {}", unit.name, unit.dir.display());
        return Err(InfraError::new(InfraErrorKind::Usage, message).hint("correct `infra.units` in the configuration"));
    }
    let mut code = remote_state::UnitStates::default();
    for file in &files {
        if !is_hcl(file) {
            warnings.push(format!("{} is JSON, and not looked at for other states", file.display()));
            continue;
        }
        // A pipe would block the reader, here and in Terraform.
        if std::fs::metadata(file).is_ok_and(|facts| !facts.is_file()) {
            let message = format!("{} is not a plain file", file.display());
            return Err(InfraError::new(InfraErrorKind::Usage, message).hint("move it out of the folder"));
        }
        let text = std::fs::read_to_string(file).map_err(|error| {
            InfraError::new(InfraErrorKind::Usage, format!("{} cannot be read: {error}", file.display()))
        })?;
        match remote_state::parse(&text) {
            Ok(found) => code.add(found, file),
            // Terraform itself decides what is valid in its language.
            Err((line, why)) => {
                let question = ToolCall::new(&tools.terraform, &unit.dir);
                let question =
                    question.arguments(["fmt", "-write=false", "-list=false", "-no-color"]).arguments([file]);
                if question.run(surroundings).await?.code != Some(0) {
                    return Err(InfraError::new(InfraErrorKind::Code, format!("the code of {} is broken", unit.name))
                        .cause(format!("{}:{line}: {why}", file.display()))
                        .hint("correct it; `cockpit infra validate` checks it again"));
                }
                warnings.push(format!(
                    "{}:{line} is not understood here, and not looked at for other states",
                    file.display()
                ));
            }
        }
    }
    Ok(code)
}

/// Checks that the workspace exists, if the workspaces can be listed already.
async fn workspace(
    unit: &Unit,
    tools: &Tools,
    surroundings: &ChildEnvironment,
    warnings: &mut Vec<String>,
) -> Result<(), InfraError> {
    match check_workspace(unit, tools, surroundings).await {
        Err(trouble) if trouble.kind != InfraErrorKind::Workspace => {
            let why = trouble.causes.get(1).or(trouble.causes.first()).cloned().unwrap_or(trouble.message);
            warnings.push(format!("{}: whether its workspace is there is not known yet: {why}", unit.name));
            Ok(())
        }
        judged => judged,
    }
}

/// Checks that the workspace exists: Terraform would silently create a missing one, empty.
///
/// # Errors
/// If it does not exist, or the workspaces cannot be listed.
pub async fn check_workspace(unit: &Unit, tools: &Tools, surroundings: &ChildEnvironment) -> Result<(), InfraError> {
    let named = unit.workspace.as_deref().filter(|name| unit.tool == Tool::Terraform && *name != DEFAULT_WORKSPACE);
    let Some(wanted) = named else { return Ok(()) };
    let known = workspaces(unit, tools, surroundings).await?;
    if known.iter().any(|name| name == wanted) {
        return Ok(());
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Err(InfraError::new(InfraErrorKind::Workspace, format!("workspace `{wanted}` of {} does not exist", unit.name))
        .cause(format!("{} has: {}", unit.dir.display(), crate::model::names::list_names(&known)))
        .hint(format!(
            "correct it in the configuration, or make it once: `cockpit infra init --new-workspace --unit {}`",
            shell_quote(&unit.name)
        )))
}

/// Returns the workspaces of a unit's folder.
///
/// # Errors
/// If they cannot be listed, for example because a remote state was not initialised here.
pub async fn workspaces(
    unit: &Unit,
    tools: &Tools,
    surroundings: &ChildEnvironment,
) -> Result<Vec<String>, InfraError> {
    let mut own = surroundings.clone();
    if let Some(folder) = data_dir(unit) {
        own.set("TF_DATA_DIR", folder);
    }
    let question = ToolCall::new(&tools.terraform, &unit.dir).arguments(["workspace", "list", "-no-color"]);
    let answer = question.run_checked(&own, "the workspaces cannot be listed").await?;
    Ok(parse_workspaces(&String::from_utf8_lossy(&answer.stdout)))
}

/// Parses the list of workspaces: `* default` and `  dev`, one per line.
fn parse_workspaces(list: &str) -> Vec<String> {
    let names = list.lines().map(|line| line.trim_start_matches(['*', ' ']).trim());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_are_listed_without_their_mark() {
        assert_eq!(parse_workspaces("  default\n* dev\n  prod\n\n"), ["default", "dev", "prod"]);
    }
}
