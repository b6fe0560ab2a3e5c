//! Changes of a result that are not applied yet, as data.

use crate::app::grid::Grid;
use crate::model::sql::edit::{Changes, Value};
use crate::model::sql::{Cell, ResultId};

/// The changes of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The table and its changes.
    pub changes: Changes,
    /// The columns of the result that are its primary key.
    pub key: Vec<usize>,
}

impl Edit {
    /// The primary key of a row; none where it is not at hand whole.
    pub fn key_of(&self, cells: &[Cell]) -> Option<Vec<Value>> {
        let value = |column: &usize| match cells.get(*column)? {
            Cell::Null => Some(None),
            Cell::Text { cut: true, .. } => None,
            Cell::Text { text, .. } => Some(Some(text.to_string())),
        };
        self.key.iter().map(value).collect()
    }

    /// The primary key of the selected row.
    pub fn selected(&self, grid: &Grid) -> Option<Vec<Value>> {
        self.key_of(grid.selected_cells()?)
    }

    /// What was read of the selected row beside its key, as far as it is at hand whole.
    pub fn was(&self, grid: &Grid) -> Vec<(i16, Value)> {
        let mut was: Vec<(i16, Value)> = Vec::new();
        let cells = grid.selected_cells().unwrap_or_default();
        for (column, cell) in grid.columns.iter().zip(cells).filter(|(column, _)| column.table_oid != 0) {
            let value = match cell {
                Cell::Null => None,
                Cell::Text { cut: true, .. } => continue,
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

/// What is wanted of a result whose table is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The selected cell is edited.
    Cell,
    /// A row comes.
    Add,
    /// The selected row goes.
    Delete,
}

/// What the line that is typed is the value of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// A cell of a row that is there: its key, the number of its column, what was read there.
    Cell {
        /// Of which result.
        result: ResultId,
        /// The key of its row.
        key: Vec<Value>,
        /// The number of the column in its table.
        number: i16,
    },
    /// A column of the row that comes last.
    New {
        /// Of which result.
        result: ResultId,
        /// The number of the column in its table.
        number: i16,
    },
}
