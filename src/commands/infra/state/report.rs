//! The reports of `cockpit infra state`.

use crate::commands::infra::failed_units::FailedUnit;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned, prose};
use crate::model::infra::state::Resource;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Schema of `cockpit infra state list`.
pub const LIST: &str = "cockpit.infra-state-list/1";
/// Schema of `cockpit infra state show`.
pub const SHOW: &str = "cockpit.infra-state-show/1";

/// The resources of units.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StateList {
    /// `cockpit.infra-state-list/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// Each resource, by unit.
    pub resources: Vec<ResourceDto>,
    /// Units that could not be queried.
    pub failed: Vec<FailedUnit>,
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ResourceDto {
    /// The unit of the resource.
    pub unit: String,
    /// Its address.
    pub address: String,
    /// `aws_vpc`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `managed`, or `data`, which is only read.
    pub mode: String,
    /// Whether the next apply destroys and recreates it.
    pub tainted: bool,
}

impl ResourceDto {
    /// Converts a resource of a unit.
    pub fn new(unit: &str, resource: &Resource) -> Self {
        Self {
            unit: unit.to_owned(),
            address: resource.address.clone(),
            kind: resource.kind.clone(),
            mode: if resource.is_data { "data" } else { "managed" }.to_owned(),
            tainted: resource.is_tainted,
        }
    }
}

impl Printable for StateList {
    fn tables(&self) -> Vec<Table> {
        let empty = "no resources: nothing was applied yet";
        let mut table =
            Table::new(&[left_aligned("UNIT"), left_aligned("ADDRESS"), left_aligned("NOTE").rank(1)], empty);
        for resource in &self.resources {
            let note = resource.tainted.then(|| "tainted".to_owned());
            table.row([Some(resource.unit.clone()), Some(resource.address.clone()), note]);
        }
        vec![table]
    }

    fn rows(&self) -> Option<Rows> {
        Some(Rows::new("resources", &["unit", "address", "type", "mode", "tainted"]))
    }

    fn notes(&self) -> Vec<String> {
        self.failed.iter().map(FailedUnit::sentence).collect()
    }
}

/// A resource with its attributes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StateShow {
    /// `cockpit.infra-state-show/1`.
    pub schema: String,
    /// The environment's name.
    pub environment: String,
    /// The resource.
    pub resource: ResourceDto,
    /// Its attributes, with sensitive values masked.
    pub values: Value,
}

impl Printable for StateShow {
    fn tables(&self) -> Vec<Table> {
        let title = format!("{} of {}", self.resource.address, self.resource.unit);
        let mut table = Table::new(&[left_aligned("ATTRIBUTE"), prose("VALUE")], "no attributes").titled(title);
        for (name, value) in self.values.as_object().into_iter().flatten() {
            let value = match value {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            };
            table.row([Some(name.clone()), value]);
        }
        vec![table]
    }
}
