//! The result of Insights as a table, CSV, JSON or YAML.

use crate::app::logs::insights::shown;
use crate::headless::Rows;
use crate::headless::emit::Printable;
use crate::headless::table::{Table, words};
use crate::model::logs::InsightsResult;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// Schema of `cockpit insights`.
pub const SCHEMA: &str = "cockpit.insights/1";

/// The result.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct InsightsDto {
    /// `cockpit.insights/1`.
    schema: &'static str,
    /// Whether the query ended and searched every group that it was meant to.
    complete: bool,
    /// `Complete`, `Failed`, `Timeout`, …
    status: String,
    /// Events that matched.
    matched: f64,
    /// Events that were looked at.
    scanned: f64,
    /// Bytes that were looked at, which is what is paid for.
    bytes_scanned: f64,
    /// Reads that failed, so that groups were not searched; empty where none did.
    missing: Vec<String>,
    /// The rows, each with the fields that the query names; `null` where a row lacks one.
    rows: Vec<Map<String, Value>>,
    #[serde(skip)]
    columns: Vec<String>,
    #[serde(skip)]
    cells: Vec<Vec<Option<String>>>,
    /// The zone of the table's times.
    #[serde(skip)]
    zone: TimeZone,
}

impl InsightsDto {
    /// The report of a result, and of groups that could not be searched.
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
        let mut table = Table::new(&vec![words(""); self.columns.len()], "nothing was found");
        table.heads.clone_from(&self.columns);
        for row in &self.cells {
            let cells = self.columns.iter().zip(row);
            table.row(cells.map(|(column, value)| Some(shown(column, value.as_deref()?, &self.zone).into_owned())));
        }
        vec![table]
    }
    fn rows(&self) -> Option<Rows> {
        // The query names the fields.
        Some(Rows { list: "rows", each: None, fields: self.columns.clone() })
    }
}
