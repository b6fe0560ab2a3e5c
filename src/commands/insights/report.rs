//! The report of `cockpit insights`, as a table, CSV, JSON or YAML.

use crate::app::logs::insights::display_value;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, left_aligned};
use crate::model::logs::InsightsResult;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Schema of `cockpit insights`.
pub const SCHEMA: &str = "cockpit.insights/1";

/// The result of a query.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InsightsDto {
    /// `cockpit.insights/1`.
    schema: &'static str,
    /// Whether the query completed and searched all of its groups.
    complete: bool,
    /// `Complete`, `Failed`, `Timeout`, …
    status: String,
    /// Number of events that matched.
    matched: f64,
    /// Number of events that were scanned.
    scanned: f64,
    /// Number of bytes that were scanned, which determines the price.
    bytes_scanned: f64,
    /// Failed reads because of which groups were not searched; empty if there were none.
    missing: Vec<String>,
    /// The rows, with the fields that the query selects; `null` if a row lacks a field.
    rows: Vec<Map<String, Value>>,
    #[serde(skip)]
    columns: Vec<String>,
    #[serde(skip)]
    cells: Vec<Vec<Option<String>>>,
    /// The time zone of the table.
    #[serde(skip)]
    zone: TimeZone,
}

impl InsightsDto {
    /// Builds the report of a result; `missing` are the groups that could not be searched.
    pub fn new(result: &InsightsResult, missing: Vec<String>, zone: TimeZone) -> Self {
        let row = |values: &Vec<Option<String>>| {
            let pairs = result.columns.iter().zip(values);
            pairs.map(|(name, value)| (name.clone(), value.clone().map_or(Value::Null, Value::String))).collect()
        };
        Self {
            schema: SCHEMA,
            complete: result.complete && missing.is_empty(),
            status: result.status.clone(),
            matched: result.matched,
            scanned: result.scanned,
            bytes_scanned: result.bytes,
            missing,
            rows: result.rows.iter().map(row).collect(),
            columns: result.columns.clone(),
            cells: result.rows.clone(),
            zone,
        }
    }
}

impl Printable for InsightsDto {
    fn tables(&self) -> Vec<Table> {
        let mut table = Table::new(&vec![left_aligned(""); self.columns.len()], "nothing was found");
        table.dynamic_titles.clone_from(&self.columns);
        for row in &self.cells {
            let cells = self.columns.iter().zip(row);
            table.row(
                cells.map(|(column, value)| Some(display_value(column, value.as_deref()?, &self.zone).into_owned())),
            );
        }
        vec![table]
    }
    fn rows(&self) -> Option<Rows> {
        // The query determines the fields.
        Some(Rows { list: "rows", each: None, fields: self.columns.clone() })
    }
}
