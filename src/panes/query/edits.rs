//! Changes of a result that are not applied yet, as data.

use crate::app::grid::Grid;
use crate::model::sql::edit::{Changes, Value};
use crate::model::sql::{Cell, Column, ResultId};

/// Whether a value may have bytes that are not UTF-8 (`SQL_ASCII`): what is here for them is not what is there.
pub fn is_broken(text: &str) -> bool {
    text.contains('\u{fffd}')
}

/// The changes of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The table and its changes.
    pub changes: Changes,
    /// The columns of the result that are its primary key; each may stand there several times.
    pub key: Vec<Vec<usize>>,
}

impl Edit {
    /// The primary key of a row; none where it is not at hand whole, or a column of it stands there with two values (`RETURNING
    /// old.id, new.id`).
    pub fn key_of(&self, cells: &[Cell]) -> Option<Vec<Value>> {
        let value = |column: &usize| match cells.get(*column)? {
            Cell::Null => Some(None),
            Cell::Text { text, cut, .. } if *cut || is_broken(text) => None,
            Cell::Text { text, .. } => Some(Some(text.to_string())),
        };
        let part = |places: &Vec<usize>| {
            let first = value(places.first()?)?;
            places.iter().all(|place| value(place).as_ref() == Some(&first)).then_some(first)
        };
        self.key.iter().map(part).collect()
    }

    /// The values that were read of a row beside its key, as far as they are at hand whole.
    pub fn was(&self, columns: &[Column], cells: &[Cell]) -> Vec<(i16, Value)> {
        let mut was: Vec<(i16, Value)> = Vec::new();
        for (column, cell) in columns.iter().zip(cells).filter(|(column, _)| column.table_oid != 0) {
            let value = match cell {
                Cell::Null => None,
                Cell::Text { text, cut, .. } if *cut || is_broken(text) => continue,
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

/// An edit of a result that is wished for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// The selected cell is edited.
    Cell,
    /// A row comes.
    Add,
    /// The selected row goes.
    Delete,
}

/// A cell of a result, with its row as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The number of the row.
    pub row: u64,
    /// The number of the column.
    pub column: usize,
    /// The row.
    pub cells: Vec<Cell>,
}

impl At {
    /// The selected one; none where its row is not here.
    pub fn selected(grid: &Grid) -> Option<Self> {
        Some(Self { row: grid.row()?, column: grid.selected()?, cells: grid.selected_cells()?.to_vec() })
    }
}

/// A wish that waits until the result's table is known, with the row that was selected when the key was pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wished {
    /// The number of the question about the table.
    pub serial: u64,
    pub result: ResultId,
    pub wish: Wish,
    pub at: Option<At>,
}

/// The place that the typed line is the new value of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited {
    /// A cell of a row that is there.
    Cell {
        result: ResultId,
        /// The key of its row.
        key: Vec<Value>,
        /// The values of the row that were read beside its key.
        row: Vec<(i16, Value)>,
        /// The number of the column in its table.
        number: i16,
    },
    /// A column of the row that comes last.
    New {
        result: ResultId,
        /// The number of the column in its table.
        number: i16,
    },
}
