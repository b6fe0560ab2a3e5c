//! Finds units with Terragrunt. It does not report what it leaves out, so its result is compared with that of a search without
//! dependencies, and with its own validation of the code.

use super::code_search::Texts;
use super::environment::ChildEnvironment;
use super::short_calls::{ToolCall, ToolOutput};
use super::stacks;
use super::tools::Tools;
use crate::config::InfraConfig;
use crate::model::infra::path::plain;
use crate::model::infra::{Around, Graph, InfraError, InfraErrorKind, Tool, Unit};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files in the folder of the units by which Terragrunt leaves some of them out.
const FILTER_FILES: [&str; 2] = [".terragrunt-filters", ".terragrunt-excludes"];

/// An entry in the output of `terragrunt find --json`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Found {
    #[serde(rename = "type", default)]
    kind: String,
    path: String,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    reading: Vec<String>,
    #[serde(default)]
    exclude: Option<Exclude>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Exclude {
    #[serde(rename = "if", default)]
    when: bool,
    #[serde(default)]
    actions: Option<Vec<String>>,
}

impl Found {
    /// Returns the actions that the unit is excluded from, if they include one of ours.
    fn excluded(&self) -> Option<&[String]> {
        let exclude = self.exclude.as_ref().filter(|exclude| exclude.when)?;
        let actions = exclude.actions.as_deref().unwrap_or_default();
        let ours = ["all", "all_except_output", "plan", "apply", "destroy"];
        actions.iter().any(|action| ours.contains(&action.as_str())).then_some(actions)
    }
}

/// The output of Terragrunt about a folder.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// `find --dag --dependencies --external --exclude --reading`.
    pub dag: Vec<Found>,
    /// Plain `find`: complete, without dependencies.
    pub plain: Vec<Found>,
    /// `hcl validate`.
    pub check: ToolOutput,
}

/// The units of a folder, warnings for a person, and the text of their code.
#[derive(Debug)]
pub(super) struct Units {
    pub graph: Graph,
    pub warnings: Vec<String>,
    pub texts: Texts,
}

/// Finds the units of a folder.
pub(super) async fn units(
    infra: &InfraConfig,
    tools: &Tools,
    surroundings: &ChildEnvironment,
) -> Result<Units, InfraError> {
    let configured = PathBuf::from(infra.dir.as_deref().unwrap_or_default());
    let dir = configured.canonicalize().ok().filter(|dir| dir.is_dir()).ok_or_else(|| {
        InfraError::new(
            InfraErrorKind::Usage,
            format!("the folder of the units, {}, is not there", configured.display()),
        )
        .hint("correct `infra.dir` in the configuration")
    })?;
    let own = surroundings.of_terragrunt(&tools.terraform);
    let ask = |words: &'static [&'static str]| ToolCall::new(tools.terragrunt(), &dir).arguments(words);
    let dag = ask(&["find", "--json", "--dag", "--dependencies", "--external", "--exclude", "--reading", "--no-color"]);
    let plain = ask(&["find", "--json", "--no-color"]);
    let check = ask(&["hcl", "validate", "--json", "--no-color"]);
    let message = "Terragrunt cannot find the units";
    let (dag, plain, check) =
        tokio::join!(dag.run_checked(&own, message), plain.run_checked(&own, message), check.run(&own));
    let output = Output { dag: found(&dag?.stdout)?, plain: found(&plain?.stdout)?, check: check? };
    let (units, mut warnings) = evaluate(&output, &dir, &|path| std::fs::read_to_string(path).ok())?;
    warnings.extend(stacks::outdated_warnings(&stacks_of(&output), &dir, |path| path.metadata()?.modified()));
    warnings.extend(filter_warnings(&dir));
    let graph = Graph::new(units).map_err(|errors| {
        InfraError::new(InfraErrorKind::Code, format!("the units of {} do not form a graph", dir.display()))
            .causes(errors.iter().map(ToString::to_string))
    })?;
    let texts = Texts::of(
        output.dag.iter().map(|found| (name(&found.path, &dir), found.path.as_str(), &found.reading[..])),
        &dir,
    );
    Ok(Units { graph, warnings, texts })
}

/// Returns warnings about files by which Terragrunt silently leaves units out.
pub(super) fn filter_warnings(dir: &Path) -> Vec<String> {
    let has_entries = |text: &str| text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#'));
    let has_filters = |name: &&&str| std::fs::read_to_string(dir.join(name)).is_ok_and(|text| has_entries(&text));
    let warning = |name: &&str| {
        format!(
            "{name} in {} leaves units out, as of `terragrunt run --all`: they are neither shown nor planned, and taken as applied",
            dir.display()
        )
    };
    FILTER_FILES.iter().filter(has_filters).map(warning).collect()
}

fn found(out: &[u8]) -> Result<Vec<Found>, InfraError> {
    serde_json::from_slice(out).map_err(|error| {
        InfraError::new(InfraErrorKind::Failed, "the output of Terragrunt about the units cannot be read")
            .cause(format!("`terragrunt find --json`: {error}"))
    })
}

/// Returns the units in the output of Terragrunt, or why there are none.
pub(super) fn evaluate(
    output: &Output,
    dir: &Path,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Result<(Vec<Unit>, Vec<String>), InfraError> {
    let (mut units, mut warnings, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    if output.check.code != Some(0) {
        warnings.extend(missing_mock_outputs(&output.check).ok_or_else(|| broken(&output.check, dir))?);
    }
    let is_unit = |found: &&Found| found.kind != "stack";
    let own: BTreeSet<&str> = output.plain.iter().filter(is_unit).map(|found| found.path.as_str()).collect();
    let dag: BTreeMap<&str, &Found> =
        output.dag.iter().filter(is_unit).map(|found| (found.path.as_str(), found)).collect();
    check_complete(output, &own, &dag, dir, read)?;
    // With --external, a missing unit is listed too.
    let is_there = |path: &str| {
        let folder = plain(&dir.join(path));
        ["terragrunt.hcl", "terragrunt.hcl.json"].iter().any(|name| read(&folder.join(name)).is_some())
    };
    let excluded = |path: &str| dag.get(path).and_then(|found| found.excluded());
    for path in &own {
        let found = dag[path];
        let name = name(path, dir);
        if let Some(actions) = found.excluded() {
            warnings.push(format!("{name} is left out: its `exclude` block names {}", actions.join(", ")));
            continue;
        }
        let mut depends_on = BTreeSet::new();
        for needs in &found.dependencies {
            if own.contains(needs.as_str()) {
                if excluded(needs).is_some() {
                    warnings.push(format!("{name} depends on {needs}, which is left out, and taken as applied"));
                } else {
                    depends_on.insert(self::name(needs, dir));
                }
            } else if is_there(needs) {
                warnings
                    .push(format!("{name} depends on {needs}, which is not of this environment, and taken as applied"));
            } else {
                missing.push(format!(
                    "{}: {name} depends on {needs}, where there is no unit",
                    place(found, needs, dir, read)
                ));
            }
        }
        if *path == "." && own.len() > 1 {
            warnings.push(format!(
                "terragrunt.hcl in {} counts as a unit; if it is what others include, call it root.hcl",
                dir.display()
            ));
        }
        units.push(Unit {
            name,
            tool: Tool::Terragrunt,
            dir: if *path == "." { dir.to_owned() } else { dir.join(path) },
            workspace: None,
            var_files: Vec::new(),
            depends_on: depends_on.into_iter().collect(),
            around: Around::default(),
        });
    }
    if !missing.is_empty() {
        return Err(InfraError::new(InfraErrorKind::Code, "a unit depends on one that is not there")
            .causes(missing)
            .hint("correct the path, or make the unit"));
    }
    if units.is_empty() {
        return Err(InfraError::new(InfraErrorKind::Code, format!("every unit in {} is left out", dir.display()))
            .causes(warnings));
    }
    Ok((units, warnings))
}

/// Checks that there are units, and that all were found: those of stacks that were not generated, and some in a cycle, are not.
fn check_complete(
    output: &Output,
    own: &BTreeSet<&str>,
    dag: &BTreeMap<&str, &Found>,
    dir: &Path,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Result<(), InfraError> {
    if let Some(trouble) = stacks::not_generated(&stacks_of(output), own, dir, read) {
        return Err(trouble);
    }
    if own.is_empty() {
        return Err(InfraError::new(InfraErrorKind::Usage, format!("there is no unit in {}", dir.display()))
            .hint("a unit is a folder with a terragrunt.hcl: is `infra.dir` of the configuration the right folder?"));
    }
    let lost: Vec<&str> = own.iter().copied().filter(|path| !dag.contains_key(path)).collect();
    if !lost.is_empty() {
        return Err(InfraError::new(InfraErrorKind::Code, "units depend on each other in a circle")
            .cause(format!("Terragrunt leaves out {}", lost.join(", ")))
            .hint("`terragrunt hcl validate` names the circle: take one of its dependencies out"));
    }
    Ok(())
}

/// Returns the paths of the stacks that were found.
fn stacks_of(output: &Output) -> Vec<&str> {
    output.plain.iter().filter(|found| found.kind == "stack").map(|found| found.path.as_str()).collect()
}

/// Returns the missing outputs if they are the only errors of `hcl validate`: outputs of a dependency that its mock outputs lack.
/// The validation reads no state, where they may exist; planning the unit reports them if they do not. `None` if there is another
/// error.
fn missing_mock_outputs(check: &ToolOutput) -> Option<Vec<String>> {
    let diagnostics: Vec<Value> = serde_json::from_slice(&check.stdout).ok()?;
    let errors: Vec<&Value> = diagnostics.iter().filter(|one| one["severity"] == "error").collect();
    let of_a_dependency = |value: &Value| {
        let name = value["traversal"].as_str().unwrap_or_default();
        name.starts_with("dependency.") && name.ends_with(".outputs")
    };
    let lacks = |one: &&Value| {
        let values = one["snippet"]["values"].as_array();
        one["summary"] == "Unsupported attribute" && values.is_some_and(|all| all.iter().any(of_a_dependency))
    };
    if errors.is_empty() || !errors.iter().all(lacks) {
        return None;
    }
    Some(errors.into_iter().map(|one| format!("{}: its mock_outputs have no such output", diagnostic(one))).collect())
}

/// Returns the name of a unit: its path, or the folder's name for the folder itself.
fn name(path: &str, dir: &Path) -> String {
    match path {
        "." => dir.file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned()),
        _ => path.to_owned(),
    }
}

/// Returns the file and line where a unit references another: the first line in its files that ends with the name of the
/// other's folder.
fn place(found: &Found, needs: &str, dir: &Path, read: &dyn Fn(&Path) -> Option<String>) -> String {
    let own = format!("{}/terragrunt.hcl", found.path);
    let last = needs.rsplit('/').next().unwrap_or(needs);
    let names = |line: &str| {
        let line = line.trim_start();
        let end = |quote: &str| line.contains(&format!("/{last}{quote}")) || line.contains(&format!("\"{last}{quote}"));
        !line.starts_with(['#', '/']) && (end("\"") || end("/\""))
    };
    for file in std::iter::once(&own)
        .chain(&found.reading)
        .filter(|file| Path::new(file).extension().is_some_and(|ending| ending == "hcl"))
    {
        let path = plain(&dir.join(file));
        if let Some(line) = read(&path).and_then(|text| text.lines().position(names)) {
            return format!("{}:{}", path.display(), line + 1);
        }
    }
    plain(&dir.join(own)).display().to_string()
}

/// Returns the trouble of code that `hcl validate` rejects.
fn broken(check: &ToolOutput, dir: &Path) -> InfraError {
    let trouble = InfraError::new(InfraErrorKind::Code, format!("the code in {} is broken", dir.display()));
    let diagnostics: Vec<Value> = serde_json::from_slice(&check.stdout).unwrap_or_default();
    let errors: Vec<String> = diagnostics.iter().filter(|one| one["severity"] == "error").map(diagnostic).collect();
    if !errors.is_empty() {
        return trouble.causes(errors).hint("correct it; `cockpit infra validate` checks it again");
    }
    let circles: BTreeSet<String> = check
        .stderr_tail
        .lines()
        .filter_map(|line| line.split_once("dependency cycle between modules: "))
        .map(|(_, circle)| circle_of(circle, dir))
        .collect();
    if !circles.is_empty() {
        return InfraError::new(InfraErrorKind::Code, "units depend on each other in a circle")
            .causes(circles)
            .hint("take one of these dependencies out");
    }
    trouble.causes(check.error_lines())
}

/// Formats a diagnostic as `file:line: summary: detail`.
pub(super) fn diagnostic(one: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let file = text(&one["range"]["filename"]);
    let line = one["range"]["start"]["line"].as_u64();
    let (summary, detail) = (text(&one["summary"]), text(&one["detail"]));
    let place = match (file.as_str(), line) {
        ("", _) => String::new(),
        (file, Some(line)) => format!("{file}:{line}: "),
        (file, None) => format!("{file}: "),
    };
    if detail.is_empty() { format!("{place}{summary}") } else { format!("{place}{summary}: {detail}") }
}

/// Formats a cycle as units, starting with the first by name; units that only lead to it are left out.
fn circle_of(output: &str, dir: &Path) -> String {
    let unit = |file: &str| {
        let folder = Path::new(file.trim()).parent().unwrap_or(Path::new("")).to_owned();
        folder.strip_prefix(dir).unwrap_or(&folder).display().to_string()
    };
    let path: Vec<String> = output.split(" -> ").map(unit).collect();
    let last = path.last().cloned().unwrap_or_default();
    let begin = path.iter().position(|name| *name == last).unwrap_or(0);
    let mut circle: Vec<String> = path[begin..path.len().saturating_sub(1)].to_vec();
    let first = (0..circle.len()).min_by_key(|at| circle[*at].clone()).unwrap_or(0);
    circle.rotate_left(first);
    let back = circle.first().cloned().unwrap_or(last);
    circle.push(back);
    circle.join(" → ")
}

/// Returns Terraform's working folder for a unit, which is in the cache and exists once the unit was initialised.
///
/// # Errors
/// If Terragrunt does not report it.
pub async fn working_dir(unit: &Unit, tools: &Tools, surroundings: &ChildEnvironment) -> Result<PathBuf, InfraError> {
    let question = ToolCall::new(tools.terragrunt(), &unit.dir).arguments(["info", "print", "--no-color"]);
    let message = format!("Terragrunt does not report its working folder for {}", unit.name);
    let answer = question.run_checked(&surroundings.of_terragrunt(&tools.terraform), &message).await?;
    let output: Value = serde_json::from_slice(&answer.stdout).unwrap_or_default();
    output["working_dir"].as_str().map(PathBuf::from).ok_or_else(|| InfraError::new(InfraErrorKind::Failed, message))
}

#[cfg(test)]
#[path = "terragrunt_tests.rs"]
mod terragrunt_tests;
