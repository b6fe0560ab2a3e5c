//! A scan over the rows of a result, piece by piece, to search, sort or copy them. The rows may be larger than memory, so
//! only what is needed is kept.

use crate::app::overlay::SearchText;
use crate::model::sql::format::Format;
use crate::model::sql::sort_key::{Order, SortKey, compare};
use crate::model::sql::{Cell, ResultId};

/// Maximum number of cells per request.
const CELLS: usize = 100_000;
/// Maximum number of rows that are sorted here.
pub const MAX_SORTED_ROWS: usize = 500_000;
/// Maximum number of matching rows that a filter keeps.
pub const MAX_FILTERED_ROWS: usize = 2_000_000;
/// Maximum number of bytes copied: terminals accept no more by OSC 52.
pub const MAX_COPIED_BYTES: usize = 74_000;

/// The purpose of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// Finds the next shown row with this text, forwards or backwards, ending with the row where it began.
    Search {
        text: String,
        /// Whether it searches towards the end.
        forward: bool,
    },
    /// Determines which rows are shown, and in which order.
    Arrange {
        /// Rows must contain this text; an empty one matches every row.
        filter: String,
        /// The sort column and whether in descending order; `None` keeps the original order.
        sort: Option<(usize, bool)>,
    },
    /// Copies the selected rows in this format.
    Rows(Format),
    /// Copies the values of a column in the shown rows.
    Column(usize),
}

impl Goal {
    /// Whether it scans all rows in their original order, regardless of what is shown.
    pub fn covers_all_rows(&self) -> bool {
        matches!(self, Self::Arrange { .. })
    }

    /// Whether it needs complete values, as far as they can be copied.
    pub fn needs_full_values(&self) -> bool {
        matches!(self, Self::Rows(_) | Self::Column(_))
    }
}

/// The state of a scan after a piece.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// More rows must be read.
    More,
    /// A matching row, at this index.
    Found(u64),
    /// The numbers of the rows to show. If more match than can be kept, also the number of rows examined.
    Arranged(Vec<u64>, Option<u64>),
    /// The rows to copy.
    Gathered(Vec<Vec<Cell>>),
    /// Nothing was found.
    Nothing,
    /// There are more rows than can be sorted or copied.
    TooMany,
}

/// A scan in progress.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Serial number of the pending request; `None` if the next one is due.
    pub serial: Option<u64>,
    /// Index of the first requested row.
    pub from: u64,
    pub result: ResultId,
    pub goal: Goal,
    /// Total number of rows.
    rows: u64,
    /// Number of rows per request.
    piece: u64,
    began: u64,
    /// Number of rows read so far.
    read: u64,
    order: Order,
    /// Whether a value was compared as text although the server would compare it differently.
    as_text: bool,
    found: Vec<u64>,
    keys: Vec<(SortKey, u64)>,
    gathered: Vec<Vec<Cell>>,
    /// Size of the gathered values in bytes.
    bytes: usize,
}

impl Scan {
    /// Starts a scan over `rows` rows of `columns` columns, from row `began` on unless the goal covers all rows.
    pub fn new(result: ResultId, goal: Goal, rows: u64, columns: usize, began: u64, order: Order) -> Self {
        let piece = (CELLS / columns.max(1)).clamp(64, if goal.needs_full_values() { 512 } else { 8_192 }) as u64;
        Self {
            serial: None,
            from: 0,
            result,
            goal,
            rows,
            piece,
            began,
            read: 0,
            order,
            as_text: false,
            found: Vec::new(),
            keys: Vec::new(),
            gathered: Vec::new(),
            bytes: 0,
        }
    }

    /// The rows to read next: first index and count.
    pub fn next(&self) -> (u64, u32) {
        let left = self.rows - self.read;
        let count = self.piece.min(left);
        match &self.goal {
            Goal::Search { forward: true, .. } => {
                let from = (self.began + 1 + self.read) % self.rows.max(1);
                (from, count.min(self.rows - from) as u32)
            }
            // The piece that ends before what was already read.
            Goal::Search { forward: false, .. } => {
                let from = (self.began + self.rows - self.read) % self.rows.max(1);
                let end = if from == 0 { self.rows } else { from };
                let count = count.min(end);
                (end - count, count as u32)
            }
            Goal::Arrange { .. } => (self.read, count as u32),
            Goal::Rows(_) | Goal::Column(_) => (self.began + self.read, count as u32),
        }
    }

    /// Number of rows it covers: those that existed when it started.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether values were sorted as text although the server would sort them differently.
    pub fn sorted_as_text(&self) -> bool {
        self.as_text
    }

    /// Progress from 0 to 1.
    pub fn progress(&self) -> f64 {
        self.read as f64 / self.rows.max(1) as f64
    }

    /// Processes a piece of the rows.
    pub fn take(&mut self, from: u64, rows: &[Vec<Cell>]) -> Step {
        self.serial = None;
        if rows.is_empty() {
            // The rows are gone or never existed, so the scan ends.
            self.rows = self.read;
        }
        self.read += rows.len() as u64;
        let numbered = rows.iter().enumerate().map(|(number, row)| (from + number as u64, row));
        match &self.goal {
            Goal::Search { text, forward } => {
                let wanted = SearchText::new(text);
                let mut found = numbered.filter(|(_, row)| has(row, &wanted)).map(|(number, _)| number);
                if let Some(row) = if *forward { found.next() } else { found.next_back() } {
                    return Step::Found(row);
                }
            }
            Goal::Arrange { filter, sort } => {
                let wanted = SearchText::new(filter);
                let kept = numbered.filter(|(_, row)| filter.is_empty() || has(row, &wanted));
                match sort {
                    Some((column, _)) => {
                        let order = self.order;
                        let keys = kept.map(|(number, row)| (order.key(text(row.get(*column))), number));
                        let keys: Vec<(SortKey, u64)> = keys.collect();
                        self.as_text |= keys.iter().any(|(key, _)| order.is_as_text(key));
                        self.keys.extend(keys);
                    }
                    None => self.found.extend(kept.map(|(number, _)| number)),
                }
                if self.keys.len() > MAX_SORTED_ROWS {
                    return Step::TooMany;
                }
                if self.found.len() >= MAX_FILTERED_ROWS {
                    let more = (self.read < self.rows).then_some(self.read);
                    return Step::Arranged(std::mem::take(&mut self.found), more);
                }
            }
            Goal::Rows(_) => {
                self.bytes += rows.iter().flatten().map(size).sum::<usize>();
                self.gathered.extend(rows.iter().cloned());
            }
            Goal::Column(column) => {
                let cell = |row: &Vec<Cell>| row.get(*column).cloned().unwrap_or(Cell::Null);
                let cells: Vec<Vec<Cell>> = rows.iter().map(|row| vec![cell(row)]).collect();
                self.bytes += cells.iter().flatten().map(size).sum::<usize>();
                self.gathered.extend(cells);
            }
        }
        if self.bytes > MAX_COPIED_BYTES {
            return Step::TooMany;
        }
        if self.read < self.rows { Step::More } else { self.end() }
    }

    fn end(&mut self) -> Step {
        match self.goal {
            Goal::Search { .. } => Step::Nothing,
            Goal::Arrange { .. } if self.found.is_empty() && self.keys.is_empty() => Step::Nothing,
            Goal::Arrange { sort: None, .. } => Step::Arranged(std::mem::take(&mut self.found), None),
            Goal::Arrange { sort: Some((_, down)), .. } => {
                let mut keys = std::mem::take(&mut self.keys);
                keys.sort_by(|(a, _), (b, _)| {
                    let order = compare(a, b);
                    if down { order.reverse() } else { order }
                });
                Step::Arranged(keys.into_iter().map(|(_, row)| row).collect(), None)
            }
            Goal::Rows(_) | Goal::Column(_) => Step::Gathered(std::mem::take(&mut self.gathered)),
        }
    }
}

fn text(cell: Option<&Cell>) -> Option<&str> {
    match cell {
        Some(Cell::Text { text, .. }) => Some(text),
        Some(Cell::Null) | None => None,
    }
}

/// Minimum size of a value in a copy, including its separator.
fn size(cell: &Cell) -> usize {
    match cell {
        Cell::Null => 1,
        Cell::Text { text, .. } => text.len() + 1,
    }
}

fn has(row: &[Cell], wanted: &SearchText) -> bool {
    row.iter().any(|cell| matches!(cell, Cell::Text { text, .. } if wanted.is_in(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[Option<&str>]) -> Vec<Vec<Cell>> {
        let cell = |value: Option<&str>| match value {
            None => Cell::Null,
            Some(text) => Cell::Text { text: text.into(), bytes: 0, cut: false },
        };
        values.iter().map(|value| vec![cell(*value)]).collect()
    }

    /// Runs a scan to its end, delivering pieces as the feed would.
    fn scan_to_end(all: &[Vec<Cell>], goal: Goal, began: u64, piece: u64, order: Order) -> Step {
        let mut scan = Scan::new(ResultId(1), goal, all.len() as u64, 1, began, order);
        scan.piece = piece;
        for _ in 0..100 {
            let (from, count) = scan.next();
            let step = scan.take(from, &all[from as usize..(from + u64::from(count)) as usize]);
            if step != Step::More {
                return step;
            }
        }
        panic!("it does not end");
    }

    #[test]
    fn search_wraps_around_in_both_directions() {
        let all = rows(&[Some("a"), Some("日本"), None, Some("b"), Some("日本語"), Some("c")]);
        let search = |began, forward, text: &str| {
            scan_to_end(&all, Goal::Search { text: text.into(), forward }, began, 2, Order::Text)
        };
        assert_eq!(search(1, true, "日本"), Step::Found(4));
        assert_eq!(search(4, true, "日本"), Step::Found(1));
        assert_eq!(search(4, false, "日本"), Step::Found(1));
        assert_eq!(search(1, false, "日本"), Step::Found(4));
        assert_eq!(search(3, true, "b"), Step::Found(3), "the row where it began comes last");
        assert_eq!(search(0, true, "nowhere"), Step::Nothing);
        assert_eq!(search(0, false, "nowhere"), Step::Nothing);
    }

    fn arrange(all: &[Vec<Cell>], filter: &str, sort: Option<(usize, bool)>, order: Order) -> Step {
        scan_to_end(all, Goal::Arrange { filter: filter.into(), sort }, 0, 2, order)
    }

    #[test]
    fn numbers_sort_by_value_and_null_is_largest() {
        let all = rows(&[Some("10"), None, Some("9"), Some("-1.5"), Some("NaN")]);
        let sort = |down, order| arrange(&all, "", Some((0, down)), order);
        assert_eq!(sort(false, Order::Decimal), Step::Arranged(vec![3, 2, 0, 4, 1], None));
        assert_eq!(sort(true, Order::Decimal), Step::Arranged(vec![1, 4, 0, 2, 3], None));
        assert_eq!(sort(false, Order::Text), Step::Arranged(vec![3, 0, 2, 4, 1], None));
    }

    #[test]
    fn sorting_by_text_is_reported() {
        let all = rows(&[Some("{10}"), None, Some("{9}")]);
        let goal = || Goal::Arrange { filter: String::new(), sort: Some((0, false)) };
        for (order, as_text) in [(Order::AsText, true), (Order::Text, false), (Order::Decimal, true)] {
            let mut scan = Scan::new(ResultId(1), goal(), 3, 1, 0, order);
            assert_eq!(scan.take(0, &all), Step::Arranged(vec![0, 2, 1], None));
            assert_eq!(scan.sorted_as_text(), as_text, "{order:?}");
        }
    }

    #[test]
    fn filter_keeps_row_numbers_and_can_be_sorted() {
        let all = rows(&[Some("ab"), Some("b"), Some("Ab"), None]);
        assert_eq!(arrange(&all, "a", None, Order::Text), Step::Arranged(vec![0, 2], None));
        assert_eq!(arrange(&all, "a", Some((0, false)), Order::Text), Step::Arranged(vec![2, 0], None));
        assert_eq!(arrange(&all, "A", None, Order::Text), Step::Arranged(vec![2], None));
        assert_eq!(arrange(&all, "x", None, Order::Text), Step::Nothing);
    }

    #[test]
    fn stopped_filter_reports_its_range_and_too_many_rows_are_not_sorted() {
        let piece: Vec<Vec<Cell>> = vec![rows(&[Some("a")]).remove(0); 1_000_000];
        let goal = |sort| Goal::Arrange { filter: "a".into(), sort };
        let mut scan = Scan::new(ResultId(1), goal(None), 9_000_000, 1, 0, Order::Text);
        assert_eq!(scan.take(0, &piece), Step::More);
        let Step::Arranged(found, more) = scan.take(1_000_000, &piece) else { panic!("it stops") };
        assert_eq!((found.len(), more), (MAX_FILTERED_ROWS, Some(2_000_000)));
        let mut scan = Scan::new(ResultId(1), goal(Some((0, true))), 9_000_000, 1, 0, Order::Text);
        assert_eq!(scan.take(0, &piece), Step::TooMany);
    }

    #[test]
    fn rows_are_gathered_up_to_the_copy_limit() {
        let all = rows(&[Some("a"), None, Some("c"), Some("d")]);
        let mut scan = Scan::new(ResultId(1), Goal::Rows(Format::Csv), 2, 1, 1, Order::Text);
        assert_eq!(scan.next(), (1, 2));
        assert_eq!(scan.take(1, &all[1..3]), Step::Gathered(all[1..3].to_vec()));
        let large = "x".repeat(MAX_COPIED_BYTES);
        let mut scan = Scan::new(ResultId(1), Goal::Column(0), 9, 1, 0, Order::Text);
        assert_eq!(scan.take(0, &rows(&[Some(&large)])), Step::TooMany);
    }

    #[test]
    fn scan_ends_when_rows_are_gone() {
        let goal = Goal::Arrange { filter: "x".into(), sort: None };
        let mut scan = Scan::new(ResultId(1), goal, 1_000, 1, 0, Order::Text);
        assert_eq!(scan.take(0, &[]), Step::Nothing);
    }
}
