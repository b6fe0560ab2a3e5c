//! Rows of text as columns for people.

use crate::model::text::{cut_end, harmless, width as width_of};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table as Columns, TableStyle, presets};

/// The text of a cell that has no value.
pub const NONE: &str = "–";
/// Cells between columns.
const GAP: u16 = 2;
/// The least width of a column of sentences.
const LEAST: usize = 24;

/// A column of a printed table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub title: &'static str,
    /// Numbers stand at the right.
    pub right: bool,
    /// Sentences may be wrapped; other columns are not, as long as there is room.
    pub prose: bool,
    /// Where there is no room, columns with a higher number are left out first; 0 always stays.
    pub rank: u8,
}

impl Column {
    /// Sets the rank of the column: where there is no room, the highest number is left out first.
    #[must_use]
    pub const fn rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }
}

/// A column that is aligned left.
pub const fn words(title: &'static str) -> Column {
    Column { title, right: false, prose: false, rank: 0 }
}

/// A column of sentences.
pub const fn prose(title: &'static str) -> Column {
    Column { title, right: false, prose: true, rank: 0 }
}

/// A column that is aligned right.
pub const fn numbers(title: &'static str) -> Column {
    Column { title, right: true, prose: false, rank: 0 }
}

/// A table to be printed, with its rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// The title above it in a document of several tables.
    pub title: Option<String>,
    pub columns: Vec<Column>,
    /// Rows; `None` is a value that is not there.
    pub rows: Vec<Vec<Option<String>>>,
    /// The message where there are no rows.
    pub empty: String,
    /// Titles that are known only from what came, instead of the columns' own.
    pub heads: Vec<String>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column], empty: impl Into<String>) -> Self {
        Self { title: None, columns: columns.to_vec(), rows: Vec::new(), empty: empty.into(), heads: Vec::new() }
    }

    /// Sets the title above the table.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The title of a column.
    fn head(&self, at: usize) -> &str {
        self.heads.get(at).map_or(self.columns[at].title, String::as_str)
    }

    /// Adds a row, one cell for each column.
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
        let kept = self.fitting(width);
        columns.set_header(kept.iter().map(|at| aligned(Cell::new(harmless(self.head(*at))), self.columns[*at].right)));
        for row in &self.rows {
            columns.add_row(kept.iter().map(|at| {
                let cell = row.get(*at).and_then(Option::as_deref).unwrap_or(NONE);
                aligned(Cell::new(harmless(cell)), self.columns[*at].right)
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

    /// Places of the columns that fit into `width`.
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

    /// Cells that columns need, sentences at their least.
    fn needs(&self, kept: &[usize]) -> usize {
        let widest = |at: usize| {
            let cells = self
                .rows
                .iter()
                .map(|row| row.get(at).and_then(Option::as_deref).map_or(1, |cell| width_of(&harmless(cell))));
            cells.chain([width_of(self.head(at))]).max().unwrap_or_default()
        };
        let of =
            |at: &usize| widest(*at).min(if self.columns[*at].prose { LEAST } else { usize::MAX }) + usize::from(GAP);
        kept.iter().map(of).sum()
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
    fn columns_without_room_are_left_out_and_named() {
        let mut table = Table::new(&[words("NAME"), words("CLASS").rank(2), words("AZ").rank(1), prose("WHY")], "");
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
