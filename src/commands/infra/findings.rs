//! The findings of a check of code, unit by unit: of `validate` and of `lint`.

use super::failed::FailedUnit;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, prose, words};
use crate::infra::lint::Issue;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of what checks found.
pub const SCHEMA: &str = "cockpit.infra-findings/1";

/// The findings of a check.
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

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The unit.
    pub unit: String,
    /// `error`, `warning` or `notice`.
    pub severity: String,
    /// The file, as seen from the unit's folder where it is in it.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u64>,
    /// The finding, in a sentence.
    pub message: String,
    /// The rule of the linter; `null` for Terraform's own check.
    pub rule: Option<String>,
}

impl Finding {
    /// A finding in a unit.
    pub(super) fn new(unit: &str, issue: Issue) -> Self {
        let Issue { rule, severity, message, file, line } = issue;
        Self { unit: unit.to_owned(), severity, file, line, message, rule }
    }
}

impl Findings {
    /// Whether something is wrong.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == "error")
    }
}

impl Printable for Findings {
    fn tables(&self) -> Vec<Table> {
        let columns = [words("UNIT"), words("SEVERITY"), words("PLACE"), prose("WHAT"), words("RULE").rank(1)];
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
