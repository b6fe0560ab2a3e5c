//! psql's tables: columns that line up, and records. Widths come from the first rows and then stay, so that a result larger
//! than memory passes; a wider value moves what is to its right.

use super::cell::{grouped, is_plain, lines_of, width_of};
use super::head::Head;
use super::options::{Expanded, Options};
use crate::text::{harmless, width};

/// So many rows are looked at for the widths: results that are smaller look as psql's do.
pub const SAMPLE_ROWS: usize = 10_000;
/// So many bytes of them at most.
pub const SAMPLE_BYTES: usize = 4 * 1024 * 1024;

/// The lines of a table.
struct Rules {
    dash: &'static str,
    /// Left, middle and right of the rule above, between and below.
    top: [&'static str; 3],
    middle: [&'static str; 3],
    bottom: [&'static str; 3],
    bar: &'static str,
    /// What stands where a value goes on in the next line.
    more: &'static str,
}

const ASCII: Rules =
    Rules { dash: "-", top: ["+", "+", "+"], middle: ["+", "+", "+"], bottom: ["+", "+", "+"], bar: "|", more: "+" };
const UNICODE: Rules =
    Rules {
        dash: "─", top: ["┌", "┬", "┐"], middle: ["├", "┼", "┤"], bottom: ["└", "┴", "┘"], bar: "│", more: "↵"
    };

/// Writes one result as a table.
#[derive(Debug)]
pub struct Aligned {
    heads: Vec<Head>,
    options: Options,
    widths: Vec<usize>,
    /// The first rows: all values one after the other, and where each ends; none is NULL.
    held: Option<(Vec<u8>, Vec<Option<usize>>)>,
    /// The width of the widest value, for records.
    values_width: usize,
    rows: u64,
    expanded: bool,
    /// Reused for each row that needs it.
    lines: Vec<Vec<(String, usize)>>,
}

fn pad(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len() + count, b' ');
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

impl Aligned {
    /// For these columns.
    pub fn new(mut heads: Vec<Head>, options: &Options) -> Self {
        for head in &mut heads {
            head.name = lines_of(head.name.as_bytes()).into_iter().map(|line| line.0).collect::<Vec<_>>().join(" ");
        }
        // Also where they are not shown, as psql does it.
        let heading = |head: &Head| width(&head.name);
        let widths = heads.iter().map(heading).collect();
        let expanded = options.expanded == Expanded::On;
        let held = Some((Vec::new(), Vec::new()));
        Self { heads, options: options.clone(), widths, held, values_width: 0, rows: 0, expanded, lines: Vec::new() }
    }

    fn rules(&self) -> &'static Rules {
        if self.options.unicode { &UNICODE } else { &ASCII }
    }

    /// Adds a row.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        self.rows += 1;
        let Some((bytes, ends)) = &mut self.held else {
            let cells: Vec<Option<&[u8]>> = cells.collect();
            self.write(&cells, self.rows, out);
            return;
        };
        for (cell, widest) in cells.zip(&mut self.widths) {
            let shown = cell.unwrap_or(self.options.null.as_bytes());
            let shown = if self.options.grouped { width_of(shown) + shown.len() / 3 } else { width_of(shown) };
            *widest = (*widest).max(shown);
            self.values_width = self.values_width.max(shown);
            bytes.extend_from_slice(cell.unwrap_or_default());
            ends.push(cell.map(|_| bytes.len()));
        }
        if self.rows as usize >= SAMPLE_ROWS || bytes.len() >= SAMPLE_BYTES {
            self.settle(out);
        }
    }

    /// Fixes the widths and writes what is held.
    pub fn settle(&mut self, out: &mut Vec<u8>) {
        let Some((bytes, ends)) = self.held.take() else { return };
        let wide: usize = self.widths.iter().map(|width| width + 3).sum();
        if self.options.expanded == Expanded::Auto && self.options.columns > 0 {
            self.expanded = wide.saturating_sub(1) > self.options.columns;
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

    /// What stands above the rows.
    fn begin(&self, out: &mut Vec<u8>) {
        let border = self.options.border.min(2);
        if let Some(title) = self.options.title.as_deref().filter(|_| !self.options.tuples_only) {
            let title = harmless(title);
            let edges = [0, 2, 4][usize::from(border)];
            let inner = if border == 0 { 1 } else { 3 };
            let count = self.widths.len();
            let total = self.widths.iter().sum::<usize>() + count.saturating_sub(1) * inner + edges;
            if !self.expanded {
                pad(out, total.saturating_sub(width(&title)) / 2);
            }
            put(out, &title);
            out.push(b'\n');
        }
        if self.expanded {
            return;
        }
        if border == 2 && !self.heads.is_empty() {
            self.rule(&self.rules().top, out);
        }
        if self.options.tuples_only {
            return;
        }
        if self.heads.is_empty() {
            put(out, "--\n");
            return;
        }
        let last = self.heads.len() - 1;
        if border == 2 {
            put(out, self.rules().bar);
        }
        for (number, (head, wide)) in self.heads.iter().zip(&self.widths).enumerate() {
            if border > 0 {
                out.push(b' ');
            }
            let blank = wide.saturating_sub(width(&head.name));
            pad(out, blank / 2);
            put(out, &head.name);
            pad(out, blank - blank / 2);
            out.push(b' ');
            if (border > 0 && number < last) || border == 2 {
                put(out, self.rules().bar);
            }
        }
        out.push(b'\n');
        self.rule(&self.rules().middle, out);
    }

    /// A rule between rows.
    fn rule(&self, ends: &[&str; 3], out: &mut Vec<u8>) {
        let border = self.options.border.min(2);
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
        if border == 2 {
            put(out, ends[2]);
        }
        out.push(b'\n');
    }

    fn write(&mut self, cells: &[Option<&[u8]>], number: u64, out: &mut Vec<u8>) {
        if self.expanded {
            self.record(cells, number, out);
            return;
        }
        let plain =
            !self.options.grouped && cells.iter().all(|cell| is_plain(cell.unwrap_or(self.options.null.as_bytes())));
        if plain {
            self.plain(cells, out);
        } else {
            self.lines(cells, out);
        }
    }

    /// A row whose values are one line of one cell a byte: almost all are.
    fn plain(&self, cells: &[Option<&[u8]>], out: &mut Vec<u8>) {
        let border = self.options.border.min(2);
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

    fn shown(&self, cell: Option<&[u8]>, head: &Head) -> Vec<(String, usize)> {
        let text = cell.unwrap_or(self.options.null.as_bytes());
        if self.options.grouped && head.right && cell.is_some() {
            lines_of(grouped(&String::from_utf8_lossy(text)).as_bytes())
        } else {
            lines_of(text)
        }
    }

    /// A row of which a value has several lines, wide characters or such that would act.
    fn lines(&mut self, cells: &[Option<&[u8]>], out: &mut Vec<u8>) {
        let border = self.options.border.min(2);
        let rules = self.rules();
        self.lines = cells.iter().zip(&self.heads).map(|(cell, head)| self.shown(*cell, head)).collect();
        let high = self.lines.iter().map(Vec::len).max().unwrap_or(0);
        let last = cells.len().saturating_sub(1);
        for line in 0..high {
            if border == 2 {
                put(out, rules.bar);
            }
            for (at, (parts, wide)) in self.lines.iter().zip(&self.widths).enumerate() {
                let (text, used) = parts.get(line).map_or(("", 0), |(text, used)| (text.as_str(), *used));
                let more = line + 1 < parts.len();
                let blank = wide.saturating_sub(used);
                if border > 0 {
                    out.push(b' ');
                }
                if self.heads[at].right {
                    pad(out, blank);
                }
                put(out, text);
                if at < last || border == 2 || more {
                    if !self.heads[at].right {
                        pad(out, blank);
                    }
                    put(out, if more { rules.more } else { " " });
                }
                if border > 0 && (at < last || border == 2) {
                    put(out, rules.bar);
                }
            }
            out.push(b'\n');
        }
    }

    /// The rule above a record. Source: print.c, `print_aligned_vertical_line`.
    fn record_rule(&self, number: u64, out: &mut Vec<u8>) {
        let border = self.options.border.min(2);
        let rules = self.rules();
        let (names, values) = self.record_widths();
        let ends = if number == 1 { rules.top } else { rules.middle };
        let mut line = match border {
            0 => String::new(),
            1 => rules.dash.into(),
            _ => format!("{}{}", ends[0], rules.dash),
        };
        let label = match (self.options.tuples_only, border) {
            (true, _) => String::new(),
            (false, 0) => format!("* Record {number}"),
            (false, _) => format!("[ RECORD {number} ]"),
        };
        line.push_str(&label);
        let fill = if border > 0 { rules.dash } else { " " };
        let mut used = label.len() + usize::from(border != 2);
        line.push_str(&fill.repeat(names.saturating_sub(used)));
        used = used.max(names) - names;
        let between: &[&str] = if border > 0 { &[rules.dash, ends[1], rules.dash] } else { &[" "] };
        for sign in between.iter().skip(used) {
            line.push_str(sign);
        }
        used = used.saturating_sub(between.len());
        line.push_str(&fill.repeat(values.saturating_sub(used)));
        if border == 2 {
            line.push_str(rules.dash);
            line.push_str(ends[2]);
        }
        put(out, &line);
        out.push(b'\n');
    }

    fn record_widths(&self) -> (usize, usize) {
        let names = self.heads.iter().map(|head| width(&head.name)).max().unwrap_or(0);
        // A heading counts for the width of its column, not for that of the values.
        (names, self.values_width)
    }

    fn record(&mut self, cells: &[Option<&[u8]>], number: u64, out: &mut Vec<u8>) {
        let border = self.options.border.min(2);
        let rules = self.rules();
        if self.heads.is_empty() {
            return;
        }
        if !self.options.tuples_only || number > 1 || border == 2 {
            self.record_rule(number, out);
        }
        let (names, values) = self.record_widths();
        for (cell, head) in cells.iter().zip(&self.heads) {
            let lines = self.shown(*cell, head);
            for (at, (text, used)) in lines.iter().enumerate() {
                if border == 2 {
                    put(out, rules.bar);
                    out.push(b' ');
                }
                let name = if at == 0 { head.name.as_str() } else { "" };
                put(out, name);
                pad(out, names - width(name));
                out.push(b' ');
                if border > 0 {
                    put(out, rules.bar);
                    out.push(b' ');
                }
                put(out, text);
                let more = at + 1 < lines.len();
                if more || border == 2 {
                    pad(out, values.saturating_sub(*used));
                    put(out, if more { rules.more } else { " " });
                }
                if border == 2 {
                    put(out, rules.bar);
                }
                out.push(b'\n');
            }
        }
    }

    /// After the last row.
    pub fn end(mut self, footers: &[String], out: &mut Vec<u8>) {
        self.settle(out);
        let border = self.options.border.min(2);
        if border == 2 && !self.heads.is_empty() && (!self.expanded || self.rows > 0) {
            if self.expanded {
                let (names, values) = self.record_widths();
                let [left, middle, right] = self.rules().bottom;
                let dash = self.rules().dash;
                put(out, &format!("{left}{}{middle}{}{right}\n", dash.repeat(names + 2), dash.repeat(values + 2)));
            } else {
                self.rule(&self.rules().bottom, out);
            }
        }
        if self.options.footer && !self.options.tuples_only {
            if footers.is_empty() && (!self.expanded || self.rows == 0 || self.heads.is_empty()) {
                put(out, &counted(self.rows));
            }
            for footer in footers {
                put(out, &harmless(footer));
                out.push(b'\n');
            }
        }
        out.push(b'\n');
    }
}

/// `(1 row)`, `(3 rows)`.
pub fn counted(rows: u64) -> String {
    if rows == 1 { "(1 row)\n".into() } else { format!("({rows} rows)\n") }
}
