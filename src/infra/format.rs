//! Formats the code of units.

use super::find::Discovered;
use super::short_calls::ToolCall;
use super::unit_queries::Access;
use crate::model::infra::{InfraError, Tool};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Formats the code, or only checks it with `check`. Returns the files that are, or were, not formatted.
///
/// # Errors
/// If code is broken, or a file cannot be written.
pub async fn format_units(found: &Discovered, check: bool) -> Result<Vec<PathBuf>, InfraError> {
    let mut files = BTreeSet::new();
    let mut folders = BTreeSet::new();
    for unit in found.graph.units() {
        if !folders.insert(&unit.dir) {
            continue;
        }
        let question = Access::new(found, unit).terraform_call(&unit.dir).arguments(["fmt", "-no-color", "-list=true"]);
        let question = if check { question.arguments(["-check", "-write=false"]) } else { question };
        files.extend(listed(&question, found, &unit.dir, false).await?);
        if unit.tool == Tool::Terragrunt {
            let question = ToolCall::new(found.tools.terragrunt(), &unit.dir).arguments(["hcl", "fmt", "--no-color"]);
            let question = if check { question.arguments(["--check"]) } else { question };
            files.extend(listed(&question, found, &unit.dir, true).await?);
        }
    }
    Ok(files.into_iter().collect())
}

async fn listed(
    question: &ToolCall,
    found: &Discovered,
    dir: &Path,
    of_terragrunt: bool,
) -> Result<Vec<PathBuf>, InfraError> {
    let before = if of_terragrunt { texts(dir) } else { Vec::new() };
    let surroundings = if of_terragrunt {
        found.child_environment.of_terragrunt(&found.tools.terraform)
    } else {
        found.child_environment.clone()
    };
    let answer = question.run(&surroundings).await?;
    let message = format!("the code in {} cannot be formatted", dir.display());
    if of_terragrunt {
        // Terragrunt names them only in its log, whose wording may change; so the files are compared instead.
        let after = texts(dir);
        let changed: Vec<PathBuf> =
            before.iter().filter(|one| !after.contains(one)).map(|(path, _)| path.clone()).collect();
        return match answer.code {
            Some(0) => Ok(changed),
            // With --check an unformatted file gives exit code 1, as broken code does; broken code was detected before.
            Some(1) => Ok(vec![dir.join("terragrunt.hcl")]),
            _ => Err(question.failure(&message, &answer)),
        };
    }
    // Exit code 3 means that some files are not formatted.
    match answer.code {
        Some(0 | 3) => {
            let output = String::from_utf8_lossy(&answer.stdout).into_owned();
            Ok(output.lines().map(str::trim).filter(|line| !line.is_empty()).map(|file| dir.join(file)).collect())
        }
        _ => Err(question.failure(&message, &answer)),
    }
}

/// Returns Terragrunt's files in a folder.
fn texts(dir: &Path) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let code = entries.filter(|path| path.extension().is_some_and(|ending| ending == "hcl"));
    code.filter_map(|path| std::fs::read_to_string(&path).ok().map(|text| (path, text))).collect()
}
