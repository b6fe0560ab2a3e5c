//! Renders a report as CSV: its JSON form with one row for each element of one list. Headings and values are those of
//! the JSON, so the two formats cannot diverge.

use super::rows::{RowForm, RowWriter, Written};
use serde::Serialize;
use serde_json::Value;
use std::io;

/// Selects the part of a report's JSON that becomes its CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The field of the report that holds the list; its elements become the rows.
    pub list: &'static str,
    /// A nested list (`members` of a database): each of its elements gets a row. An element whose nested list is empty
    /// still gets one row.
    pub each: Option<&'static str>,
    /// The columns and their headings: fields of an element; nested fields by their dotted path (`acu.min`,
    /// `members.role`).
    pub fields: Vec<String>,
}

impl Rows {
    /// Selects `fields` of the elements of `list`.
    pub fn new(list: &'static str, fields: &[&str]) -> Self {
        Self { list, each: None, fields: fields.iter().map(|field| (*field).to_owned()).collect() }
    }
}

/// Writes the report as CSV, row by row. Text that a spreadsheet would run as a formula gets a leading apostrophe; no
/// other value is changed.
///
/// # Errors
/// Fails if the report cannot be serialized or the output cannot be written.
pub fn write(out: &mut dyn io::Write, report: &impl Serialize, rows: &Rows) -> io::Result<Written> {
    let report = serde_json::to_value(report)?;
    let mut writer = RowWriter::new(out, RowForm::Csv, rows.fields.clone())?;
    for element in report.get(rows.list).and_then(Value::as_array).into_iter().flatten() {
        let within = rows.each.and_then(|each| element.get(each)?.as_array()).filter(|all| !all.is_empty());
        let parts: Vec<Option<&Value>> = within.map_or_else(|| vec![None], |all| all.iter().map(Some).collect());
        for part in parts {
            let values: Vec<_> = rows.fields.iter().map(|field| value(element, part, rows.each, field)).collect();
            if writer.row(&values)? == Written::Closed {
                return Ok(Written::Closed);
            }
        }
    }
    writer.end()
}

/// Returns the report as CSV text.
///
/// # Errors
/// Fails if the report cannot be serialized.
pub fn csv(report: &impl Serialize, rows: &Rows) -> io::Result<String> {
    let mut bytes = Vec::new();
    write(&mut bytes, report, rows)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// The value of a field in a row.
fn value<'a>(element: &'a Value, part: Option<&'a Value>, each: Option<&str>, field: &str) -> Option<&'a Value> {
    // A name with a dot in it is a name first (`kubernetes.pod` of a query).
    if let Some(value) = element.get(field) {
        return Some(value);
    }
    let (first, rest) = field.split_once('.')?;
    if each == Some(first) {
        part.and_then(|part| value(part, None, None, rest))
    } else {
        value(element.get(first)?, None, None, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn csv_values_match_the_json() {
        let report = json!({ "rows": [
            { "name": "日本\u{1b}[31m", "run": 1, "acu": { "min": 0.5 }, "why": ["a; b", "c"], "on": true, "a.b": "whole" },
            { "name": "=cmd|' /C calc'!A0", "run": null, "acu": null, "why": [], "on": false },
        ] });
        let rows = Rows::new("rows", &["name", "run", "acu.min", "why", "on", "a.b"]);
        assert_eq!(
            csv(&report, &rows).unwrap(),
            "\"name\",\"run\",\"acu.min\",\"why\",\"on\",\"a.b\"\n\
             \"日本␛[31m\",\"1\",\"0.5\",\"[\"\"a; b\"\",\"\"c\"\"]\",\"true\",\"whole\"\n\
             \"'=cmd|' /C calc'!A0\",\"\",\"\",\"[]\",\"false\",\"\"\n"
        );
    }

    #[test]
    fn formula_text_is_escaped_and_numbers_are_kept() {
        let csv_cell = |value: Value| {
            let report = json!({ "rows": [{ "text": value }] });
            let text = csv(&report, &Rows::new("rows", &["text"])).unwrap();
            text.lines().nth(1).unwrap().trim_matches('"').to_owned()
        };
        for text in ["=1+1", "+SUM(A1)", "-2+3", "@SUM(1)", "\t=1", "\r=1", "  =1", "\u{ff1d}1", "-", "--x", "-1 of 2"]
        {
            assert!(csv_cell(json!(text)).starts_with('\''), "{text}: {}", csv_cell(json!(text)));
        }
        for text in ["-1", "+1.5", "-1e3", "a=b", "1-2", "'x", "", "web-5xx", "日本"] {
            assert_eq!(csv_cell(json!(text)), text);
        }
        assert_eq!(
            (csv_cell(json!(-1)), csv_cell(json!(-0.5)), csv_cell(json!(["=1"]))),
            ("-1".into(), "-0.5".into(), "[\"\"=1\"\"]".into())
        );
        let headed = csv(&json!({ "rows": [] }), &Rows::new("rows", &["@timestamp"])).unwrap();
        assert_eq!(headed, "\"@timestamp\"\n");
    }

    #[test]
    fn nested_list_yields_a_row_per_part_and_one_if_empty() {
        let report = json!({ "rows": [
            { "id": "a", "members": [{ "id": "a-1" }, { "id": "a-2" }] },
            { "id": "b", "members": [] },
        ] });
        let rows = Rows { each: Some("members"), ..Rows::new("rows", &["id", "members.id"]) };
        assert_eq!(csv(&report, &rows).unwrap(), "\"id\",\"members.id\"\n\"a\",\"a-1\"\n\"a\",\"a-2\"\n\"b\",\"\"\n");
    }

    #[test]
    fn unknown_list_yields_no_rows() {
        assert_eq!(csv(&json!({ "rows": null }), &Rows::new("rows", &["id"])).unwrap(), "\"id\"\n");
    }
}
