//! Units that failed: the output of the others is still printed, and lists what is missing.

use crate::cli::{ExitCode, Report};
use crate::model::infra::InfraError;
use schemars::JsonSchema;
use serde::Serialize;

/// A unit that could not be queried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedUnit {
    /// Its name.
    pub unit: String,
    /// The failure.
    pub message: String,
    /// The causes, one line each.
    pub causes: Vec<String>,
    /// A hint on what to do, if there is one.
    pub hint: Option<String>,
}

impl FailedUnit {
    /// Combines a unit with its error.
    pub fn new(unit: &str, trouble: InfraError) -> Self {
        Self { unit: unit.to_owned(), message: trouble.message, causes: trouble.causes, hint: trouble.hint }
    }

    /// Formats the failure as a sentence.
    pub fn sentence(&self) -> String {
        let why: Vec<&str> = self.causes.iter().map(String::as_str).take(4).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
        format!("{}: {}{why}", self.unit, self.message)
    }
}

/// Prints the failures on stderr.
pub(super) fn print_failures(failed: &[FailedUnit]) {
    for unit in failed {
        crate::commands::progress::print_note(&unit.sentence());
    }
}

/// Returns the exit code, or an error if every unit failed.
pub(super) fn exit_code_for(what: &str, failed: &[FailedUnit], queried: usize) -> Result<ExitCode, Report> {
    if failed.is_empty() {
        return Ok(ExitCode::Done);
    }
    if failed.len() < queried {
        return Ok(ExitCode::Incomplete);
    }
    let mut report = Report::new("failed", what, ExitCode::Failed);
    report.hint = failed.iter().find_map(|unit| unit.hint.clone());
    for unit in failed {
        report = report.cause(unit.sentence());
    }
    Err(report)
}
