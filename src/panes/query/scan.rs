//! Rows of a result that are read through, piece by piece: to find some, to put them in order, to copy them. The rows may be
//! more than memory holds, so that only what is looked for stays.

use crate::app::overlay::Wanted;
use crate::model::sql::format::Format;
use crate::model::sql::sort_key::{Order, SortKey, compare};
use crate::model::sql::{Cell, ResultId};

/// How many cells are asked for at once at most.
const CELLS: usize = 100_000;
/// More rows than this are not sorted here.
pub const SORTED: usize = 500_000;
/// More rows than this are not kept of a filter.
pub const FILTERED: usize = 2_000_000;
/// The most bytes that are copied: terminals take no more by OSC 52.
pub const COPIED: usize = 74_000;

/// The use of the rows that are read through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// The next of the rows that are shown with this text, forwards or backwards; the one where it began comes last.
    Search {
        text: String,
        /// Whether it goes towards the end.
        forward: bool,
    },
    /// Which rows of all are to be shown, and in which order.
    Arrange {
        /// Only those with this text; an empty one is in all of them.
        filter: String,
        /// By this column, and whether the largest comes first; none is as they came.
        sort: Option<(usize, bool)>,
    },
    /// The rows that are selected, to be copied in this form.
    Rows(Format),
    /// The values of a column in the rows that are shown.
    Column(usize),
}

impl Goal {
    /// Whether it reads all rows as they came, whatever is shown of them.
    pub fn is_of_all(&self) -> bool {
        matches!(self, Self::Arrange { .. })
    }

    /// Whether values are wanted whole, as far as they can be copied.
    pub fn copies(&self) -> bool {
        matches!(self, Self::Rows(_) | Self::Column(_))
    }
}

/// The next step of a scan after a piece.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// More is to be read.
    More,
    /// A row was found, at this place.
    Found(u64),
    /// The rows of these numbers are to be shown. Where there are more than can be kept only so many were looked at.
    Arranged(Vec<u64>, Option<u64>),
    /// The rows that are copied.
    Gathered(Vec<Vec<Cell>>),
    /// There is none.
    Nothing,
    /// There are more than can be sorted, or copied.
    TooMany,
}

/// Rows that are being read through.
#[derive(Debug, Clone)]
pub struct Scan {
    /// The number of the question that is under way; none while the next is to be asked.
    pub serial: Option<u64>,
    /// From where on it asks.
    pub from: u64,
    pub result: ResultId,
    pub goal: Goal,
    /// How many rows there are.
    rows: u64,
    /// How many of them are asked for at once.
    piece: u64,
    began: u64,
    /// How many rows were read.
    read: u64,
    order: Order,
    /// Whether a value was compared by its text, which is not where the server would have it.
    as_text: bool,
    found: Vec<u64>,
    keys: Vec<(SortKey, u64)>,
    gathered: Vec<Vec<Cell>>,
    /// How many bytes they are.
    bytes: usize,
}

impl Scan {
    /// A scan over so many rows of so many columns, from one on where the goal is not all of them.
    pub fn new(result: ResultId, goal: Goal, rows: u64, columns: usize, began: u64, order: Order) -> Self {
        let piece = (CELLS / columns.max(1)).clamp(64, if goal.copies() { 512 } else { 8_192 }) as u64;
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

    /// The rows to read next: from which on, and how many.
    pub fn next(&self) -> (u64, u32) {
        let left = self.rows - self.read;
        let count = self.piece.min(left);
        match &self.goal {
            Goal::Search { forward: true, .. } => {
                let from = (self.began + 1 + self.read) % self.rows.max(1);
                (from, count.min(self.rows - from) as u32)
            }
            // The piece that ends before what was read.
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

    /// How many rows it reads: those that there were when it began.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether values were sorted by their text though the server would sort them otherwise.
    pub fn is_as_text(&self) -> bool {
        self.as_text
    }

    /// How far it is, from 0 to 1.
    pub fn part(&self) -> f64 {
        self.read as f64 / self.rows.max(1) as f64
    }

    /// Takes in a piece of the rows.
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
            Goal::Arrange { filter, sort } => {
                let wanted = Wanted::new(filter);
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
                if self.keys.len() > SORTED {
                    return Step::TooMany;
                }
                if self.found.len() >= FILTERED {
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
        if self.bytes > COPIED {
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

/// How much of a copy a value is at least, with what stands behind it.
fn size(cell: &Cell) -> usize {
    match cell {
        Cell::Null => 1,
        Cell::Text { text, .. } => text.len() + 1,
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
    fn through(all: &[Vec<Cell>], goal: Goal, began: u64, piece: u64, order: Order) -> Step {
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
    fn a_search_goes_round_the_end_in_both_directions() {
        let all = rows(&[Some("a"), Some("日本"), None, Some("b"), Some("日本語"), Some("c")]);
        let search = |began, forward, text: &str| {
            through(&all, Goal::Search { text: text.into(), forward }, began, 2, Order::Text)
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
        through(all, Goal::Arrange { filter: filter.into(), sort }, 0, 2, order)
    }

    #[test]
    fn numbers_are_sorted_as_numbers_and_null_is_the_largest() {
        let all = rows(&[Some("10"), None, Some("9"), Some("-1.5"), Some("NaN")]);
        let sort = |down, order| arrange(&all, "", Some((0, down)), order);
        assert_eq!(sort(false, Order::Decimal), Step::Arranged(vec![3, 2, 0, 4, 1], None));
        assert_eq!(sort(true, Order::Decimal), Step::Arranged(vec![1, 4, 0, 2, 3], None));
        assert_eq!(sort(false, Order::Text), Step::Arranged(vec![3, 0, 2, 4, 1], None));
    }

    #[test]
    fn what_is_sorted_by_its_text_alone_is_known() {
        let all = rows(&[Some("{10}"), None, Some("{9}")]);
        let goal = || Goal::Arrange { filter: String::new(), sort: Some((0, false)) };
        for (order, as_text) in [(Order::AsText, true), (Order::Text, false), (Order::Decimal, true)] {
            let mut scan = Scan::new(ResultId(1), goal(), 3, 1, 0, order);
            assert_eq!(scan.take(0, &all), Step::Arranged(vec![0, 2, 1], None));
            assert_eq!(scan.is_as_text(), as_text, "{order:?}");
        }
    }

    #[test]
    fn a_filter_keeps_the_numbers_of_the_rows_and_may_be_sorted_too() {
        let all = rows(&[Some("ab"), Some("b"), Some("Ab"), None]);
        assert_eq!(arrange(&all, "a", None, Order::Text), Step::Arranged(vec![0, 2], None));
        assert_eq!(arrange(&all, "a", Some((0, false)), Order::Text), Step::Arranged(vec![2, 0], None));
        assert_eq!(arrange(&all, "A", None, Order::Text), Step::Arranged(vec![2], None));
        assert_eq!(arrange(&all, "x", None, Order::Text), Step::Nothing);
    }

    #[test]
    fn a_filter_that_stops_says_how_far_it_looked_and_too_many_are_not_sorted() {
        let piece: Vec<Vec<Cell>> = vec![rows(&[Some("a")]).remove(0); 1_000_000];
        let goal = |sort| Goal::Arrange { filter: "a".into(), sort };
        let mut scan = Scan::new(ResultId(1), goal(None), 9_000_000, 1, 0, Order::Text);
        assert_eq!(scan.take(0, &piece), Step::More);
        let Step::Arranged(found, more) = scan.take(1_000_000, &piece) else { panic!("it stops") };
        assert_eq!((found.len(), more), (FILTERED, Some(2_000_000)));
        let mut scan = Scan::new(ResultId(1), goal(Some((0, true))), 9_000_000, 1, 0, Order::Text);
        assert_eq!(scan.take(0, &piece), Step::TooMany);
    }

    #[test]
    fn rows_are_gathered_as_far_as_they_can_be_copied() {
        let all = rows(&[Some("a"), None, Some("c"), Some("d")]);
        let mut scan = Scan::new(ResultId(1), Goal::Rows(Format::Csv), 2, 1, 1, Order::Text);
        assert_eq!(scan.next(), (1, 2));
        assert_eq!(scan.take(1, &all[1..3]), Step::Gathered(all[1..3].to_vec()));
        let large = "x".repeat(COPIED);
        let mut scan = Scan::new(ResultId(1), Goal::Column(0), 9, 1, 0, Order::Text);
        assert_eq!(scan.take(0, &rows(&[Some(&large)])), Step::TooMany);
    }

    #[test]
    fn rows_that_are_gone_end_it() {
        let goal = Goal::Arrange { filter: "x".into(), sort: None };
        let mut scan = Scan::new(ResultId(1), goal, 1_000, 1, 0, Order::Text);
        assert_eq!(scan.take(0, &[]), Step::Nothing);
    }
}
