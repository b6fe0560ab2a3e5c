//! Rows of a result that are read through, piece by piece: to find some, to sort them, to copy them. The rows may be more
//! than memory holds, so that only what is looked for stays.

use crate::app::overlay::Wanted;
use crate::model::sql::{Cell, ResultId};
use std::cmp::Ordering;

/// So many cells are asked for at once at most.
const CELLS: usize = 100_000;
/// More rows than this are not sorted here.
pub const SORTED: u64 = 500_000;
/// More rows than this are not kept of a filter.
pub const FILTERED: usize = 2_000_000;

/// What they are read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// The next row with this text, forwards or backwards, not counting the row where it began.
    Search {
        /// The text.
        text: String,
        /// Towards the end.
        forward: bool,
    },
    /// All rows with this text.
    Filter(String),
    /// All rows in the order of a column.
    Sort {
        /// The column.
        column: usize,
        /// The largest first.
        down: bool,
    },
}

/// What a value is sorted by.
#[derive(Debug, Clone, PartialEq)]
enum SortKey {
    Number(f64),
    Text(Box<str>),
    Null,
}

/// What becomes of it after a piece.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// More is to be read.
    More,
    /// A row was found.
    Found(u64),
    /// These are to be shown.
    Rows(Vec<u64>),
    /// There is none.
    Nothing,
}

/// Rows that are being read through.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The number of the question that is under way; none while the next is to be asked.
    pub serial: Option<u64>,
    /// Of which result.
    pub result: ResultId,
    /// What for.
    pub goal: Goal,
    /// How many rows there are.
    rows: u64,
    /// How many of them are asked for at once.
    piece: u64,
    /// Where it began.
    began: u64,
    /// So many rows were read.
    read: u64,
    numeric: bool,
    found: Vec<u64>,
    keys: Vec<(SortKey, u64)>,
}

impl Scan {
    /// A scan over so many rows of so many columns, from a row on where the goal is a search.
    pub fn new(result: ResultId, goal: Goal, rows: u64, columns: usize, began: u64, numeric: bool) -> Self {
        let piece = (CELLS / columns.max(1)).clamp(64, 8_192) as u64;
        Self { serial: None, result, goal, rows, piece, began, read: 0, numeric, found: Vec::new(), keys: Vec::new() }
    }

    /// What is to be read next: from which row on, and how many.
    pub fn next(&self) -> (u64, u32) {
        let left = self.rows - self.read;
        let count = self.piece.min(left);
        let from = match &self.goal {
            Goal::Search { forward: true, .. } => (self.began + 1 + self.read) % self.rows.max(1),
            // The piece that ends before what was read.
            Goal::Search { forward: false, .. } => (self.began + self.rows - self.read) % self.rows.max(1),
            Goal::Filter(_) | Goal::Sort { .. } => self.read,
        };
        match &self.goal {
            Goal::Search { forward: false, .. } => {
                let end = if from == 0 { self.rows } else { from };
                let count = count.min(end);
                (end - count, count as u32)
            }
            _ => (from, count.min(self.rows - from) as u32),
        }
    }

    /// How far it is, from 0 to 1.
    pub fn part(&self) -> f64 {
        self.read as f64 / self.rows.max(1) as f64
    }

    /// Takes a piece in.
    pub fn take(&mut self, from: u64, rows: &[Vec<Cell>]) -> Step {
        self.serial = None;
        if rows.is_empty() {
            // They are gone, or were never there: no more is asked.
            self.rows = self.read;
        }
        self.read += rows.len() as u64;
        let numbered = rows.iter().enumerate().map(|(number, row)| (from + number as u64, row));
        match &self.goal {
            Goal::Search { text, forward } => {
                let wanted = Wanted::new(text);
                let mut found = numbered.filter(|(_, row)| has(row, &wanted)).map(|(number, _)| number);
                if let Some(row) = if *forward { found.next() } else { found.next_back() } {
                    return Step::Found(row);
                }
            }
            Goal::Filter(text) => {
                let wanted = Wanted::new(text);
                self.found.extend(numbered.filter(|(_, row)| has(row, &wanted)).map(|(number, _)| number));
                if self.found.len() >= FILTERED {
                    return Step::Rows(std::mem::take(&mut self.found));
                }
            }
            Goal::Sort { column, .. } => {
                let keys: Vec<(SortKey, u64)> =
                    numbered.map(|(number, row)| (self.key(row.get(*column)), number)).collect();
                self.keys.extend(keys);
            }
        }
        if self.read < self.rows { Step::More } else { self.end() }
    }

    fn end(&mut self) -> Step {
        match self.goal {
            Goal::Search { .. } => Step::Nothing,
            Goal::Filter(_) if self.found.is_empty() => Step::Nothing,
            Goal::Filter(_) => Step::Rows(std::mem::take(&mut self.found)),
            Goal::Sort { down, .. } => {
                let mut keys = std::mem::take(&mut self.keys);
                keys.sort_by(|(a, _), (b, _)| {
                    let order = compare(a, b);
                    if down { order.reverse() } else { order }
                });
                Step::Rows(keys.into_iter().map(|(_, row)| row).collect())
            }
        }
    }

    fn key(&self, cell: Option<&Cell>) -> SortKey {
        match cell {
            Some(Cell::Text { text, .. }) => match text.parse::<f64>() {
                Ok(number) if self.numeric => SortKey::Number(number),
                _ => SortKey::Text(text.clone()),
            },
            Some(Cell::Null) | None => SortKey::Null,
        }
    }
}

/// As PostgreSQL sorts them: NULL is the largest, and NaN is larger than every number.
fn compare(a: &SortKey, b: &SortKey) -> Ordering {
    match (a, b) {
        (SortKey::Number(a), SortKey::Number(b)) => a.total_cmp(b),
        (SortKey::Text(a), SortKey::Text(b)) => a.cmp(b),
        (SortKey::Null, SortKey::Null) => Ordering::Equal,
        (SortKey::Null, _) | (SortKey::Text(_), SortKey::Number(_)) => Ordering::Greater,
        (_, SortKey::Null) | (SortKey::Number(_), SortKey::Text(_)) => Ordering::Less,
    }
}

fn has(row: &[Cell], wanted: &Wanted) -> bool {
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

    /// Reads all through as the feed would give it.
    fn through(all: &[Vec<Cell>], goal: Goal, began: u64, piece: u64, numeric: bool) -> Step {
        let mut scan = Scan::new(ResultId(1), goal, all.len() as u64, 1, began, numeric);
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
    fn a_search_goes_round_the_end_in_both_directions() {
        let all = rows(&[Some("a"), Some("日本"), None, Some("b"), Some("日本語"), Some("c")]);
        let search =
            |began, forward, text: &str| through(&all, Goal::Search { text: text.into(), forward }, began, 2, false);
        assert_eq!(search(1, true, "日本"), Step::Found(4));
        assert_eq!(search(4, true, "日本"), Step::Found(1));
        assert_eq!(search(4, false, "日本"), Step::Found(1));
        assert_eq!(search(1, false, "日本"), Step::Found(4));
        assert_eq!(search(3, true, "b"), Step::Found(3), "the row where it began comes last");
        assert_eq!(search(0, true, "nowhere"), Step::Nothing);
        assert_eq!(search(0, false, "nowhere"), Step::Nothing);
    }

    #[test]
    fn numbers_are_sorted_as_numbers_and_null_is_the_largest() {
        let all = rows(&[Some("10"), None, Some("9"), Some("-1.5"), Some("NaN")]);
        let sort = |down, numeric| through(&all, Goal::Sort { column: 0, down }, 0, 2, numeric);
        assert_eq!(sort(false, true), Step::Rows(vec![3, 2, 0, 4, 1]));
        assert_eq!(sort(true, true), Step::Rows(vec![1, 4, 0, 2, 3]));
        assert_eq!(sort(false, false), Step::Rows(vec![3, 0, 2, 4, 1]));
    }

    #[test]
    fn a_filter_keeps_the_numbers_of_the_rows() {
        let all = rows(&[Some("ab"), Some("b"), Some("Ab"), None]);
        let filter = |text: &str| through(&all, Goal::Filter(text.into()), 0, 3, false);
        assert_eq!(filter("a"), Step::Rows(vec![0, 2]));
        assert_eq!(filter("A"), Step::Rows(vec![2]));
        assert_eq!(filter("x"), Step::Nothing);
    }

    #[test]
    fn rows_that_are_gone_end_it() {
        let mut scan = Scan::new(ResultId(1), Goal::Filter("x".into()), 1_000, 1, 0, false);
        assert_eq!(scan.take(0, &[]), Step::Nothing);
    }
}
