//! Formats the code of units.

use super::access::Access;
use super::ask::Question;
use super::find::Discovered;
use crate::model::infra::{Tool, Trouble};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Formats the code; with `check` it only looks. Returns the files that are, or were, not formatted.
///
/// # Errors
/// Code that is broken, a file that cannot be written.
pub async fn all(found: &Discovered, check: bool) -> Result<Vec<PathBuf>, Trouble> {
    let mut files = BTreeSet::new();
    let mut folders = BTreeSet::new();
    for unit in found.graph.units() {
        if !folders.insert(&unit.dir) {
            continue;
        }
        let question = Access::new(found, unit).question(&unit.dir).arguments(["fmt", "-no-color", "-list=true"]);
        let question = if check { question.arguments(["-check", "-write=false"]) } else { question };
        files.extend(listed(&question, found, &unit.dir, false).await?);
        if unit.tool == Tool::Terragrunt {
            let question = Question::new(found.tools.terragrunt(), &unit.dir).arguments(["hcl", "fmt", "--no-color"]);
            let question = if check { question.arguments(["--check"]) } else { question };
            files.extend(listed(&question, found, &unit.dir, true).await?);
        }
    }
    Ok(files.into_iter().collect())
}

async fn listed(
    question: &Question,
    found: &Discovered,
    dir: &Path,
    of_terragrunt: bool,
) -> Result<Vec<PathBuf>, Trouble> {
    let before = if of_terragrunt { texts(dir) } else { Vec::new() };
    let surroundings = if of_terragrunt {
        found.surroundings.of_terragrunt(&found.tools.terraform)
    } else {
        found.surroundings.clone()
    };
    let answer = question.ask(&surroundings).await?;
    let what = format!("the code in {} cannot be formatted", dir.display());
    if of_terragrunt {
        // It says which in its log alone, in words that may change; what it wrote can be seen.
        let after = texts(dir);
        let changed: Vec<PathBuf> =
            before.iter().filter(|one| !after.contains(one)).map(|(path, _)| path.clone()).collect();
        return match answer.code {
            Some(0) => Ok(changed),
            // With --check one that is not in its form ends in 1, as broken code does; that was looked for before.
            Some(1) => Ok(vec![dir.join("terragrunt.hcl")]),
            _ => Err(question.failed(&what, &answer)),
        };
    }
    // 3 says that there are some.
    match answer.code {
        Some(0 | 3) => {
            let said = String::from_utf8_lossy(&answer.out).into_owned();
            Ok(said.lines().map(str::trim).filter(|line| !line.is_empty()).map(|file| dir.join(file)).collect())
        }
        _ => Err(question.failed(&what, &answer)),
    }
}

/// The files of Terragrunt in a folder.
fn texts(dir: &Path) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let code = entries.filter(|path| path.extension().is_some_and(|ending| ending == "hcl"));
    code.filter_map(|path| std::fs::read_to_string(&path).ok().map(|text| (path, text))).collect()
}
