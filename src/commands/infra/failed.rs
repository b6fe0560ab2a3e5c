//! Units that could not be asked: what was read of the others is printed, and says what is missing.

use crate::cli::{ExitCode, Report};
use crate::model::infra::Trouble;
use schemars::JsonSchema;
use serde::Serialize;

/// A unit that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedUnit {
    /// Its name.
    pub unit: String,
    /// The failure.
    pub message: String,
    /// Why, a line each.
    pub causes: Vec<String>,
    /// The hint, where there is one.
    pub hint: Option<String>,
}

impl FailedUnit {
    /// A unit and its trouble.
    pub fn new(unit: &str, trouble: Trouble) -> Self {
        Self { unit: unit.to_owned(), message: trouble.message, causes: trouble.causes, hint: trouble.hint }
    }

    /// The failure in a sentence for people.
    pub fn sentence(&self) -> String {
        let why: Vec<&str> = self.causes.iter().map(String::as_str).take(4).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
        format!("{}: {}{why}", self.unit, self.message)
    }
}

/// Says which units could not be asked.
pub(super) fn tell(failed: &[FailedUnit]) {
    for unit in failed {
        crate::commands::say::say(&unit.sentence());
    }
}

/// The exit code, or an error where no unit could be asked at all.
pub(super) fn judged(what: &str, failed: &[FailedUnit], asked: usize) -> Result<ExitCode, Report> {
    if failed.is_empty() {
        return Ok(ExitCode::Done);
    }
    if failed.len() < asked {
        return Ok(ExitCode::Incomplete);
    }
    let mut report = Report::new("failed", what, ExitCode::Failed);
    report.hint = failed.iter().find_map(|unit| unit.hint.clone());
    for unit in failed {
        report = report.cause(unit.sentence());
    }
    Err(report)
}
