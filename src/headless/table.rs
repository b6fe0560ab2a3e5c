//! Rows of text: as columns for people, as CSV for spreadsheets.

use crate::model::text::harmless;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table as Columns, TableStyle, presets};
use std::io;

/// What stands in a cell that has no value.
pub const NONE: &str = "–";

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// Numbers stand at the right.
    pub right: bool,
}

/// A column of words.
pub const fn words(title: &'static str) -> Column {
    Column { title, right: false }
}

/// A column of numbers.
pub const fn numbers(title: &'static str) -> Column {
    Column { title, right: true }
}

/// Rows under columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// What stands above it in a document of several tables.
    pub title: Option<String>,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows; `None` is a value that is not there.
    pub rows: Vec<Vec<Option<String>>>,
    /// What is said where there are no rows.
    pub empty: String,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column], empty: impl Into<String>) -> Self {
        Self { title: None, columns: columns.to_vec(), rows: Vec::new(), empty: empty.into() }
    }

    /// The same under a title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Option<String>>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Columns that fit into `width` cells, harmless to a terminal, each line ended.
    pub fn text(&self, width: Option<u16>) -> String {
        let mut text = String::new();
        if let Some(title) = &self.title {
            text.push_str(&harmless(title));
            text.push('\n');
        }
        if self.rows.is_empty() {
            text.push_str(&harmless(&self.empty));
            text.push('\n');
            return text;
        }
        let mut columns = Columns::new();
        columns.load_style(TableStyle::clone(&presets::NOTHING));
        if let Some(width) = width {
            columns.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(20));
        }
        columns.set_header(self.columns.iter().map(|column| aligned(Cell::new(column.title), column.right)));
        for row in &self.rows {
            columns.add_row(
                row.iter()
                    .zip(&self.columns)
                    .map(|(cell, column)| aligned(Cell::new(harmless(cell.as_deref().unwrap_or(NONE))), column.right)),
            );
        }
        for column in columns.column_iter_mut() {
            column.set_padding((0, 2));
        }
        for line in columns.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// CSV with a header. Every field is quoted, so that a spreadsheet takes it as text as far as
    /// it can be told; values are not changed for its sake. Control characters are shown, not sent.
    pub fn csv(&self) -> io::Result<String> {
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(self.columns.iter().map(|column| column.title.to_lowercase().replace(' ', "_")))?;
        for row in &self.rows {
            let cells = row.iter().map(|cell| harmless(cell.as_deref().unwrap_or_default()).into_owned());
            writer.write_record(cells.collect::<Vec<_>>())?;
        }
        let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        String::from_utf8(bytes).map_err(io::Error::other)
    }
}

fn aligned(cell: Cell, right: bool) -> Cell {
    if right { cell.set_alignment(CellAlignment::Right) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[words("NAME"), numbers("RUN")], "nothing");
        table.row([Some("日本\u{1b}[31m".into()), Some("1".into())]);
        table.row([Some("=cmd|' /C calc'!A0".into()), None]);
        table
    }

    #[test]
    fn columns_line_up_and_are_harmless() {
        assert_eq!(table().text(None), "NAME                RUN\n日本␛[31m             1\n=cmd|' /C calc'!A0    –\n");
        assert_eq!(Table::new(&[words("A")], "no services").text(None), "no services\n");
    }

    #[test]
    fn narrow_terminals_are_not_exceeded() {
        for width in [20u16, 30, 80] {
            for line in table().text(Some(width)).lines() {
                assert!(crate::model::text::width(line) <= usize::from(width), "{line}");
            }
        }
    }

    #[test]
    fn csv_quotes_everything() {
        assert_eq!(table().csv().unwrap(), "\"name\",\"run\"\n\"日本␛[31m\",\"1\"\n\"=cmd|' /C calc'!A0\",\"\"\n");
    }
}
