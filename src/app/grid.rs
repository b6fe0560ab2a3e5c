//! A result as a grid: which rows are at hand, which cell is selected, which columns are shown and how wide. It knows
//! numbers and cells, and nothing of the screen's state.

use crate::model::sql::{Cell, Column};
use crate::model::text::{harmless, width};
use std::collections::{BTreeMap, BTreeSet};

/// Cells of a page at most, for results with many columns.
const PAGE_CELLS: usize = 20_000;
/// Rows of a page at most.
const PAGE_ROWS: u64 = 256;
/// Pages that are kept: what is on the screen, and some around it.
const PAGES: usize = 12;
/// Rows from which the widths of columns are taken; then they stay.
pub const SAMPLE: u64 = 200;
/// A column is not wider than this of itself.
const WIDEST: u16 = 40;
/// How many characters of a value are looked at for a cell.
const LOOKED: usize = 400;

/// Rows that stand one after the other in the order in which they are shown.
#[derive(Debug, Clone)]
struct Page {
    rows: Vec<Vec<Cell>>,
    /// How many rows the result had when it was asked for.
    of: u64,
}

/// The rows to ask for, from which place on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// So many rows as they came.
    Window(u64, u32),
    /// The rows of these numbers.
    Rows(u64, Vec<u64>),
}

/// A column where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its number in the result.
    pub column: usize,
    /// Its first cell, from the left.
    pub x: u16,
    pub cells: u16,
}

/// Rows and columns larger than the screen, with a selected cell.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// The columns of the result.
    pub columns: Vec<Column>,
    /// How many rows there are so far.
    pub rows: u64,
    /// How many bytes they are.
    pub bytes: u64,
    /// Cells that each column takes.
    pub widths: Vec<u16>,
    /// The columns that are shown, in their order.
    pub order: Vec<usize>,
    /// How many of them stay at the left.
    pub frozen: usize,
    /// The place of the selected row among those that are shown.
    pub place: u64,
    /// The selected column, by its place in `order`.
    pub column: usize,
    /// The place of the first row that is shown.
    pub top: u64,
    /// The first column that is shown beside those that stay.
    pub left: usize,
    /// How many rows fit on the screen.
    pub height: u64,
    /// How many cells of width there are for columns.
    pub room: u16,
    /// Where a selection of rows began.
    pub anchor: Option<u64>,
    /// The rows that are shown, after a filter or in another order; none is all of them as they came.
    pub shown: Option<Vec<u64>>,
    /// How often other rows came to be shown, or others in their place.
    pub version: u64,
    sampled: u64,
    /// All rows, where they came as one answer.
    here: Option<Vec<Vec<Cell>>>,
    pages: BTreeMap<u64, Page>,
    asked: BTreeSet<u64>,
}

/// The order that follows this one where a column is sorted by once more: upwards, downwards, as it came.
pub fn next_order(sorted: Option<(usize, bool)>, column: usize) -> Option<(usize, bool)> {
    match sorted {
        Some((sorted, false)) if sorted == column => Some((column, true)),
        Some((sorted, true)) if sorted == column => None,
        Some(_) | None => Some((column, false)),
    }
}

impl Grid {
    /// The grid of a result that has no rows yet.
    pub fn new(columns: Vec<Column>) -> Self {
        let widths = columns.iter().map(|column| cells_of(&column.name).clamp(1, WIDEST)).collect();
        Self { order: (0..columns.len()).collect(), widths, columns, height: 1, room: 80, ..Self::default() }
    }

    /// The grid of rows that are all there.
    pub fn of(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Self {
        let mut grid = Self { rows: rows.len() as u64, ..Self::new(columns) };
        for row in rows.iter().take(SAMPLE as usize) {
            grid.sample(row);
        }
        grid.here = Some(rows);
        grid
    }

    /// Whether all rows are here: nothing is asked for.
    pub fn is_whole_here(&self) -> bool {
        self.here.is_some()
    }

    fn sample(&mut self, row: &[Cell]) {
        for (wide, cell) in self.widths.iter_mut().zip(row) {
            *wide = (*wide).max(cells_in(cell)).min(WIDEST.max(*wide));
        }
    }

    /// How many rows are read at a time: fewer where there are many columns.
    pub fn page_rows(&self) -> u64 {
        (PAGE_CELLS / self.columns.len().max(1)).clamp(16, PAGE_ROWS as usize) as u64
    }

    /// How many rows are shown.
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

    /// The row at a place, where it is at hand.
    pub fn cells(&self, place: u64) -> Option<&[Cell]> {
        if self.here.is_some() {
            return self.came(self.row_at(place)?);
        }
        let page = self.page_rows();
        let number = place / page;
        let cells = self.pages.get(&number)?.rows.get(usize::try_from(place % page).ok()?)?;
        Some(cells.as_slice())
    }

    /// The row of a number, where all of them are here.
    pub fn came(&self, row: u64) -> Option<&[Cell]> {
        self.here.as_ref()?.get(usize::try_from(row).ok()?).map(Vec::as_slice)
    }

    /// The selected row, where it is at hand.
    pub fn selected_cells(&self) -> Option<&[Cell]> {
        self.cells(self.place)
    }

    /// Takes rows in that were asked for: from this place on, when there were so many, and in the order of this version.
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
        // A number that is cut reads as another one: its column grows.
        let numbers: Vec<usize> = (0..self.columns.len()).filter(|n| self.columns[*n].is_right_aligned()).collect();
        for row in rows.iter().filter(|_| !numbers.is_empty()) {
            for column in &numbers {
                if let (Some(wide), Some(cell)) = (self.widths.get_mut(*column), row.get(*column)) {
                    *wide = (*wide).max(cells_in(cell)).min(WIDEST.max(*wide));
                }
            }
        }
        self.pages.insert(number, Page { rows, of });
        // What is in the window stays, however many pages that is.
        let (first, last) = (self.top / page, (self.top + self.height) / page);
        let most = PAGES.max((last - first) as usize + 3);
        while self.pages.len() > most {
            let away = |number: &u64| first.saturating_sub(*number).max(number.saturating_sub(last));
            let far = self.pages.keys().copied().max_by_key(away);
            let Some(far) = far else { break };
            self.pages.remove(&far);
        }
    }

    /// The answer to this request will not come.
    pub fn lost(&mut self, from: u64) {
        self.asked.remove(&(from / self.page_rows()));
    }

    /// The rows to ask for so that the window is filled.
    pub fn wanted(&mut self) -> Vec<Wanted> {
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
                Wanted::Window(from, page as u32)
            } else {
                let to = (from + page).min(count);
                Wanted::Rows(from, (from..to).filter_map(|place| self.row_at(place)).collect())
            }
        };
        missing.into_iter().map(wanted).collect()
    }

    /// Moves the selected row; too far is the first or the last.
    pub fn step(&mut self, by: i64) {
        self.place = self.place.saturating_add_signed(by).min(self.count().saturating_sub(1));
        self.keep();
    }

    /// Selects the row at this place.
    pub fn go(&mut self, place: u64) {
        self.place = place.min(self.count().saturating_sub(1));
        self.keep();
    }

    /// Moves the selected column.
    pub fn aside(&mut self, by: isize) {
        self.column = self.column.saturating_add_signed(by).min(self.order.len().saturating_sub(1));
        self.keep();
    }

    /// Selects a column by its number; one that is hidden is shown again.
    pub fn select(&mut self, column: usize) {
        if !self.order.contains(&column) {
            self.toggle(column);
        }
        if let Some(place) = self.order.iter().position(|shown| *shown == column) {
            self.column = place;
            self.keep();
        }
    }

    /// The window has this size now.
    pub fn fit(&mut self, height: u64, room: u16) {
        (self.height, self.room) = (height.max(1), room);
        self.keep();
    }

    /// The selected row and column stay in view.
    fn keep(&mut self) {
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
            while self.left < self.column && !self.is_whole(self.column) {
                self.left += 1;
            }
        }
    }

    fn is_whole(&self, column: usize) -> bool {
        let number = self.order.get(column).copied();
        let wide = number.and_then(|number| self.widths.get(number)).copied().unwrap_or_default();
        self.placed().iter().any(|placed| Some(placed.column) == number && placed.cells >= wide)
    }

    /// The columns that are shown and where they stand; one cell is between them.
    pub fn placed(&self) -> Vec<Placed> {
        let mut placed = Vec::new();
        let mut x = 0;
        let frozen = 0..self.frozen.min(self.order.len());
        for place in frozen.chain(self.left.max(self.frozen)..self.order.len()) {
            let column = self.order[place];
            let wide = self.widths.get(column).copied().unwrap_or(1);
            // What stays must leave room for what is selected.
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
        // What is left is the last column's, whose texts would be cut beside blanks.
        if let Some(last) = placed.last_mut().filter(|last| self.order.last() == Some(&last.column)) {
            let is_text = self.columns.get(last.column).is_some_and(|column| !column.is_right_aligned());
            last.cells = if is_text { last.cells.max(self.room.saturating_sub(last.x)) } else { last.cells };
        }
        placed
    }

    /// The selected column becomes wider or narrower.
    pub fn widen(&mut self, by: i16) {
        let Some(column) = self.selected() else { return };
        if let Some(wide) = self.widths.get_mut(column) {
            *wide = wide.saturating_add_signed(by).clamp(2, 400);
        }
        self.keep();
    }

    /// Hides the selected column. False: it is the only one.
    pub fn hide(&mut self) -> bool {
        if self.order.len() < 2 || self.column >= self.order.len() {
            return false;
        }
        self.order.remove(self.column);
        if self.column < self.frozen {
            self.frozen -= 1;
        }
        self.column = self.column.min(self.order.len() - 1);
        self.keep();
        true
    }

    /// Shows or hides a column; at least one stays.
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
        self.keep();
    }

    /// All columns are shown again, in their own order.
    pub fn show_all(&mut self) {
        let selected = self.selected();
        self.order = (0..self.columns.len()).collect();
        self.column = selected.unwrap_or_default();
        self.keep();
    }

    /// The selected column changes places with its neighbour.
    pub fn shift(&mut self, by: isize) {
        let to = self.column.saturating_add_signed(by);
        if to < self.order.len() && to != self.column {
            self.order.swap(self.column, to);
            self.column = to;
            self.keep();
        }
    }

    /// The columns up to the selected one stay at the left; where they do so already, none does.
    pub fn freeze(&mut self) {
        let upto = self.column + 1;
        self.frozen = if self.frozen == upto { 0 } else { upto.min(self.order.len().saturating_sub(1)) };
        self.left = self.frozen;
        self.keep();
    }

    /// Other rows are shown: those of these numbers, or all as they came. The selection stays on its row where that is
    /// among them.
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
        // Other rows stand at each place now: what is under way is of those before.
        self.version += 1;
        self.pages.clear();
        self.asked.clear();
        self.keep();
    }

    /// The places of the selected rows, from and to: those of a selection, else the row alone.
    pub fn marked(&self) -> (u64, u64) {
        let other = self.anchor.unwrap_or(self.place).min(self.count().saturating_sub(1));
        (self.place.min(other), self.place.max(other))
    }
}

/// The beginning of a value as it is shown in a cell.
pub fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    let end = text.char_indices().nth(LOOKED).map_or(text.len(), |(at, _)| at);
    harmless(&text[..end])
}

fn cells_of(text: &str) -> u16 {
    u16::try_from(width(&shown(text))).unwrap_or(u16::MAX)
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
