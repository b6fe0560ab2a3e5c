//! An Insights result as a grid, and its sort order.

use crate::app::grid::{Grid, next_order};
use crate::app::logs::insights;
use crate::model::csv;
use crate::model::logs::InsightsResult;
use crate::model::sql::{Cell, Column};
use crate::model::text;
use jiff::tz::TimeZone;
use std::cmp::Ordering;

/// PostgreSQL type ids for numbers and text, by which the grid aligns columns.
const NUMBER: u32 = 701;
const TEXT: u32 = 25;

/// The last result, with its selection and order.
#[derive(Debug, Clone)]
pub struct ResultTable {
    /// The query's name.
    pub name: String,
    /// The scanned bytes and their price, in words.
    pub scan_note: String,
    pub grid: Grid,
    /// The column that rows are sorted by, and whether in descending order.
    pub sorted: Option<(usize, bool)>,
    /// The result as it was received.
    result: InsightsResult,
}

impl ResultTable {
    /// Wraps a result with the name of its query; times are shown in the local zone.
    pub fn new(name: String, result: InsightsResult, zone: &TimeZone) -> Self {
        let number = |column: usize| {
            let mut values = result.rows.iter().filter_map(|row| row.get(column)?.as_deref()).peekable();
            values.peek().is_some() && values.all(|value| value.parse::<f64>().is_ok())
        };
        let column = |(place, name): (usize, &String)| Column {
            name: name.clone(),
            type_oid: if number(place) { NUMBER } else { TEXT },
            modifier: -1,
            table_oid: 0,
            number: 0,
        };
        let columns = result.columns.iter().enumerate().map(column).collect();
        let cells = |row: &Vec<Option<String>>| {
            let cell = |(column, value): (&String, &Option<String>)| match value {
                None => Cell::Null,
                Some(value) => {
                    let text = insights::display_value(column, value, zone);
                    Cell::Text { bytes: text.len() as u64, text: text.into(), cut: false }
                }
            };
            result.columns.iter().zip(row).map(cell).collect()
        };
        let grid = Grid::of(columns, result.rows.iter().map(cells).collect());
        Self { name, scan_note: insights::scanned_summary(&result), grid, sorted: None, result }
    }

    /// The selected value, as it was received.
    pub fn value(&self) -> Option<&str> {
        let (row, column) = (usize::try_from(self.grid.row()?).ok()?, self.grid.selected()?);
        self.result.rows.get(row)?.get(column)?.as_deref()
    }

    /// The selected row, with one line for each value.
    pub fn row(&self) -> Option<String> {
        let cells = self.grid.selected_cells()?;
        let line = |(column, cell): (&Column, &Cell)| match cell {
            Cell::Null => format!("{}  –", column.name),
            Cell::Text { text, .. } => format!("{}  {text}", column.name),
        };
        Some(self.grid.columns.iter().zip(cells).map(line).collect::<Vec<_>>().join("\n"))
    }

    /// The rows as CSV in their order, as many as fit into `most` bytes.
    pub fn csv(&self, most: usize) -> String {
        let mut out = csv::record(self.result.columns.iter().map(String::as_str));
        for place in 0..self.grid.count() {
            let row = self.grid.row_at(place).and_then(|row| self.result.rows.get(usize::try_from(row).ok()?));
            let Some(row) = row else { continue };
            let cells: Vec<String> =
                row.iter().map(|value| text::escape_formula(value.as_deref().unwrap_or_default())).collect();
            let line = csv::record(cells.iter().map(String::as_str));
            if out.len() + line.len() > most {
                break;
            }
            out.push_str(&line);
        }
        out
    }

    /// Sorts by the selected column: ascending, descending, then unsorted.
    pub fn sort(&mut self) {
        let Some(column) = self.grid.selected() else { return };
        self.sorted = next_order(self.sorted, column);
        let Some((column, down)) = self.sorted else { return self.grid.show(None) };
        let value = |row: &u64| self.result.rows.get(usize::try_from(*row).ok()?)?.get(column)?.as_deref();
        let mut rows: Vec<u64> = (0..self.grid.rows).collect();
        rows.sort_by(|a, b| match (value(a), value(b)) {
            // Missing values sort last in either direction.
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => {
                let order = by_value(a, b);
                if down { order.reverse() } else { order }
            }
        });
        self.grid.show(Some(rows));
    }
}

/// Compares numbers by value, other texts as strings.
fn by_value(a: &str, b: &str) -> Ordering {
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copied_csv_contains_no_formulas() {
        let cells = ["=1+1", "-1", "@x", "plain"].map(|text| Some(text.to_owned())).to_vec();
        let result =
            InsightsResult { columns: vec!["@message".into()], rows: vec![cells], ..InsightsResult::default() };
        assert_eq!(
            ResultTable::new(String::new(), result, &TimeZone::UTC).csv(10_000),
            "\"@message\"\n\"'=1+1\",\"-1\",\"'@x\",\"plain\"\n"
        );
    }
}
