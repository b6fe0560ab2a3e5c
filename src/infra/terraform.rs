//! Units of plain Terraform: folders that the configuration lists, with their workspaces and files of variables.

use super::ask::Question;
use super::surroundings::{ChildEnvironment, DEFAULT_WORKSPACE, data_dir};
use super::tools::Tools;
use crate::config::{InfraConfig, UnitConfig};
use crate::model::infra::remote_state::Address;
use crate::model::infra::{Around, Graph, GraphError, Tool, Trouble, TroubleKind, Unit, one_state, remote_state};
use crate::model::text::quoted;
use std::path::{Path, PathBuf};

/// The units that are listed, checked; and what a person should know of them.
pub(super) async fn units(
    infra: &InfraConfig,
    tools: &Tools,
    surroundings: &ChildEnvironment,
) -> Result<(Graph, Vec<String>), Trouble> {
    let mut units: Vec<Unit> = Vec::new();
    for listed in &infra.units {
        let unit = placed(listed)?;
        if let Some(same) = units.iter().find(|other| other.dir == unit.dir && other.workspace == unit.workspace) {
            let message = format!("`{}` and `{}` are one state: the same folder and workspace", same.name, unit.name);
            return Err(Trouble::new(TroubleKind::Usage, message)
                .cause(format!("both are {}", unit.dir.display()))
                .hint("give one of them another `workspace` in the configuration, or take it out"));
        }
        units.push(unit);
    }
    let graph = Graph::new(units).map_err(|errors: Vec<GraphError>| {
        Trouble::new(TroubleKind::Usage, "the units of the configuration are no graph")
            .causes(errors.iter().map(ToString::to_string))
    })?;
    let mut warnings = Vec::new();
    let mut read = Vec::new();
    for unit in graph.units() {
        read.push((unit, code(unit, tools, surroundings, &mut warnings).await?));
    }
    warnings.extend(remote_state::undeclared(&read));
    let places: Vec<(&Unit, Option<&Address>)> = read.iter().map(|(unit, code)| (*unit, code.own())).collect();
    warnings.extend(one_state::of_units(&places));
    Ok((graph, warnings))
}

/// Holds the workspaces of units against those that are there.
pub(super) async fn check(
    graph: &Graph,
    tools: &Tools,
    surroundings: &ChildEnvironment,
    warnings: &mut Vec<String>,
) -> Result<(), Trouble> {
    for unit in graph.units() {
        workspace(unit, tools, surroundings, warnings).await?;
    }
    Ok(())
}

/// A listed unit, whose folder and files are there.
pub(super) fn placed(listed: &UnitConfig) -> Result<Unit, Trouble> {
    let gone = |what: String| {
        Err(Trouble::new(TroubleKind::Usage, what).hint("was it moved? correct `infra.units` in the configuration"))
    };
    let Some(dir) = Path::new(&listed.dir).canonicalize().ok().filter(|dir| dir.is_dir()) else {
        return gone(format!("the folder of {}, {}, is not there", listed.name, listed.dir));
    };
    let var_files: Vec<PathBuf> = listed.var_files.iter().map(|file| dir.join(file)).collect();
    if let Some(file) = var_files.iter().find(|file| !file.is_file()) {
        return gone(format!("the file of variables {} of {} is not there", file.display(), listed.name));
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

/// The files of code in a folder that Terraform reads, by name.
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

/// The states that the code of a unit names, as far as the code is understood here: what is not was told when the unit
/// was found.
pub(super) fn states(unit: &Unit) -> remote_state::Code {
    let mut code = remote_state::Code::default();
    for file in files(&unit.dir).iter().filter(|file| is_hcl(file) && file.is_file()) {
        if let Some(found) = std::fs::read_to_string(file).ok().and_then(|text| remote_state::read(&text).ok()) {
            code.add(found, file);
        }
    }
    code
}

/// Whether a file of code is in Terraform's own language, and not in JSON.
pub(super) fn is_hcl(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "tf")
}

/// The states that the code of a unit names, its own and others'.
async fn code(
    unit: &Unit,
    tools: &Tools,
    surroundings: &ChildEnvironment,
    warnings: &mut Vec<String>,
) -> Result<remote_state::Code, Trouble> {
    let files = files(&unit.dir);
    if files.is_empty() {
        let message = format!("there is no Terraform code in the folder of {}, {}", unit.name, unit.dir.display());
        return Err(Trouble::new(TroubleKind::Usage, message).hint("correct `infra.units` in the configuration"));
    }
    let mut code = remote_state::Code::default();
    for file in &files {
        if !is_hcl(file) {
            warnings.push(format!("{} is JSON, and not looked at for other states", file.display()));
            continue;
        }
        // A pipe would be waited for, by Terraform as well.
        if std::fs::metadata(file).is_ok_and(|facts| !facts.is_file()) {
            let message = format!("{} is not a plain file", file.display());
            return Err(Trouble::new(TroubleKind::Usage, message).hint("move it out of the folder"));
        }
        let text = std::fs::read_to_string(file)
            .map_err(|error| Trouble::new(TroubleKind::Usage, format!("{} cannot be read: {error}", file.display())))?;
        match remote_state::read(&text) {
            Ok(found) => code.add(found, file),
            // Terraform itself has the last word on its language.
            Err((line, why)) => {
                let question = Question::new(&tools.terraform, &unit.dir);
                let question =
                    question.arguments(["fmt", "-write=false", "-list=false", "-no-color"]).arguments([file]);
                if question.ask(surroundings).await?.code != Some(0) {
                    return Err(Trouble::new(TroubleKind::Code, format!("the code of {} is broken", unit.name))
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

/// Holds the workspace against those that are there, where these can be listed already.
async fn workspace(
    unit: &Unit,
    tools: &Tools,
    surroundings: &ChildEnvironment,
    warnings: &mut Vec<String>,
) -> Result<(), Trouble> {
    match check_workspace(unit, tools, surroundings).await {
        Err(trouble) if trouble.kind != TroubleKind::Workspace => {
            let why = trouble.causes.get(1).or(trouble.causes.first()).cloned().unwrap_or(trouble.message);
            warnings.push(format!("{}: whether its workspace is there is not known yet: {why}", unit.name));
            Ok(())
        }
        judged => judged,
    }
}

/// Holds the workspace against those that are there: Terraform would make one that is not, silently and empty.
///
/// # Errors
/// It is not there, or they cannot be listed.
pub async fn check_workspace(unit: &Unit, tools: &Tools, surroundings: &ChildEnvironment) -> Result<(), Trouble> {
    let named = unit.workspace.as_deref().filter(|name| unit.tool == Tool::Terraform && *name != DEFAULT_WORKSPACE);
    let Some(wanted) = named else { return Ok(()) };
    let known = workspaces(unit, tools, surroundings).await?;
    if known.iter().any(|name| name == wanted) {
        return Ok(());
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    Err(Trouble::new(TroubleKind::Workspace, format!("workspace `{wanted}` of {} does not exist", unit.name))
        .cause(format!("{} has: {}", unit.dir.display(), crate::model::names::listed(&known)))
        .hint(format!(
            "correct it in the configuration, or make it once: `cockpit infra init --new-workspace --unit {}`",
            quoted(&unit.name)
        )))
}

/// The workspaces of a unit's folder.
///
/// # Errors
/// They cannot be listed: a state far away that was not initialised here.
pub async fn workspaces(unit: &Unit, tools: &Tools, surroundings: &ChildEnvironment) -> Result<Vec<String>, Trouble> {
    let mut own = surroundings.clone();
    if let Some(folder) = data_dir(unit) {
        own.set("TF_DATA_DIR", folder);
    }
    let question = Question::new(&tools.terraform, &unit.dir).arguments(["workspace", "list", "-no-color"]);
    let answer = question.ask_well(&own, "the workspaces cannot be listed").await?;
    Ok(listed(&String::from_utf8_lossy(&answer.out)))
}

/// `* default` and `  dev`, a line each.
fn listed(said: &str) -> Vec<String> {
    let names = said.lines().map(|line| line.trim_start_matches(['*', ' ']).trim());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_are_listed_without_their_mark() {
        assert_eq!(listed("  default\n* dev\n  prod\n\n"), ["default", "dev", "prod"]);
    }
}
