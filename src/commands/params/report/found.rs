//! The reports of the check and of the comparison.

use crate::commands::params::facts::Facts;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::parameters::Kind;
use crate::model::parameters::check::Finding;
use crate::model::parameters::compare::Difference;
use crate::model::suggested_commands::with_scope;
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of the check.
pub const CHECK: &str = "cockpit.parameter-check/1";
/// Schema of the comparison.
pub const DIFF: &str = "cockpit.parameter-diff/1";

/// A finding of the check.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FindingDto {
    /// `critical`, `warning`, `note`.
    pub severity: String,
    /// `missing`, `unreadable`, `wrong type`, `rotation`, `unused`.
    pub problem: String,
    pub name: String,
    pub text: String,
    /// The services that use it, with their variables.
    pub used_by: Vec<String>,
    pub hint: String,
}

/// The findings of the check.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Findings {
    pub schema: String,
    pub environment: String,
    pub taken_at: String,
    pub complete: bool,
    pub missing: Vec<String>,
    /// Facts that cannot be checked before a task starts, such as whether a role may use a KMS key; they do not affect
    /// the exit code.
    pub unknown: Vec<String>,
    /// Number of parameters that were checked.
    pub parameters: usize,
    /// The findings, the worst first.
    #[allow(clippy::struct_field_names, reason = "the field's name in the output")]
    pub findings: Vec<FindingDto>,
}

/// Builds the report of the check.
pub(in crate::commands::params) fn findings(
    facts: &Facts,
    found: &[Finding],
    parameters: usize,
    missing: Vec<String>,
    unknown: Vec<String>,
) -> Findings {
    let finding = |one: &Finding| FindingDto {
        severity: one.severity.word().to_owned(),
        problem: one.problem.name().to_owned(),
        name: one.name.clone(),
        text: one.text.clone(),
        used_by: one.used_by.clone(),
        hint: with_scope(&one.hint, facts.environment.command_scope()),
    };
    Findings {
        schema: CHECK.to_owned(),
        environment: facts.environment.name.clone(),
        taken_at: facts.now.to_string(),
        complete: missing.is_empty(),
        missing,
        unknown,
        parameters,
        findings: found.iter().map(finding).collect(),
    }
}

impl Printable for Findings {
    fn tables(&self) -> Vec<Table> {
        let columns = [
            left_aligned("SEVERITY"),
            left_aligned("PROBLEM"),
            left_aligned("PARAMETER"),
            prose("WHAT"),
            prose("USED BY").rank(1),
        ];
        let mut table = Table::new(&columns, format!("{} parameters: nothing is wrong", self.parameters));
        for one in &self.findings {
            let used = Some(one.used_by.join(", ")).filter(|text| !text.is_empty());
            let what = format!("{}: {}", one.text, one.hint);
            table.row([
                Some(one.severity.clone()),
                Some(one.problem.clone()),
                Some(one.name.clone()),
                Some(what),
                used,
            ]);
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        Some(Rows::new("findings", &["severity", "problem", "name", "text", "used_by", "hint"]))
    }

    fn notes(&self) -> Vec<String> {
        [&self.missing[..], &self.unknown].concat()
    }
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DifferenceDto {
    /// The name that both environments would share.
    pub name: String,
    /// The full name on the left; `null` if it does not exist there.
    pub left: Option<String>,
    pub right: Option<String>,
    pub left_type: Option<String>,
    pub right_type: Option<String>,
}

/// The differences of two environments.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Differences {
    pub schema: String,
    pub left: String,
    pub right: String,
    pub complete: bool,
    pub missing: Vec<String>,
    #[allow(clippy::struct_field_names, reason = "the field's name in the output")]
    pub differences: Vec<DifferenceDto>,
}

/// Builds the report of the comparison.
pub(in crate::commands::params) fn differences(left: &Facts, right: &Facts, found: &[Difference]) -> Differences {
    let name = |side: &Option<(String, Kind)>| side.as_ref().map(|(name, _)| name.clone());
    let kind = |side: &Option<(String, Kind)>| side.as_ref().map(|(_, kind)| kind.name().to_owned());
    let difference = |one: &Difference| DifferenceDto {
        name: one.name.clone(),
        left: name(&one.left),
        right: name(&one.right),
        left_type: kind(&one.left),
        right_type: kind(&one.right),
    };
    let missing: Vec<String> = [left, right]
        .into_iter()
        .flat_map(|side| side.missing.iter().map(|why| format!("{}: {why}", side.environment.name)))
        .collect();
    Differences {
        schema: DIFF.to_owned(),
        left: left.environment.name.clone(),
        right: right.environment.name.clone(),
        complete: missing.is_empty(),
        missing,
        differences: found.iter().map(difference).collect(),
    }
}

impl Printable for Differences {
    fn tables(&self) -> Vec<Table> {
        let columns = [left_aligned("PARAMETER"), left_aligned("LEFT"), left_aligned("RIGHT")];
        let mut table = Table::new(&columns, format!("{} and {} have the same names", self.left, self.right));
        table.dynamic_titles = vec!["PARAMETER".to_owned(), self.left.to_uppercase(), self.right.to_uppercase()];
        for one in &self.differences {
            let side = |kind: &Option<String>| Some(kind.clone().unwrap_or_else(|| "missing".to_owned()));
            table.row([Some(one.name.clone()), side(&one.left_type), side(&one.right_type)]);
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        Some(Rows::new("differences", &["name", "left", "right", "left_type", "right_type"]))
    }

    fn notes(&self) -> Vec<String> {
        self.missing.clone()
    }
}
