//! psql's tables: aligned columns, and records. Widths are taken from the first rows and then fixed, so that a result larger
//! than memory can be written. A wider value shifts the rest of its row to the right.

use super::cell::{grouped, is_plain, lines_of, width_of};
use super::head::Head;
use super::options::{Expanded, Options};
use super::style::Rules;
use crate::text::{sanitize, sanitize_lines, width};
use unicode_segmentation::UnicodeSegmentation as _;

/// Number of rows sampled for the widths. Smaller results look exactly as in psql.
pub const SAMPLE_ROWS: usize = 10_000;
/// Maximum number of bytes sampled.
pub const SAMPLE_BYTES: usize = 4 * 1024 * 1024;

/// Writes one result as a table.
#[derive(Debug)]
pub struct Aligned {
    pub(super) heads: Vec<Head>,
    /// The lines of each heading, with their widths.
    pub(super) headings: Vec<Vec<(String, usize)>>,
    pub(super) options: Options,
    widths: Vec<usize>,
    /// The summed width of the values of each column.
    sums: Vec<usize>,
    /// The sampled rows: all values concatenated, and the end of each; `None` is NULL.
    held: Option<(Vec<u8>, Vec<Option<usize>>)>,
    /// The width of the widest value, for records.
    pub(super) values_width: usize,
    /// Whether any value has several lines.
    pub(super) multiline: bool,
    pub(super) rows: u64,
    expanded: bool,
    /// A buffer, reused for each row that needs it.
    lines: Vec<Vec<Part>>,
}

/// A part of a value: a line, or as much of a line as fits its column.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) wide: usize,
    pub(super) begins: Begins,
}

/// How a part begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// At the beginning of the value.
    Value,
    /// After a line end in the value.
    Line,
    /// Within a line that was too long for the column.
    Wrapped,
}

/// Returns the lines of a value; lines wider than `most` cells are split.
pub(super) fn parts(lines: Vec<(String, usize)>, most: usize) -> Vec<Part> {
    let mut parts = Vec::with_capacity(lines.len());
    for (line, (text, wide)) in lines.into_iter().enumerate() {
        let begins = if line == 0 { Begins::Value } else { Begins::Line };
        if wide <= most {
            parts.push(Part { text, wide, begins });
            continue;
        }
        let mut part = Part { text: String::new(), wide: 0, begins };
        for character in text.graphemes(true) {
            let more = width(character);
            // A character wider than the column is placed there all the same.
            if part.wide > 0 && part.wide + more > most {
                parts
                    .push(std::mem::replace(&mut part, Part { text: String::new(), wide: 0, begins: Begins::Wrapped }));
            }
            part.text.push_str(character);
            part.wide += more;
        }
        parts.push(part);
    }
    parts
}

pub(super) fn pad(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len() + count, b' ');
}

pub(super) fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

impl Aligned {
    /// Returns a writer for these columns.
    pub fn new(heads: Vec<Head>, options: &Options) -> Self {
        let headings: Vec<Vec<(String, usize)>> = heads.iter().map(|head| lines_of(head.name.as_bytes())).collect();
        // As in psql, headings count even if they are not shown.
        let widths = headings.iter().map(|lines| widest(lines)).collect();
        Self {
            sums: vec![0; heads.len()],
            heads,
            headings,
            options: options.clone(),
            widths,
            held: Some((Vec::new(), Vec::new())),
            values_width: 0,
            multiline: false,
            rows: 0,
            expanded: options.expanded == Expanded::On,
            lines: Vec::new(),
        }
    }

    pub(super) fn rules(&self) -> &'static Rules {
        self.options.style.rules()
    }

    pub(super) fn border(&self) -> u8 {
        self.options.border.min(2)
    }

    /// Adds a row.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        self.rows += 1;
        let Some((bytes, ends)) = &mut self.held else {
            let cells: Vec<Option<&[u8]>> = cells.collect();
            self.write(&cells, self.rows, out);
            return;
        };
        for (((cell, head), widest), sum) in cells.zip(&self.heads).zip(&mut self.widths).zip(&mut self.sums) {
            let text = cell.unwrap_or(self.options.null.as_bytes());
            let shown = match cell {
                Some(_) if self.options.grouped && head.right => {
                    width_of(grouped(&String::from_utf8_lossy(text)).as_bytes())
                }
                _ => width_of(text),
            };
            *widest = (*widest).max(shown);
            *sum += shown;
            self.multiline |= text.contains(&b'\n');
            self.values_width = self.values_width.max(shown);
            bytes.extend_from_slice(cell.unwrap_or_default());
            ends.push(cell.map(|_| bytes.len()));
        }
        if self.rows as usize >= SAMPLE_ROWS || bytes.len() >= SAMPLE_BYTES {
            self.flush(out);
        }
    }

    /// Fixes the widths and writes the sampled rows.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        let Some((bytes, ends)) = self.held.take() else { return };
        if self.options.wrapped {
            self.narrow();
        }
        // A single column would be wider as records.
        if self.options.expanded == Expanded::Auto && self.options.columns > 0 && self.heads.len() > 1 {
            self.expanded = self.lines_between() + self.widths.iter().sum::<usize>() > self.options.columns;
        }
        if self.options.wrapped && self.expanded {
            self.narrow_record();
        }
        self.begin(out);
        let count = self.heads.len();
        let mut start = 0;
        let mut cells: Vec<Option<&[u8]>> = Vec::with_capacity(count);
        for number in 0..ends.len().checked_div(count).unwrap_or(0) {
            cells.clear();
            for end in &ends[number * count..(number + 1) * count] {
                cells.push(end.map(|end| &bytes[start..end]));
                start = end.unwrap_or(start);
            }
            self.write(&cells, number as u64 + 1, out);
        }
    }

    /// Returns the number of cells between and around the columns.
    fn lines_between(&self) -> usize {
        let count = self.heads.len();
        match self.border() {
            0 => count,
            1 => (count * 3).saturating_sub(1),
            _ => count * 3 + 1,
        }
    }

    /// Narrows columns to the width of the screen, starting with those whose widest value is exceptional.
    /// Source: print.c, `print_aligned_text`.
    fn narrow(&mut self) {
        let between = self.lines_between();
        let headings: Vec<usize> = self.headings.iter().map(|lines| widest(lines)).collect();
        let widest = self.widths.clone();
        let rows = usize::try_from(self.rows).unwrap_or(usize::MAX).max(1);
        if self.options.columns < between + headings.iter().sum::<usize>() {
            return;
        }
        let mut total = between + widest.iter().sum::<usize>();
        while total > self.options.columns {
            let ratio =
                |at: &usize| self.widths[*at] as f64 / (self.sums[*at] / rows) as f64 + widest[*at] as f64 * 0.01;
            let worth = |at: &usize| self.sums[*at] / rows > 0 && self.widths[*at] > headings[*at];
            let worst =
                (0..widest.len()).filter(worth).reduce(|best, at| if ratio(&at) > ratio(&best) { at } else { best });
            let Some(worst) = worst else { break };
            self.widths[worst] -= 1;
            total -= 1;
        }
    }

    /// Writes the title and the head above the rows.
    fn begin(&self, out: &mut Vec<u8>) {
        let border = self.border();
        if let Some(title) = self.options.title.as_deref().filter(|_| !self.options.tuples_only) {
            let title = sanitize_lines(title);
            let total = self.lines_between() + self.widths.iter().sum::<usize>();
            if !self.expanded {
                pad(out, total.saturating_sub(title.lines().map(width).max().unwrap_or(0)) / 2);
            }
            put(out, &title);
            out.push(b'\n');
        }
        if self.expanded {
            return;
        }
        if border == 2 {
            self.rule(&self.rules().top, out);
        }
        if self.options.tuples_only {
            return;
        }
        self.heading(out);
        self.rule(&self.rules().middle, out);
    }

    /// Writes the headings, which may have several lines.
    fn heading(&self, out: &mut Vec<u8>) {
        let (border, rules, last) = (self.border(), self.rules(), self.heads.len().saturating_sub(1));
        let high = self.headings.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..high {
            if border == 2 {
                put(out, rules.bar);
            }
            for (number, (lines, wide)) in self.headings.iter().zip(&self.widths).enumerate() {
                if border > 0 || !rules.marks_right && number > 0 {
                    put(out, if line > 0 { rules.heading_on } else { " " });
                }
                let (text, used) = lines.get(line).map_or(("", 0), |(text, used)| (text.as_str(), *used));
                let blank = wide.saturating_sub(used);
                pad(out, blank / 2);
                put(out, text);
                pad(out, blank - blank / 2);
                if border > 0 || rules.marks_right {
                    put(out, if line + 1 < lines.len() { rules.heading_more } else { " " });
                }
                if border > 0 && number < last || border == 2 {
                    put(out, rules.bar);
                }
            }
            out.push(b'\n');
        }
    }

    /// Writes a rule between rows.
    fn rule(&self, ends: &[&str; 3], out: &mut Vec<u8>) {
        let border = self.border();
        let dash = self.rules().dash;
        for (number, wide) in self.widths.iter().enumerate() {
            match (border, number) {
                (0, 0) => {}
                (0, _) => out.push(b' '),
                (2, 0) => put(out, ends[0]),
                (_, 0) => {}
                (..) => put(out, ends[1]),
            }
            put(out, &dash.repeat(wide + if border > 0 { 2 } else { 0 }));
        }
        if self.widths.is_empty() && border > 0 {
            put(out, &format!("{}{dash}{dash}", if border == 2 { ends[0] } else { "" }));
        }
        if border == 2 {
            put(out, ends[2]);
        }
        out.push(b'\n');
    }

    fn write(&mut self, cells: &[Option<&[u8]>], number: u64, out: &mut Vec<u8>) {
        if cells.is_empty() {
            return;
        }
        if self.expanded {
            self.record(cells, number, out);
            return;
        }
        let wraps = self.options.wrapped;
        let mut wide = self.widths.iter();
        let mut plain = |cell: &[u8]| is_plain(cell) && wide.next().is_some_and(|wide| !wraps || cell.len() <= *wide);
        let plain =
            !self.options.grouped && cells.iter().all(|cell| plain(cell.unwrap_or(self.options.null.as_bytes())));
        if plain {
            self.plain(cells, out);
        } else {
            self.lines(cells, out);
        }
    }

    /// Writes a row whose values are all single lines with one cell per byte, which is the usual case.
    fn plain(&self, cells: &[Option<&[u8]>], out: &mut Vec<u8>) {
        let border = self.border();
        let bar = self.rules().bar;
        let last = cells.len().saturating_sub(1);
        if border == 2 {
            put(out, bar);
        }
        for (at, ((cell, wide), head)) in cells.iter().zip(&self.widths).zip(&self.heads).enumerate() {
            let cell = cell.unwrap_or(self.options.null.as_bytes());
            let blank = wide.saturating_sub(cell.len());
            if border > 0 {
                out.push(b' ');
            }
            if head.right {
                pad(out, blank);
            }
            out.extend_from_slice(cell);
            if at < last || border == 2 {
                if !head.right {
                    pad(out, blank);
                }
                out.push(b' ');
                if border > 0 {
                    put(out, bar);
                }
            }
        }
        out.push(b'\n');
    }

    pub(super) fn shown(&self, cell: Option<&[u8]>, head: &Head) -> Vec<(String, usize)> {
        let text = cell.unwrap_or(self.options.null.as_bytes());
        if self.options.grouped && head.right && cell.is_some() {
            lines_of(grouped(&String::from_utf8_lossy(text)).as_bytes())
        } else {
            lines_of(text)
        }
    }

    /// Writes a row with multi-line values, wide characters or control characters.
    fn lines(&mut self, cells: &[Option<&[u8]>], out: &mut Vec<u8>) {
        let (border, rules) = (self.border(), self.rules());
        let most = |wide: usize| if self.options.wrapped { wide } else { usize::MAX };
        let shown = cells.iter().zip(&self.heads).zip(&self.widths);
        self.lines = shown.map(|((cell, head), wide)| parts(self.shown(*cell, head), most(*wide))).collect();
        let high = self.lines.iter().map(Vec::len).max().unwrap_or(0);
        let last = cells.len().saturating_sub(1);
        let mark = |begins: Option<Begins>, line: &'static str, wrapped: &'static str| match begins {
            Some(Begins::Line) => line,
            Some(Begins::Wrapped) => wrapped,
            Some(Begins::Value) | None => " ",
        };
        for line in 0..high {
            if border == 2 {
                put(out, rules.bar);
            }
            for (at, (parts, wide)) in self.lines.iter().zip(&self.widths).enumerate() {
                let (text, used) = parts.get(line).map_or(("", 0), |part| (part.text.as_str(), part.wide));
                let next = parts.get(line + 1).map(|part| part.begins);
                let blank = wide.saturating_sub(used);
                if border > 0 {
                    put(out, mark(parts.get(line).map(|part| part.begins), " ", rules.wrapped_on));
                }
                if self.heads[at].right && line < parts.len() {
                    pad(out, blank);
                }
                put(out, text);
                if at < last || border == 2 || next.is_some() {
                    if !self.heads[at].right || line >= parts.len() {
                        pad(out, blank);
                    }
                    put(out, mark(next, rules.more, rules.wrapped_more));
                }
                if border > 0 && at < last {
                    let begins = self.lines[at + 1].get(line).map(|part| part.begins);
                    put(
                        out,
                        match begins {
                            Some(Begins::Value) => rules.bar,
                            Some(Begins::Line) => rules.bar_on,
                            Some(Begins::Wrapped) => rules.bar_wrapped,
                            None => rules.bar_past,
                        },
                    );
                } else if border == 2 {
                    put(out, rules.bar);
                }
            }
            out.push(b'\n');
        }
    }

    /// Writes the footers below the last row.
    pub fn end(mut self, footers: &[String], out: &mut Vec<u8>) {
        self.flush(out);
        let border = self.border();
        if border == 2 && (!self.expanded || self.rows > 0 && !self.heads.is_empty()) {
            if self.expanded {
                self.record_end(out);
            } else {
                self.rule(&self.rules().bottom, out);
            }
        }
        if !self.options.tuples_only {
            if self.options.footer && footers.is_empty() && (!self.expanded || self.rows == 0 || self.heads.is_empty())
            {
                put(out, &row_count(self.rows));
            }
            // Footers below records are set off by an empty line.
            if self.expanded && self.rows > 0 && border < 2 && !footers.is_empty() {
                out.push(b'\n');
            }
            for footer in footers {
                put(out, &sanitize(footer));
                out.push(b'\n');
            }
        }
        out.push(b'\n');
    }

    /// Ends the output of a statement that failed.
    pub fn abort(mut self, out: &mut Vec<u8>) {
        if self.rows > 0 {
            self.options.footer = false;
            self.end(&[], out);
        }
    }
}

/// Returns the width of the widest line in cells.
pub(super) fn widest(lines: &[(String, usize)]) -> usize {
    lines.iter().map(|line| line.1).max().unwrap_or(0)
}

/// Formats a row count as `(1 row)` or `(3 rows)`.
pub fn row_count(rows: u64) -> String {
    if rows == 1 { "(1 row)\n".into() } else { format!("({rows} rows)\n") }
}
