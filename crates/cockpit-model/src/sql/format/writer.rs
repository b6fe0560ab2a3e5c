//! Writes a result row by row in any format, into a byte buffer that the caller sends on.

use super::aligned::Aligned;
pub use super::head::{Head, Kind};
use super::lines::Lines;
use super::options::{Expanded, Format, Options};
use crate::sql::small_table::{Sheet, SheetKind};

/// Writes one result. Of a table, the first [`super::aligned::SAMPLE_ROWS`] rows or [`super::aligned::SAMPLE_BYTES`] bytes
/// are held back until its widths are known.
#[derive(Debug)]
pub struct Writer(Form);

#[derive(Debug)]
enum Form {
    Aligned(Box<Aligned>),
    Lines(Box<Lines>),
}

impl Writer {
    /// Returns a writer for a result with these columns. With `terminal`, every format is made safe for a terminal; otherwise
    /// bytes are written unchanged.
    pub fn new(heads: Vec<Head>, options: &Options, terminal: bool) -> Self {
        Self(match options.format {
            Format::Aligned => Form::Aligned(Box::new(Aligned::new(heads, options))),
            Format::Unaligned
            | Format::Csv
            | Format::Tsv
            | Format::Json
            | Format::JsonLines
            | Format::Markdown
            | Format::Insert => Form::Lines(Box::new(Lines::new(heads, options, terminal))),
        })
    }

    /// Adds a row: a value per column in the server's text format; `None` is NULL.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        match &mut self.0 {
            Form::Aligned(aligned) => aligned.row(cells, out),
            Form::Lines(lines) => lines.row(cells, out),
        }
    }

    /// Writes the rows held back, for a reader who is waiting. From then on the widths are fixed.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        match &mut self.0 {
            Form::Aligned(aligned) => aligned.flush(out),
            Form::Lines(_) => {}
        }
    }

    /// Ends the output after the last row. `footers` replace the row count below a table.
    pub fn end(self, footers: &[String], out: &mut Vec<u8>) {
        match self.0 {
            Form::Aligned(aligned) => aligned.end(footers, out),
            Form::Lines(lines) => lines.end(footers, out),
        }
    }

    /// Ends the output of a statement that failed, without a row count. Writes nothing if there were no rows.
    pub fn abort(self, out: &mut Vec<u8>) {
        match self.0 {
            Form::Aligned(aligned) => aligned.abort(out),
            Form::Lines(lines) => lines.abort(out),
        }
    }
}

/// Formats a sheet as text.
pub fn sheet(sheet: &Sheet, options: &Options, terminal: bool) -> Vec<u8> {
    let mut options = options.clone();
    if sheet.title.is_some() {
        options.title.clone_from(&sheet.title);
    }
    options.footer &= sheet.counted;
    // A description of a table is not a list of records.
    if sheet.kind == SheetKind::One || options.expanded == Expanded::Auto && !sheet.counted {
        options.expanded = Expanded::Off;
    }
    if sheet.kind != SheetKind::Result {
        options.null.clear();
    }
    let heads = sheet.columns.iter().map(|(name, right)| Head { name: name.clone(), right: *right, kind: Kind::Text });
    let mut out = Vec::new();
    let mut writer = Writer::new(heads.collect(), &options, terminal);
    for row in &sheet.rows {
        let there = |cell: &&str| sheet.kind == SheetKind::Result || !cell.is_empty();
        writer.row(row.iter().map(|cell| cell.as_deref().filter(there).map(str::as_bytes)), &mut out);
    }
    writer.end(&sheet.footers, &mut out);
    out
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
