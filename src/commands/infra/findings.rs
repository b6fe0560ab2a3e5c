//! The findings of `validate` and `lint` in the code of units.

use super::failed_units::FailedUnit;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, prose};
use crate::infra::lint::Issue;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of the findings.
pub const SCHEMA: &str = "cockpit.infra-findings/1";

/// The findings in the code of units.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Findings {
    /// `cockpit.infra-findings/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// Units that were checked.
    pub units: Vec<String>,
    /// The findings, unit by unit.
    #[expect(clippy::struct_field_names, reason = "the word of the JSON")]
    pub findings: Vec<Finding>,
    /// Units that could not be checked.
    pub failed: Vec<FailedUnit>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The unit.
    pub unit: String,
    /// `error`, `warning` or `notice`.
    pub severity: String,
    /// The file, relative to the unit's folder if it is in there.
    pub file: Option<String>,
    /// Line number, from 1.
    pub line: Option<u64>,
    /// The finding, in a sentence.
    pub message: String,
    /// The rule of the linter; `null` for Terraform's own check.
    pub rule: Option<String>,
}

impl Finding {
    /// Converts an issue found in a unit.
    pub(super) fn new(unit: &str, issue: Issue) -> Self {
        let Issue { rule, severity, message, file, line } = issue;
        Self { unit: unit.to_owned(), severity, file, line, message, rule }
    }
}

impl Findings {
    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == "error")
    }
}

impl Printable for Findings {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            left_aligned("UNIT"),
            left_aligned("SEVERITY"),
            left_aligned("PLACE"),
            prose("WHAT"),
            left_aligned("RULE").rank(1),
        ];
        let mut table = Table::new(&columns, format!("nothing is wrong in {}", self.units.join(", ")));
        for finding in &self.findings {
            let place = finding.file.as_ref().map(|file| match finding.line {
                Some(line) => format!("{file}:{line}"),
                None => file.clone(),
            });
            table.row([
                Some(finding.unit.clone()),
                Some(finding.severity.clone()),
                place,
                Some(finding.message.clone()),
                finding.rule.clone(),
            ]);
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        Some(Rows::new("findings", &["unit", "severity", "file", "line", "rule", "message"]))
    }

    fn notes(&self) -> Vec<String> {
        self.failed.iter().map(FailedUnit::sentence).collect()
    }
}
