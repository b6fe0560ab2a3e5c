//! The report of `cockpit infra output`: outputs of units.

use crate::commands::infra::failed_units::FailedUnit;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::infra::state::{MASK, Output};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Schema of `cockpit infra output`.
pub const SCHEMA: &str = "cockpit.infra-output/1";

/// Outputs of units.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Outputs {
    /// `cockpit.infra-output/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// Each output, by unit and name.
    #[expect(clippy::struct_field_names, reason = "the word of the JSON")]
    pub outputs: Vec<OutputDto>,
    /// Units that could not be queried.
    pub failed: Vec<FailedUnit>,
}

/// An output.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct OutputDto {
    /// The unit of the output.
    pub unit: String,
    /// Its name.
    pub name: String,
    /// Whether it is sensitive: its value is shown only if it was requested by name.
    pub sensitive: bool,
    /// Its value; `null` if it is hidden.
    pub value: Value,
    /// Its Terraform type.
    #[serde(rename = "type")]
    pub kind: Value,
}

impl OutputDto {
    /// Converts an output; a sensitive value is kept only if `shown`.
    pub fn new(unit: &str, output: Output, shown: bool) -> Self {
        let value = if output.sensitive && !shown { Value::Null } else { output.value };
        Self { unit: unit.to_owned(), name: output.name, sensitive: output.sensitive, value, kind: output.kind }
    }

    /// Returns the value for scripts: a string without quotation marks, anything else as JSON.
    pub fn plain(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }
}

impl Printable for Outputs {
    fn tables(&self) -> Vec<Table> {
        let mut table = Table::new(
            &[left_aligned("UNIT"), left_aligned("NAME"), prose("VALUE")],
            "no outputs: nothing was applied yet",
        );
        for output in &self.outputs {
            let hidden = output.sensitive && output.value.is_null();
            let value = if hidden { MASK.to_owned() } else { output.plain() };
            table.row([Some(output.unit.clone()), Some(output.name.clone()), Some(value)]);
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        Some(Rows::new("outputs", &["unit", "name", "sensitive", "value", "type"]))
    }

    fn notes(&self) -> Vec<String> {
        self.failed.iter().map(FailedUnit::sentence).collect()
    }
}
