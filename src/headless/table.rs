//! Renders rows of text as aligned columns for people.

use crate::model::text::{cut_end, sanitize, width as width_of};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table as Columns, TableStyle, presets};

/// The text of a cell without a value.
pub const NONE: &str = "–";
/// Number of cells between columns.
const GAP: u16 = 2;
/// The minimum width of a prose column.
const LEAST: usize = 24;

/// A column of a printed table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub title: &'static str,
    /// Aligns the column to the right, for numbers.
    pub right: bool,
    /// Whether cells are sentences, which may wrap; other columns wrap only if there is no room.
    pub prose: bool,
    /// If there is no room, the columns with the highest rank are dropped first; rank 0 always stays.
    pub rank: u8,
}

impl Column {
    /// Sets the rank of the column: if there is no room, the highest rank is dropped first.
    #[must_use]
    pub const fn rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }
}

/// Returns a left-aligned column.
pub const fn left_aligned(title: &'static str) -> Column {
    Column { title, right: false, prose: false, rank: 0 }
}

/// Returns a column of sentences.
pub const fn prose(title: &'static str) -> Column {
    Column { title, right: false, prose: true, rank: 0 }
}

/// Returns a right-aligned column.
pub const fn numbers(title: &'static str) -> Column {
    Column { title, right: true, prose: false, rank: 0 }
}

/// A table to print, with its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The title above it in a document of several tables.
    pub title: Option<String>,
    pub columns: Vec<Column>,
    /// The rows; `None` is a missing value.
    pub rows: Vec<Vec<Option<String>>>,
    /// The message printed if there are no rows.
    pub empty: String,
    /// Titles known only at run time; they replace the columns' own.
    pub dynamic_titles: Vec<String>,
}

impl Table {
    /// Makes a table without rows.
    pub fn new(columns: &[Column], empty: impl Into<String>) -> Self {
        Self {
            title: None,
            columns: columns.to_vec(),
            rows: Vec::new(),
            empty: empty.into(),
            dynamic_titles: Vec::new(),
        }
    }

    /// Sets the title above the table.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Returns the title of a column.
    fn head(&self, at: usize) -> &str {
        self.dynamic_titles.get(at).map_or(self.columns[at].title, String::as_str)
    }

    /// Adds a row, one cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Option<String>>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Renders the table in `width` cells, with control characters escaped and each line terminated.
    pub fn text(&self, width: Option<u16>) -> String {
        let mut text = String::new();
        if let Some(title) = &self.title {
            text.push_str(&sanitize(title));
            text.push('\n');
        }
        if self.rows.is_empty() {
            text.push_str(&sanitize(&self.empty));
            text.push('\n');
            return text;
        }
        let mut columns = Columns::new();
        columns.load_style(TableStyle::clone(&presets::NOTHING));
        if let Some(width) = width {
            columns.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(20));
        }
        let kept = self.fitting(width);
        columns.set_header(kept.iter().map(|at| aligned(Cell::new(sanitize(self.head(*at))), self.columns[*at].right)));
        for row in &self.rows {
            columns.add_row(kept.iter().map(|at| {
                let cell = row.get(*at).and_then(Option::as_deref).unwrap_or(NONE);
                aligned(Cell::new(sanitize(cell)), self.columns[*at].right)
            }));
        }
        let roomy = width.is_none_or(|width| self.needs(&kept) <= usize::from(width));
        for (column, at) in columns.column_iter_mut().zip(&kept) {
            column.set_padding((0, GAP));
            if roomy && !self.columns[*at].prose {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        for line in columns.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        let left_out: Vec<&str> =
            (0..self.columns.len()).filter(|at| !kept.contains(at)).map(|at| self.head(at)).collect();
        if !left_out.is_empty() {
            let note = format!("(too narrow for: {})", left_out.join(", "));
            text.push_str(&cut_end(&note, width.map_or(usize::MAX, |width| usize::from(width.max(20)))));
            text.push('\n');
        }
        text
    }

    /// Returns the indices of the columns that fit into `width`.
    fn fitting(&self, width: Option<u16>) -> Vec<usize> {
        let mut kept: Vec<usize> = (0..self.columns.len()).collect();
        let Some(width) = width else { return kept };
        while self.needs(&kept) > usize::from(width) {
            let last = kept.iter().copied().filter(|at| self.columns[*at].rank > 0);
            let Some(last) = last.max_by_key(|at| (self.columns[*at].rank, *at)) else { break };
            kept.retain(|at| *at != last);
        }
        kept
    }

    /// Returns the number of cells that these columns need, with prose at its minimum width.
    fn needs(&self, kept: &[usize]) -> usize {
        let widest = |at: usize| {
            let cells = self
                .rows
                .iter()
                .map(|row| row.get(at).and_then(Option::as_deref).map_or(1, |cell| width_of(&sanitize(cell))));
            cells.chain([width_of(self.head(at))]).max().unwrap_or_default()
        };
        let least_width =
            |at: &usize| widest(*at).min(if self.columns[*at].prose { LEAST } else { usize::MAX }) + usize::from(GAP);
        kept.iter().map(least_width).sum()
    }
}

fn aligned(cell: Cell, right: bool) -> Cell {
    if right { cell.set_alignment(CellAlignment::Right) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[left_aligned("NAME"), numbers("RUN")], "nothing");
        table.row([Some("日本\u{1b}[31m".into()), Some("1".into())]);
        table.row([Some("=cmd|' /C calc'!A0".into()), None]);
        table
    }

    #[test]
    fn columns_align_and_control_characters_are_escaped() {
        assert_eq!(table().text(None), "NAME                RUN\n日本␛[31m             1\n=cmd|' /C calc'!A0    –\n");
        assert_eq!(Table::new(&[left_aligned("A")], "no services").text(None), "no services\n");
    }

    #[test]
    fn lines_fit_into_narrow_terminals() {
        for width in [20u16, 30, 80] {
            for line in table().text(Some(width)).lines() {
                assert!(crate::model::text::width(line) <= usize::from(width), "{line}");
            }
        }
    }

    #[test]
    fn columns_without_room_are_dropped_and_named() {
        let mut table = Table::new(
            &[left_aligned("NAME"), left_aligned("CLASS").rank(2), left_aligned("AZ").rank(1), prose("WHY")],
            "",
        );
        table.row(
            ["db-1", "db.serverless", "ap-northeast-1a", "a sentence that is longer than its column"]
                .map(|cell| Some(cell.into())),
        );
        assert_eq!(
            table.text(Some(60)),
            "NAME  AZ               WHY\ndb-1  ap-northeast-1a  a sentence that is longer than its\n                       column\n(too narrow for: CLASS)\n"
        );
        assert!(table.text(Some(200)).contains("db.serverless"));
    }
}
