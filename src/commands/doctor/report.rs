//! `cockpit doctor`: the results of its checks as a report. The checks themselves are run by the
//! caller.

use crate::cli::ExitCode;
use crate::headless::emit::Printable;
use crate::headless::lists::word;
use crate::headless::table::{Table, prose, words};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit doctor`.
pub const SCHEMA: &str = "cockpit.doctor/1";

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Works, but not all of it.
    Warn,
    /// Does not work.
    Fail,
    /// Not known: to try it would be to do it.
    Untried,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// What was checked: `credentials`, `account`, `clock`, `ecs:DescribeServices` …
    pub name: String,
    /// How it came out.
    pub status: Outcome,
    /// What was found, in a sentence.
    pub detail: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status: Outcome::Ok, detail: detail.into(), hint: None }
    }

    /// Works, but not all of it.
    pub fn warn(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name: name.into(), status: Outcome::Warn, detail: detail.into(), hint: Some(hint.into()) }
    }

    /// Not known: to try it would be to do it.
    pub fn untried(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Outcome::Untried, ..Self::warn(name, detail, hint) }
    }

    /// Does not work.
    pub fn fail(name: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name: name.into(), status: Outcome::Fail, detail: detail.into(), hint: Some(hint.into()) }
    }
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Doctor {
    /// `cockpit.doctor/1`.
    pub schema: String,
    /// The environment; `null` if none could be opened.
    pub environment: Option<String>,
    /// Whether nothing fails.
    pub healthy: bool,
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
}

/// The report of these checks.
pub fn doctor(environment: Option<&str>, checks: Vec<Check>) -> Doctor {
    Doctor {
        schema: SCHEMA.to_owned(),
        environment: environment.map(str::to_owned),
        healthy: checks.iter().all(|check| check.status != Outcome::Fail),
        checks,
    }
}

impl Doctor {
    /// 0 if nothing fails, else 1.
    pub fn exit_code(&self) -> ExitCode {
        if self.healthy { ExitCode::Done } else { ExitCode::Failed }
    }
}

impl Printable for Doctor {
    fn tables(&self) -> Vec<Table> {
        let mut table =
            Table::new(&[words("CHECK"), words("STATUS"), prose("DETAIL"), prose("HINT")], "nothing was checked");
        for check in &self.checks {
            table.row([
                Some(check.name.clone()),
                Some(word(&check.status)),
                Some(check.detail.clone()),
                check.hint.clone(),
            ]);
        }
        vec![table]
    }

    fn notes(&self) -> Vec<String> {
        let count = |status| self.checks.iter().filter(|check| check.status == status).count();
        let warned = count(Outcome::Warn);
        let warnings = if warned == 1 { "warning" } else { "warnings" };
        let untried = match count(Outcome::Untried) {
            0 => String::new(),
            several => format!(", {several} untried"),
        };
        vec![format!("{} ok, {warned} {warnings}, {} failed{untried}", count(Outcome::Ok), count(Outcome::Fail))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Output;
    use crate::headless::emit::render;

    #[test]
    fn one_failure_makes_it_fail() {
        let checks = vec![
            Check::ok("account", "123456789012"),
            Check::warn("clock", "7 s behind AWS", "set the clock"),
            Check::fail("ecs:DescribeServices", "not allowed", "allow it"),
        ];
        let report = doctor(Some("staging"), checks);
        assert_eq!(report.exit_code(), ExitCode::Failed);
        let text = render(&report, Output::Table, Some(100)).unwrap();
        assert!(text.ends_with("1 ok, 1 warning, 1 failed\n"), "{text}");
        assert!(text.contains("ecs:DescribeServices  fail    not allowed     allow it"), "{text}");
        assert_eq!(doctor(None, vec![]).exit_code(), ExitCode::Done);
        let untried = doctor(None, vec![Check::untried("ssm:StartSession", "not tried", "try it")]);
        assert_eq!(untried.exit_code(), ExitCode::Done);
        let text = render(&untried, Output::Table, Some(100)).unwrap();
        assert!(text.contains("untried") && text.ends_with("0 ok, 0 warnings, 0 failed, 1 untried\n"), "{text}");
    }
}
