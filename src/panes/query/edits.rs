//! Pending changes of a result, as data.

use crate::app::grid::Grid;
use crate::model::sql::edit::{Changes, Value};
use crate::model::sql::{Cell, Column, ResultId};

/// Whether a value may contain bytes that are not UTF-8 (`SQL_ASCII`), so that its text differs from what is stored.
pub fn may_be_invalid_utf8(text: &str) -> bool {
    text.contains('\u{fffd}')
}

/// The pending changes of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The table and its changes.
    pub changes: Changes,
    /// The result columns of each primary key column, which may appear several times.
    pub key: Vec<Vec<usize>>,
}

impl Edit {
    /// The primary key of a row. `None` if it is not completely loaded, or if a key column appears with two values
    /// (`RETURNING old.id, new.id`).
    pub fn key_of(&self, cells: &[Cell]) -> Option<Vec<Value>> {
        let value = |column: &usize| match cells.get(*column)? {
            Cell::Null => Some(None),
            Cell::Text { text, cut, .. } if *cut || may_be_invalid_utf8(text) => None,
            Cell::Text { text, .. } => Some(Some(text.to_string())),
        };
        let part = |places: &Vec<usize>| {
            let first = value(places.first()?)?;
            places.iter().all(|place| value(place).as_ref() == Some(&first)).then_some(first)
        };
        self.key.iter().map(part).collect()
    }

    /// The other values that were read of the row, as far as they are completely loaded.
    pub fn read_values(&self, columns: &[Column], cells: &[Cell]) -> Vec<(i16, Value)> {
        let mut was: Vec<(i16, Value)> = Vec::new();
        for (column, cell) in columns.iter().zip(cells).filter(|(column, _)| column.table_oid != 0) {
            let value = match cell {
                Cell::Null => None,
                Cell::Text { text, cut, .. } if *cut || may_be_invalid_utf8(text) => continue,
                Cell::Text { text, .. } => Some(text.to_string()),
            };
            let is_key = self.changes.table.key.contains(&column.number);
            if !is_key && !was.iter().any(|(known, _)| *known == column.number) {
                was.push((column.number, value));
            }
        }
        was
    }
}

/// A requested edit of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditKind {
    /// Edit the selected cell.
    Cell,
    /// Add a row.
    Add,
    /// Delete the selected row.
    Delete,
}

/// A cell of a result, with its row as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedCell {
    /// The index of the row.
    pub row: u64,
    /// The index of the column.
    pub column: usize,
    /// The values of the row.
    pub cells: Vec<Cell>,
}

impl SelectedCell {
    /// The selected cell; `None` if its row is not loaded.
    pub fn selected(grid: &Grid) -> Option<Self> {
        Some(Self { row: grid.row()?, column: grid.selected()?, cells: grid.selected_cells()?.to_vec() })
    }
}

/// An edit that waits until the result's table is known, with the row that was selected when the key was pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEdit {
    /// Serial number of the look-up of the table.
    pub serial: u64,
    pub result: ResultId,
    pub kind: EditKind,
    pub cell: Option<SelectedCell>,
}

/// The target of a value that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditTarget {
    /// A cell of an existing row.
    Cell {
        result: ResultId,
        /// The key of its row.
        key: Vec<Value>,
        /// The other values that were read of the row.
        row: Vec<(i16, Value)>,
        /// The number of the column in its table.
        number: i16,
    },
    /// A column of the new row that is last among the changes.
    New {
        result: ResultId,
        /// The number of the column in its table.
        number: i16,
    },
}
