//! A query result as a grid: which rows are loaded, which cell is selected, which columns are shown and how wide. It
//! knows numbers and cells, and nothing about the screen's state.

use crate::model::sql::{Cell, Column};
use crate::model::text::{sanitize, width};
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of cells in a page, for results with many columns.
const PAGE_CELLS: usize = 20_000;
/// Maximum number of rows in a page.
const PAGE_ROWS: u64 = 256;
/// Number of pages kept: those on the screen, and some around them.
const PAGES: usize = 12;
/// Number of rows from which the column widths are taken; afterwards the widths stay.
pub const SAMPLE: u64 = 200;
/// The greatest width that a column gets automatically.
const WIDEST: u16 = 40;
/// Number of characters of a value that are examined for a cell.
const LOOKED: usize = 400;

/// A run of consecutive rows, in the order in which they are shown.
#[derive(Debug, Clone)]
struct Page {
    rows: Vec<Vec<Cell>>,
    /// How many rows the result had when the page was requested.
    of: u64,
}

/// Rows to request, each with the place of the first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowRequest {
    /// This many rows in result order.
    Window(u64, u32),
    /// The rows with these numbers.
    Rows(u64, Vec<u64>),
}

/// A column and its place on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its number in the result.
    pub column: usize,
    /// Its first cell, from the left.
    pub x: u16,
    pub cells: u16,
}

/// Rows and columns larger than the screen, and a selected cell.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// The columns of the result.
    pub columns: Vec<Column>,
    /// Number of rows so far.
    pub rows: u64,
    /// Size of the rows in bytes.
    pub bytes: u64,
    /// The width of each column in cells.
    pub widths: Vec<u16>,
    /// The columns that are shown, in this order.
    pub order: Vec<usize>,
    /// How many of the shown columns are frozen at the left.
    pub frozen: usize,
    /// The place of the selected row among the shown rows.
    pub place: u64,
    /// The selected column, by its place in `order`.
    pub column: usize,
    /// The place of the first row in the window.
    pub top: u64,
    /// The first column shown after the frozen ones.
    pub left: usize,
    /// Number of rows that fit on the screen.
    pub height: u64,
    /// Width available for columns, in cells.
    pub room: u16,
    /// The row at which a selection of rows began.
    pub anchor: Option<u64>,
    /// The numbers of the rows shown, after filtering or sorting; `None` shows all in result order.
    pub shown: Option<Vec<u64>>,
    /// Increases whenever the shown rows or their order change.
    pub version: u64,
    sampled: u64,
    /// All rows, if they came in a single answer.
    here: Option<Vec<Vec<Cell>>>,
    pages: BTreeMap<u64, Page>,
    asked: BTreeSet<u64>,
}

/// The next sort order when a column is chosen again: ascending, descending, result order.
pub fn next_order(sorted: Option<(usize, bool)>, column: usize) -> Option<(usize, bool)> {
    match sorted {
        Some((sorted, false)) if sorted == column => Some((column, true)),
        Some((sorted, true)) if sorted == column => None,
        Some(_) | None => Some((column, false)),
    }
}

impl Grid {
    /// The grid of a result without rows yet.
    pub fn new(columns: Vec<Column>) -> Self {
        let widths = columns.iter().map(|column| cells_of(&column.name).clamp(1, WIDEST)).collect();
        Self { order: (0..columns.len()).collect(), widths, columns, height: 1, room: 80, ..Self::default() }
    }

    /// The grid of a result whose rows are all loaded.
    pub fn of(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Self {
        let mut grid = Self { rows: rows.len() as u64, ..Self::new(columns) };
        for row in rows.iter().take(SAMPLE as usize) {
            grid.sample(row);
        }
        grid.here = Some(rows);
        grid
    }

    /// Whether all rows are loaded, so that nothing has to be requested.
    pub fn is_fully_loaded(&self) -> bool {
        self.here.is_some()
    }

    fn sample(&mut self, row: &[Cell]) {
        for (wide, cell) in self.widths.iter_mut().zip(row) {
            *wide = (*wide).max(cells_in(cell)).min(WIDEST.max(*wide));
        }
    }

    /// Number of rows requested at a time: fewer if there are many columns.
    pub fn page_rows(&self) -> u64 {
        (PAGE_CELLS / self.columns.len().max(1)).clamp(16, PAGE_ROWS as usize) as u64
    }

    /// Number of rows shown.
    pub fn count(&self) -> u64 {
        self.shown.as_ref().map_or(self.rows, |rows| rows.len() as u64)
    }

    /// The number of the row at a place.
    pub fn row_at(&self, place: u64) -> Option<u64> {
        match &self.shown {
            Some(rows) => rows.get(usize::try_from(place).ok()?).copied(),
            None => (place < self.rows).then_some(place),
        }
    }

    /// The number of the selected row.
    pub fn row(&self) -> Option<u64> {
        self.row_at(self.place)
    }

    /// The number of the selected column.
    pub fn selected(&self) -> Option<usize> {
        self.order.get(self.column).copied()
    }

    /// The row at a place, if it is loaded.
    pub fn cells(&self, place: u64) -> Option<&[Cell]> {
        if self.here.is_some() {
            return self.loaded_row(self.row_at(place)?);
        }
        let page = self.page_rows();
        let number = place / page;
        let cells = self.pages.get(&number)?.rows.get(usize::try_from(place % page).ok()?)?;
        Some(cells.as_slice())
    }

    /// The row with a number, if all rows are loaded.
    pub fn loaded_row(&self, row: u64) -> Option<&[Cell]> {
        self.here.as_ref()?.get(usize::try_from(row).ok()?).map(Vec::as_slice)
    }

    /// The selected row, if it is loaded.
    pub fn selected_cells(&self) -> Option<&[Cell]> {
        self.cells(self.place)
    }

    /// Takes requested rows: from place `from` on, when the result had `of` rows, in the order of `version`.
    pub fn take(&mut self, from: u64, rows: Vec<Vec<Cell>>, of: u64, version: u64) {
        let page = self.page_rows();
        let number = from / page;
        if version != self.version {
            return;
        }
        self.asked.remove(&number);
        if !from.is_multiple_of(page) || rows.len() as u64 > page {
            return;
        }
        if self.shown.is_none() && self.sampled < SAMPLE && from <= self.sampled {
            for row in rows.iter().skip((self.sampled - from) as usize).take((SAMPLE - self.sampled) as usize) {
                self.sample(row);
            }
            self.sampled = self.sampled.max((from + rows.len() as u64).min(SAMPLE));
        }
        // A truncated number reads as another number, so its column grows.
        let numbers: Vec<usize> = (0..self.columns.len()).filter(|n| self.columns[*n].is_right_aligned()).collect();
        for row in rows.iter().filter(|_| !numbers.is_empty()) {
            for column in &numbers {
                if let (Some(wide), Some(cell)) = (self.widths.get_mut(*column), row.get(*column)) {
                    *wide = (*wide).max(cells_in(cell)).min(WIDEST.max(*wide));
                }
            }
        }
        self.pages.insert(number, Page { rows, of });
        // Pages in the window are kept, however many there are.
        let (first, last) = (self.top / page, (self.top + self.height) / page);
        let max_pages = PAGES.max((last - first) as usize + 3);
        while self.pages.len() > max_pages {
            let distance = |number: &u64| first.saturating_sub(*number).max(number.saturating_sub(last));
            let farthest = self.pages.keys().copied().max_by_key(distance);
            let Some(farthest) = farthest else { break };
            self.pages.remove(&farthest);
        }
    }

    /// Notes that the answer to this request will not come.
    pub fn request_lost(&mut self, from: u64) {
        self.asked.remove(&(from / self.page_rows()));
    }

    /// Returns the rows to request so that the window is filled.
    pub fn missing_rows(&mut self) -> Vec<RowRequest> {
        let (page, count) = (self.page_rows(), self.count());
        let places = self.top..(self.top + self.height + 1).min(count);
        if self.here.is_some() || places.is_empty() {
            return Vec::new();
        }
        let missing = |number: &u64| {
            let rows = (count - number * page).min(page);
            let stale = |at: &Page| (at.rows.len() as u64) < rows && at.of < count;
            !self.asked.contains(number) && self.pages.get(number).is_none_or(stale)
        };
        let missing: Vec<u64> = (places.start / page..=(places.end - 1) / page).filter(missing).collect();
        self.asked.extend(&missing);
        let wanted = |number: u64| {
            let from = number * page;
            if self.shown.is_none() {
                RowRequest::Window(from, page as u32)
            } else {
                let to = (from + page).min(count);
                RowRequest::Rows(from, (from..to).filter_map(|place| self.row_at(place)).collect())
            }
        };
        missing.into_iter().map(wanted).collect()
    }

    /// Moves the selected row; stops at the first and the last.
    pub fn step(&mut self, by: i64) {
        self.place = self.place.saturating_add_signed(by).min(self.count().saturating_sub(1));
        self.keep_selection_in_view();
    }

    /// Selects the row at this place.
    pub fn select_row(&mut self, place: u64) {
        self.place = place.min(self.count().saturating_sub(1));
        self.keep_selection_in_view();
    }

    /// Moves the selected column.
    pub fn move_column(&mut self, by: isize) {
        self.column = self.column.saturating_add_signed(by).min(self.order.len().saturating_sub(1));
        self.keep_selection_in_view();
    }

    /// Selects a column by its number; a hidden one is shown again.
    pub fn select(&mut self, column: usize) {
        if !self.order.contains(&column) {
            self.toggle(column);
        }
        if let Some(place) = self.order.iter().position(|shown| *shown == column) {
            self.column = place;
            self.keep_selection_in_view();
        }
    }

    /// Sets the size of the window.
    pub fn fit(&mut self, height: u64, room: u16) {
        (self.height, self.room) = (height.max(1), room);
        self.keep_selection_in_view();
    }

    /// Keeps the selected row and column in view.
    fn keep_selection_in_view(&mut self) {
        let count = self.count();
        self.place = self.place.min(count.saturating_sub(1));
        if self.place < self.top {
            self.top = self.place;
        } else if self.place >= self.top + self.height {
            self.top = self.place + 1 - self.height;
        }
        self.top = self.top.min(count.saturating_sub(self.height));
        self.frozen = self.frozen.min(self.order.len().saturating_sub(1));
        self.left = self.left.max(self.frozen);
        if self.column >= self.frozen {
            self.left = self.left.min(self.column);
            while self.left < self.column && !self.is_fully_visible(self.column) {
                self.left += 1;
            }
        }
    }

    fn is_fully_visible(&self, column: usize) -> bool {
        let number = self.order.get(column).copied();
        let wide = number.and_then(|number| self.widths.get(number)).copied().unwrap_or_default();
        self.placed().iter().any(|placed| Some(placed.column) == number && placed.cells >= wide)
    }

    /// The columns in the window and their places; one cell separates them.
    pub fn placed(&self) -> Vec<Placed> {
        let mut placed = Vec::new();
        let mut x = 0;
        let frozen = 0..self.frozen.min(self.order.len());
        for place in frozen.chain(self.left.max(self.frozen)..self.order.len()) {
            let column = self.order[place];
            let wide = self.widths.get(column).copied().unwrap_or(1);
            // Frozen columns must leave room for the selected one.
            if place < self.frozen && x + wide > self.room * 2 / 3 {
                continue;
            }
            let cells = wide.min(self.room.saturating_sub(x));
            if cells == 0 {
                break;
            }
            placed.push(Placed { column, x, cells });
            x += cells + 1;
        }
        // The last column gets the remaining width if it is text, instead of being cut beside empty cells.
        if let Some(last) = placed.last_mut().filter(|last| self.order.last() == Some(&last.column)) {
            let is_text = self.columns.get(last.column).is_some_and(|column| !column.is_right_aligned());
            last.cells = if is_text { last.cells.max(self.room.saturating_sub(last.x)) } else { last.cells };
        }
        placed
    }

    /// Makes the selected column wider or narrower.
    pub fn widen(&mut self, by: i16) {
        let Some(column) = self.selected() else { return };
        if let Some(wide) = self.widths.get_mut(column) {
            *wide = wide.saturating_add_signed(by).clamp(2, 400);
        }
        self.keep_selection_in_view();
    }

    /// Hides the selected column. Returns false if it is the only one.
    pub fn hide(&mut self) -> bool {
        if self.order.len() < 2 || self.column >= self.order.len() {
            return false;
        }
        self.order.remove(self.column);
        if self.column < self.frozen {
            self.frozen -= 1;
        }
        self.column = self.column.min(self.order.len() - 1);
        self.keep_selection_in_view();
        true
    }

    /// Shows or hides a column; at least one stays shown.
    pub fn toggle(&mut self, column: usize) {
        match self.order.iter().position(|shown| *shown == column) {
            Some(_) if self.order.len() == 1 => {}
            Some(place) => {
                self.order.remove(place);
            }
            None if column < self.columns.len() => {
                let place = self.order.iter().position(|shown| *shown > column).unwrap_or(self.order.len());
                self.order.insert(place, column);
            }
            None => {}
        }
        self.column = self.column.min(self.order.len().saturating_sub(1));
        self.keep_selection_in_view();
    }

    /// Shows all columns again, in result order.
    pub fn show_all(&mut self) {
        let selected = self.selected();
        self.order = (0..self.columns.len()).collect();
        self.column = selected.unwrap_or_default();
        self.keep_selection_in_view();
    }

    /// Swaps the selected column with its neighbour.
    pub fn shift(&mut self, by: isize) {
        let to = self.column.saturating_add_signed(by);
        if to < self.order.len() && to != self.column {
            self.order.swap(self.column, to);
            self.column = to;
            self.keep_selection_in_view();
        }
    }

    /// Freezes the columns up to the selected one; unfreezes them if exactly those are frozen.
    pub fn freeze(&mut self) {
        let upto = self.column + 1;
        self.frozen = if self.frozen == upto { 0 } else { upto.min(self.order.len().saturating_sub(1)) };
        self.left = self.frozen;
        self.keep_selection_in_view();
    }

    /// Shows the rows with these numbers, or all in result order. The selection stays on its row if that is among them.
    pub fn show(&mut self, rows: Option<Vec<u64>>) {
        let selected = self.row();
        self.anchor = None;
        let place = match (&rows, selected) {
            (Some(rows), Some(selected)) => rows.iter().position(|row| *row == selected).unwrap_or(0) as u64,
            (None, Some(selected)) => selected,
            (_, None) => 0,
        };
        self.shown = rows;
        self.place = place;
        // Another row is at each place now: answers in flight belong to the previous order.
        self.version += 1;
        self.pages.clear();
        self.asked.clear();
        self.keep_selection_in_view();
    }

    /// The first and the last place of the selected rows: the marked range, or the selected row alone.
    pub fn selected_range(&self) -> (u64, u64) {
        let other = self.anchor.unwrap_or(self.place).min(self.count().saturating_sub(1));
        (self.place.min(other), self.place.max(other))
    }
}

/// The beginning of a value, as a cell shows it.
pub fn truncated(text: &str) -> std::borrow::Cow<'_, str> {
    let end = text.char_indices().nth(LOOKED).map_or(text.len(), |(at, _)| at);
    sanitize(&text[..end])
}

fn cells_of(text: &str) -> u16 {
    u16::try_from(width(&truncated(text))).unwrap_or(u16::MAX)
}

fn cells_in(cell: &Cell) -> u16 {
    match cell {
        Cell::Null => 4,
        Cell::Text { text, cut, .. } => cells_of(text).saturating_add(u16::from(*cut)),
    }
}

#[cfg(test)]
#[path = "grid_tests.rs"]
mod tests;
