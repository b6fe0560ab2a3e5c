//! Formats in which each row is independent of the others: CSV, TSV, JSON, Markdown, INSERT statements, and unaligned values.

use super::head::{Head, Kind};
use super::options::{Expanded, Format, Options};
use crate::csv::field;
use crate::sql::keywords::{literal, quote_identifier};
use crate::text::{escape_json, sanitize};
use std::borrow::Cow;

/// Writes one result.
#[derive(Debug)]
pub struct Lines {
    heads: Vec<Head>,
    /// The names as the format writes them; for JSON made unique.
    names: Vec<Vec<u8>>,
    options: Options,
    terminal: bool,
    rows: u64,
    begun: bool,
    /// Whether a line of unaligned values still needs its terminator.
    begun_line: bool,
}

impl Lines {
    /// Returns a writer for these columns. With `terminal`, control characters are made harmless.
    pub fn new(heads: Vec<Head>, options: &Options, terminal: bool) -> Self {
        let mut seen: Vec<String> = Vec::new();
        for head in &heads {
            let mut name = head.name.clone();
            let mut number = 2;
            while seen.contains(&name) {
                name = format!("{}_{number}", head.name);
                number += 1;
            }
            seen.push(name);
        }
        let names = seen.iter().map(|name| {
            let mut out = Vec::new();
            json_string(name.as_bytes(), &mut out);
            out
        });
        let names = names.collect();
        Self { heads, names, options: options.clone(), terminal, rows: 0, begun: false, begun_line: false }
    }

    fn expanded(&self) -> bool {
        self.options.expanded == Expanded::On
    }

    /// Returns whether each row carries its names, so that no heading is needed.
    fn has_heading(&self) -> bool {
        !self.options.tuples_only && !self.expanded()
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if self.begun {
            return;
        }
        self.begun = true;
        let names: Vec<String> = self.heads.iter().map(|head| head.name.clone()).collect();
        match self.options.format {
            Format::Unaligned => {
                if let Some(title) = self.options.title.as_deref().filter(|_| !self.options.tuples_only) {
                    out.extend_from_slice(self.safe(title.as_bytes()).as_ref());
                    self.begun_line = true;
                }
                if self.has_heading() {
                    self.separate(false, out);
                    let separator = self.options.field_separator.clone().into_bytes();
                    self.joined(names.iter().map(|name| Some(name.as_bytes())), &separator, out, |this, cell, out| {
                        out.extend_from_slice(this.safe(cell).as_ref());
                    });
                    self.begun_line = true;
                }
            }
            Format::Csv if self.has_heading() => self.csv(names.iter().map(|name| Some(name.as_bytes())), out),
            Format::Tsv if self.has_heading() => {
                self.joined(names.iter().map(|name| Some(name.as_bytes())), b"\t", out, |this, cell, out| {
                    tsv(this.safe(cell).as_ref(), out);
                });
                out.push(b'\n');
            }
            Format::Json => out.push(b'['),
            Format::Markdown => {
                self.markdown(names.iter().map(|name| Some(name.as_bytes())), out);
                out.push(b'|');
                for head in &self.heads {
                    out.extend_from_slice(if head.right { b"---:|" } else { b"---|" });
                }
                out.push(b'\n');
            }
            Format::Csv | Format::Tsv | Format::Aligned | Format::JsonLines | Format::Insert => {}
        }
    }

    fn safe<'a>(&self, cell: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.terminal {
            return Cow::Borrowed(cell);
        }
        match std::str::from_utf8(cell) {
            Ok(text) => match harmless_lines(text) {
                Cow::Borrowed(_) => Cow::Borrowed(cell),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
            Err(_) => Cow::Owned(harmless_lines(&String::from_utf8_lossy(cell)).into_owned().into_bytes()),
        }
    }

    fn joined<'a>(
        &self,
        cells: impl Iterator<Item = Option<&'a [u8]>>,
        separator: &[u8],
        out: &mut Vec<u8>,
        mut write: impl FnMut(&Self, &[u8], &mut Vec<u8>),
    ) {
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                out.extend_from_slice(separator);
            }
            match cell {
                Some(cell) => write(self, cell, out),
                None => out.extend_from_slice(self.null().as_bytes()),
            }
        }
    }

    /// Returns the text for NULL: the configured one, else one that the format tells apart from a string.
    fn null(&self) -> &str {
        match self.options.format {
            Format::Tsv if self.options.null.is_empty() => "\\N",
            _ => &self.options.null,
        }
    }

    fn csv<'a>(&self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        let separator = self.options.csv_separator as u8;
        self.joined(cells, &[separator], out, |this, cell, out| field(out, this.safe(cell).as_ref(), separator));
        out.push(b'\n');
    }

    fn markdown<'a>(&self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        out.push(b'|');
        for cell in cells {
            let text = String::from_utf8_lossy(cell.unwrap_or(self.options.null.as_bytes()));
            let lines: Vec<Cow<str>> = text.split('\n').map(sanitize).collect();
            let text = lines.join("<br>").replace('\\', "\\\\").replace('|', "\\|");
            out.push(b' ');
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(b" |");
        }
        out.push(b'\n');
    }

    fn json_value(head: &Head, cell: Option<&[u8]>, out: &mut Vec<u8>) {
        let Some(cell) = cell else {
            out.extend_from_slice(b"null");
            return;
        };
        match head.kind {
            Kind::Boolean if cell == b"t" => out.extend_from_slice(b"true"),
            Kind::Boolean if cell == b"f" => out.extend_from_slice(b"false"),
            Kind::Number if is_number(cell) => out.extend_from_slice(cell),
            Kind::Json => match std::str::from_utf8(cell) {
                // Line ends in JSON occur only between values.
                Ok(text) => out.extend_from_slice(escape_json(&text.replace(['\n', '\r'], " ")).as_bytes()),
                Err(_) => json_string(cell, out),
            },
            Kind::Boolean | Kind::Number | Kind::Text => json_string(cell, out),
        }
    }

    fn object<'a>(&self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        out.push(b'{');
        for (at, ((cell, head), name)) in cells.zip(&self.heads).zip(&self.names).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(name);
            out.push(b':');
            Self::json_value(head, cell, out);
        }
        out.push(b'}');
    }

    fn insert<'a>(&self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        let own = &self.options.table_columns;
        let names = self.heads.iter().enumerate().map(|(at, head)| quote_identifier(own.get(at).unwrap_or(&head.name)));
        let names: Vec<String> = names.collect();
        let head = format!("INSERT INTO {} ({}) VALUES (", self.options.table, names.join(", "));
        out.extend_from_slice(head.as_bytes());
        for (at, (cell, head)) in cells.zip(&self.heads).enumerate() {
            if at > 0 {
                out.extend_from_slice(b", ");
            }
            match cell {
                None => out.extend_from_slice(b"NULL"),
                Some(cell) if head.kind == Kind::Number && is_number(cell) => out.extend_from_slice(cell),
                Some(b"t") if head.kind == Kind::Boolean => out.extend_from_slice(b"true"),
                Some(b"f") if head.kind == Kind::Boolean => out.extend_from_slice(b"false"),
                // Bytes of a database without an encoding stay as they are.
                Some(cell) if !self.terminal && std::str::from_utf8(cell).is_err() => literal_of_bytes(cell, out),
                Some(cell) => {
                    let text = literal(&String::from_utf8_lossy(cell));
                    out.extend_from_slice(self.safe(text.as_bytes()).as_ref());
                }
            }
        }
        out.extend_from_slice(b");\n");
    }

    /// Writes a record of unaligned values or of CSV: a name and a value per line.
    fn record<'a>(&self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        for (at, (cell, head)) in cells.zip(&self.heads).enumerate() {
            let name = head.name.as_bytes();
            if self.options.format == Format::Csv {
                self.csv([Some(name), cell].into_iter(), out);
            } else {
                if at > 0 {
                    out.extend_from_slice(self.options.record_separator.as_bytes());
                }
                let separator = self.options.field_separator.as_bytes();
                self.joined([Some(name), cell].into_iter(), separator, out, |this, cell, out| {
                    out.extend_from_slice(this.safe(cell).as_ref());
                });
            }
        }
    }

    /// Adds a row.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        self.begin(out);
        self.rows += 1;
        match self.options.format {
            Format::Csv if self.expanded() => self.record(cells, out),
            Format::Csv => self.csv(cells, out),
            Format::Tsv => {
                self.joined(cells, b"\t", out, |this, cell, out| tsv(this.safe(cell).as_ref(), out));
                out.push(b'\n');
            }
            Format::Json => {
                out.extend_from_slice(if self.rows == 1 { b"\n  " } else { b",\n  " });
                self.object(cells, out);
            }
            Format::JsonLines => {
                self.object(cells, out);
                out.push(b'\n');
            }
            Format::Markdown => self.markdown(cells, out),
            Format::Insert => self.insert(cells, out),
            Format::Unaligned | Format::Aligned => {
                if self.heads.is_empty() {
                    return;
                }
                self.separate(self.expanded(), out);
                if self.expanded() {
                    self.record(cells, out);
                } else {
                    let separator = self.options.field_separator.as_bytes();
                    self.joined(cells, separator, out, |this, cell, out| {
                        out.extend_from_slice(this.safe(cell).as_ref());
                    });
                }
                self.begun_line = true;
            }
        }
    }

    /// Writes the separator before the next line of unaligned values or the next record, if one precedes it.
    fn separate(&self, records: bool, out: &mut Vec<u8>) {
        if self.begun_line {
            let times = if records { 2 } else { 1 };
            out.extend_from_slice(self.options.record_separator.repeat(times).as_bytes());
        }
    }

    /// Ends the output of a statement that failed.
    pub fn abort(mut self, out: &mut Vec<u8>) {
        if self.rows > 0 {
            self.options.footer = false;
            self.end(&[], out);
        }
    }

    /// Ends the output after the last row.
    pub fn end(mut self, footers: &[String], out: &mut Vec<u8>) {
        self.begin(out);
        match self.options.format {
            Format::Json => out.extend_from_slice(if self.rows == 0 { b"]\n" } else { b"\n]\n" }),
            Format::Unaligned => {
                let mut lines = footers.to_vec();
                if self.options.footer && footers.is_empty() && !self.expanded() {
                    lines.push(super::aligned::row_count(self.rows).trim_end().to_owned());
                }
                if self.options.tuples_only {
                    lines.clear();
                }
                for (at, line) in lines.iter().enumerate() {
                    // The footers of records are set off from them.
                    self.separate(self.expanded() && at == 0, out);
                    out.extend_from_slice(sanitize(line).as_bytes());
                    self.begun_line = true;
                }
                // The last line ends with a line end, whatever the record separator is.
                if self.begun_line {
                    out.push(if self.options.record_separator == "\0" { 0 } else { b'\n' });
                }
            }
            Format::Aligned | Format::Csv | Format::Tsv | Format::JsonLines | Format::Markdown | Format::Insert => {}
        }
    }
}

/// Returns text that is safe for a terminal, with its line ends kept.
fn harmless_lines(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return sanitize(text);
    }
    Cow::Owned(text.split('\n').map(sanitize).collect::<Vec<_>>().join("\n"))
}

/// Returns whether JSON can express this number: PostgreSQL also has `NaN` and `Infinity`.
fn is_number(cell: &[u8]) -> bool {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    digits.first().is_some_and(u8::is_ascii_digit)
}

fn json_string(cell: &[u8], out: &mut Vec<u8>) {
    if cell.iter().all(|byte| (b' '..0x7f).contains(byte) && !matches!(byte, b'"' | b'\\')) {
        out.push(b'"');
        out.extend_from_slice(cell);
        out.push(b'"');
        return;
    }
    // A string can always be written as JSON.
    let json = serde_json::to_string(&String::from_utf8_lossy(cell)).unwrap_or_default();
    out.extend_from_slice(escape_json(&json).as_bytes());
}

/// Writes bytes that are not UTF-8 as a literal.
fn literal_of_bytes(cell: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"E'");
    for byte in cell {
        if matches!(byte, b'\'' | b'\\') {
            out.push(*byte);
        }
        out.push(*byte);
    }
    out.push(b'\'');
}

/// Writes a TSV value. As in `COPY`, characters that would end a value are escaped with `\`.
fn tsv(cell: &[u8], out: &mut Vec<u8>) {
    for byte in cell {
        match byte {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            byte => out.push(*byte),
        }
    }
}
