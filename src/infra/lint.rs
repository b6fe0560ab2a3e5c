//! tflint, if it is installed.

use super::environment::ChildEnvironment;
use super::short_calls::ToolCall;
use super::tools;
use super::unit_queries::Access;
use crate::model::infra::{InfraError, InfraErrorKind};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A fault in code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The name of the linter's rule; `None` for Terraform's own validation.
    pub rule: Option<String>,
    /// `error`, `warning` or `notice`.
    pub severity: String,
    /// The fault, as a sentence.
    pub message: String,
    pub file: Option<String>,
    /// The line in the file, from 1.
    pub line: Option<u64>,
}

impl Issue {
    /// Formats it as one line: `error main.tf:3: what it is [rule]`.
    pub fn sentence(&self) -> String {
        let line = self.line.map(|line| format!(":{line}")).unwrap_or_default();
        let place = self.file.as_ref().map(|file| format!(" {file}{line}")).unwrap_or_default();
        let rule = self.rule.as_ref().map(|rule| format!(" [{rule}]")).unwrap_or_default();
        format!("{}{place}: {}{rule}", self.severity, self.message)
    }
}

/// Returns the path of tflint.
///
/// # Errors
/// If it is not installed.
pub fn find_tflint(surroundings: &ChildEnvironment) -> Result<PathBuf, InfraError> {
    tools::on_path("tflint", surroundings).ok_or_else(|| {
        InfraError::new(InfraErrorKind::Tool, "there is no `tflint` on PATH")
            .hint("install it: `mise install` in the project, or https://github.com/terraform-linters/tflint; `cockpit infra validate` needs none")
    })
}

/// Runs it on the code of a unit; with Terragrunt on the module as Terraform sees it.
///
/// # Errors
/// If it fails, or its output cannot be parsed.
pub async fn lint_unit(access: &Access<'_>, program: &Path) -> Result<Vec<Issue>, InfraError> {
    let message = format!("{} cannot be looked at", access.unit.name);
    let mut dir = access.dir().await?;
    if !dir.is_dir() {
        access.init().await?;
        dir = access.dir().await?;
    }
    let mut question = ToolCall::new(program, &dir).arguments(["--format=json", "--no-color"]);
    for file in &access.unit.var_files {
        question = question.arguments([format!("--var-file={}", file.display())]);
    }
    // Exit code 2 means that it found issues.
    let answer = question.run(&access.child_environment()).await?;
    if !matches!(answer.code, Some(0 | 2)) {
        return Err(question.failure(&message, &answer));
    }
    issues(&answer.stdout)
        .map_err(|error| InfraError::new(InfraErrorKind::Failed, message).cause(format!("its answer: {error}")))
}

fn issues(json: &[u8]) -> Result<Vec<Issue>, serde_json::Error> {
    #[derive(Deserialize)]
    struct All {
        issues: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        rule: Rule,
        message: String,
        range: Option<Range>,
    }
    #[derive(Deserialize)]
    struct Rule {
        name: String,
        severity: String,
    }
    #[derive(Deserialize)]
    struct Range {
        filename: String,
        start: Start,
    }
    #[derive(Deserialize)]
    struct Start {
        line: u64,
    }
    let report: All = serde_json::from_slice(json)?;
    let one = |one: One| Issue {
        rule: Some(one.rule.name),
        severity: if one.rule.severity == "info" { "notice".to_owned() } else { one.rule.severity },
        message: one.message,
        line: one.range.as_ref().map(|range| range.start.line).filter(|line| *line > 0),
        file: one.range.map(|range| range.filename).filter(|file| !file.is_empty()),
    };
    Ok(report.issues.into_iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_have_their_rule_and_place() {
        let json = br#"{"issues":[{"rule":{"name":"terraform_unused_declarations","severity":"warning","link":"x"},
            "message":"variable \"a\" is declared but not used","range":{"filename":"main.tf","start":{"line":1,"column":1},
            "end":{"line":1,"column":13}},"callers":[]}],"errors":[]}"#;
        let found = issues(json).unwrap();
        assert_eq!(
            found,
            [Issue {
                rule: Some("terraform_unused_declarations".into()),
                severity: "warning".into(),
                message: "variable \"a\" is declared but not used".into(),
                file: Some("main.tf".into()),
                line: Some(1),
            }]
        );
        assert!(issues(b"panic").is_err());
    }
}
