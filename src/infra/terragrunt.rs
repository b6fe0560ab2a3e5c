//! Units that Terragrunt finds. It says nothing where it leaves something out, so that what it finds is held against what
//! it finds without looking at dependencies, and against its own check of the code.

use super::ask::{Answer, Question};
use super::stacks;
use super::surroundings::ChildEnvironment;
use super::texts::Texts;
use super::tools::Tools;
use crate::config::InfraConfig;
use crate::model::infra::path::plain;
use crate::model::infra::{Around, Graph, Tool, Trouble, TroubleKind, Unit};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Files in the folder of the units by which Terragrunt leaves some of them out.
const CHOOSING: [&str; 2] = [".terragrunt-filters", ".terragrunt-excludes"];

/// One of `terragrunt find --json`.
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
    /// The actions of ours that it is left out of.
    fn excluded(&self) -> Option<&[String]> {
        let exclude = self.exclude.as_ref().filter(|exclude| exclude.when)?;
        let actions = exclude.actions.as_deref().unwrap_or_default();
        let ours = ["all", "all_except_output", "plan", "apply", "destroy"];
        actions.iter().any(|action| ours.contains(&action.as_str())).then_some(actions)
    }
}

/// The output of Terragrunt about a folder.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// `find --dag --dependencies --external --exclude --reading`.
    pub dag: Vec<Found>,
    /// Plain `find`: complete, without edges.
    pub plain: Vec<Found>,
    /// `hcl validate`.
    pub check: Answer,
}

/// The units of a folder, what a person should know of them, and what their code says.
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
) -> Result<Units, Trouble> {
    let configured = PathBuf::from(infra.dir.as_deref().unwrap_or_default());
    let dir = configured.canonicalize().ok().filter(|dir| dir.is_dir()).ok_or_else(|| {
        Trouble::new(TroubleKind::Usage, format!("the folder of the units, {}, is not there", configured.display()))
            .hint("correct `infra.dir` in the configuration")
    })?;
    let own = surroundings.of_terragrunt(&tools.terraform);
    let ask = |words: &'static [&'static str]| Question::new(tools.terragrunt(), &dir).arguments(words);
    let dag = ask(&["find", "--json", "--dag", "--dependencies", "--external", "--exclude", "--reading", "--no-color"]);
    let plain = ask(&["find", "--json", "--no-color"]);
    let check = ask(&["hcl", "validate", "--json", "--no-color"]);
    let what = "Terragrunt cannot find the units";
    let (dag, plain, check) = tokio::join!(dag.ask_well(&own, what), plain.ask_well(&own, what), check.ask(&own));
    let said = Said { dag: found(&dag?.out)?, plain: found(&plain?.out)?, check: check? };
    let (units, mut warnings) = judged(&said, &dir, &|path| std::fs::read_to_string(path).ok())?;
    warnings.extend(stacks::older(&stacks_of(&said), &dir, |path| path.metadata()?.modified()));
    warnings.extend(choosing(&dir));
    let graph = Graph::new(units).map_err(|errors| {
        Trouble::new(TroubleKind::Code, format!("the units of {} are no graph", dir.display()))
            .causes(errors.iter().map(ToString::to_string))
    })?;
    let texts = Texts::of(
        said.dag.iter().map(|found| (name(&found.path, &dir), found.path.as_str(), &found.reading[..])),
        &dir,
    );
    Ok(Units { graph, warnings, texts })
}

/// Sentences on files by which Terragrunt finds some of the units alone, and says nothing of it.
pub(super) fn choosing(dir: &Path) -> Vec<String> {
    let says = |text: &str| text.lines().map(str::trim).any(|line| !line.is_empty() && !line.starts_with('#'));
    let chooses = |name: &&&str| std::fs::read_to_string(dir.join(name)).is_ok_and(|text| says(&text));
    let told = |name: &&str| {
        format!(
            "{name} in {} leaves units out, as of `terragrunt run --all`: they are neither shown nor planned, and taken as applied",
            dir.display()
        )
    };
    CHOOSING.iter().filter(chooses).map(told).collect()
}

fn found(out: &[u8]) -> Result<Vec<Found>, Trouble> {
    serde_json::from_slice(out).map_err(|error| {
        Trouble::new(TroubleKind::Failed, "what Terragrunt says of the units cannot be read")
            .cause(format!("`terragrunt find --json`: {error}"))
    })
}

/// The units of what was said, or why there are none.
pub(super) fn judged(
    said: &Said,
    dir: &Path,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Result<(Vec<Unit>, Vec<String>), Trouble> {
    let (mut units, mut warnings, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    if said.check.code != Some(0) {
        warnings.extend(lacking(&said.check).ok_or_else(|| broken(&said.check, dir))?);
    }
    let is_unit = |found: &&Found| found.kind != "stack";
    let own: BTreeSet<&str> = said.plain.iter().filter(is_unit).map(|found| found.path.as_str()).collect();
    let dag: BTreeMap<&str, &Found> =
        said.dag.iter().filter(is_unit).map(|found| (found.path.as_str(), found)).collect();
    whole(said, &own, &dag, dir, read)?;
    // With --external it lists one that is not there, too.
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
        return Err(Trouble::new(TroubleKind::Code, "a unit depends on one that is not there")
            .causes(missing)
            .hint("correct the path, or make the unit"));
    }
    if units.is_empty() {
        return Err(
            Trouble::new(TroubleKind::Code, format!("every unit in {} is left out", dir.display())).causes(warnings)
        );
    }
    Ok((units, warnings))
}

/// Whether there are units, and all of them were found: of stacks that are not generated, and of a circle, some are not.
fn whole(
    said: &Said,
    own: &BTreeSet<&str>,
    dag: &BTreeMap<&str, &Found>,
    dir: &Path,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Result<(), Trouble> {
    if let Some(trouble) = stacks::not_generated(&stacks_of(said), own, dir, read) {
        return Err(trouble);
    }
    if own.is_empty() {
        return Err(Trouble::new(TroubleKind::Usage, format!("there is no unit in {}", dir.display()))
            .hint("a unit is a folder with a terragrunt.hcl: is `infra.dir` of the configuration the right folder?"));
    }
    let lost: Vec<&str> = own.iter().copied().filter(|path| !dag.contains_key(path)).collect();
    if !lost.is_empty() {
        return Err(Trouble::new(TroubleKind::Code, "units depend on each other in a circle")
            .cause(format!("Terragrunt leaves out {}", lost.join(", ")))
            .hint("`terragrunt hcl validate` names the circle: take one of its dependencies out"));
    }
    Ok(())
}

/// The stacks that were found, by their paths.
fn stacks_of(said: &Said) -> Vec<&str> {
    said.plain.iter().filter(|found| found.kind == "stack").map(|found| found.path.as_str()).collect()
}

/// The missing outputs where `hcl validate` refuses for one reason alone: outputs of a dependency that are not among
/// the mocked ones. It reads no state, where they may be; planning the unit says so where they are not. None where
/// there is another error.
fn lacking(check: &Answer) -> Option<Vec<String>> {
    let diagnostics: Vec<Value> = serde_json::from_slice(&check.out).ok()?;
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

/// A unit is called by its path; the folder itself by its name.
fn name(path: &str, dir: &Path) -> String {
    match path {
        "." => dir.file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned()),
        _ => path.to_owned(),
    }
}

/// File and line where a unit names another: the first line of what it reads that ends in the same folder's name.
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

/// Trouble of code that `hcl validate` refuses.
fn broken(check: &Answer, dir: &Path) -> Trouble {
    let trouble = Trouble::new(TroubleKind::Code, format!("the code in {} is broken", dir.display()));
    let diagnostics: Vec<Value> = serde_json::from_slice(&check.out).unwrap_or_default();
    let errors: Vec<String> = diagnostics.iter().filter(|one| one["severity"] == "error").map(diagnostic).collect();
    if !errors.is_empty() {
        return trouble.causes(errors).hint("correct it; `cockpit infra validate` checks it again");
    }
    let circles: BTreeSet<String> = check
        .err
        .lines()
        .filter_map(|line| line.split_once("dependency cycle between modules: "))
        .map(|(_, circle)| circle_of(circle, dir))
        .collect();
    if !circles.is_empty() {
        return Trouble::new(TroubleKind::Code, "units depend on each other in a circle")
            .causes(circles)
            .hint("take one of these dependencies out");
    }
    trouble.causes(check.complaints())
}

/// `file:line: summary: detail`.
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

/// The circle as units, beginning with the first by name; what only leads to it is left out.
fn circle_of(said: &str, dir: &Path) -> String {
    let unit = |file: &str| {
        let folder = Path::new(file.trim()).parent().unwrap_or(Path::new("")).to_owned();
        folder.strip_prefix(dir).unwrap_or(&folder).display().to_string()
    };
    let all: Vec<String> = said.split(" -> ").map(unit).collect();
    let last = all.last().cloned().unwrap_or_default();
    let begin = all.iter().position(|name| *name == last).unwrap_or(0);
    let mut circle: Vec<String> = all[begin..all.len().saturating_sub(1)].to_vec();
    let first = (0..circle.len()).min_by_key(|at| circle[*at].clone()).unwrap_or(0);
    circle.rotate_left(first);
    let back = circle.first().cloned().unwrap_or(last);
    circle.push(back);
    circle.join(" → ")
}

/// Where Terraform works for a unit: a folder in its cache, which is there once it was initialised.
///
/// # Errors
/// Terragrunt does not say it.
pub async fn working_dir(unit: &Unit, tools: &Tools, surroundings: &ChildEnvironment) -> Result<PathBuf, Trouble> {
    let question = Question::new(tools.terragrunt(), &unit.dir).arguments(["info", "print", "--no-color"]);
    let what = format!("Terragrunt does not say where it works for {}", unit.name);
    let answer = question.ask_well(&surroundings.of_terragrunt(&tools.terraform), &what).await?;
    let said: Value = serde_json::from_slice(&answer.out).unwrap_or_default();
    said["working_dir"].as_str().map(PathBuf::from).ok_or_else(|| Trouble::new(TroubleKind::Failed, what))
}

#[cfg(test)]
#[path = "terragrunt_tests.rs"]
mod terragrunt_tests;
