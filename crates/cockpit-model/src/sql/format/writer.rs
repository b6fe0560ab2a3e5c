//! Writes a result row by row in any form, into bytes that whoever asks sends on.

use super::aligned::Aligned;
pub use super::head::{Head, Kind};
use super::lines::Lines;
use super::options::{Expanded, Format, Options};
use crate::sql::sheet::{Of, Sheet};

/// Writes one result. The first rows of a table are held until its widths are known: [`super::aligned::SAMPLE_ROWS`] of them
/// or [`super::aligned::SAMPLE_BYTES`].
#[derive(Debug)]
pub struct Writer(Form);

#[derive(Debug)]
enum Form {
    Aligned(Box<Aligned>),
    Lines(Box<Lines>),
}

impl Writer {
    /// A writer for a result with these columns. What goes to a terminal is made harmless in every form; a file gets
    /// the bytes.
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

    /// Adds a row: a value for each column in the server's own text; none is NULL.
    pub fn row<'a>(&mut self, cells: impl Iterator<Item = Option<&'a [u8]>>, out: &mut Vec<u8>) {
        match &mut self.0 {
            Form::Aligned(aligned) => aligned.row(cells, out),
            Form::Lines(lines) => lines.row(cells, out),
        }
    }

    /// Writes the rows that are held, for a reader who waits; from then on the widths are fixed.
    pub fn settle(&mut self, out: &mut Vec<u8>) {
        match &mut self.0 {
            Form::Aligned(aligned) => aligned.settle(out),
            Form::Lines(_) => {}
        }
    }

    /// Ends the output after the last row. `footers` stand below a table instead of the number of rows.
    pub fn end(self, footers: &[String], out: &mut Vec<u8>) {
        match self.0 {
            Form::Aligned(aligned) => aligned.end(footers, out),
            Form::Lines(lines) => lines.end(footers, out),
        }
    }

    /// Ends the output of a statement that failed: it is closed, and no number of rows is told. Of an output without
    /// rows nothing is written.
    pub fn cut(self, out: &mut Vec<u8>) {
        match self.0 {
            Form::Aligned(aligned) => aligned.cut(out),
            Form::Lines(lines) => lines.cut(out),
        }
    }
}

/// A sheet as text, in the format that is set.
pub fn sheet(sheet: &Sheet, options: &Options, terminal: bool) -> Vec<u8> {
    let mut options = options.clone();
    if sheet.title.is_some() {
        options.title.clone_from(&sheet.title);
    }
    options.footer &= sheet.counted;
    // A description of a table is no list of records.
    if sheet.of == Of::One || options.expanded == Expanded::Auto && !sheet.counted {
        options.expanded = Expanded::Off;
    }
    if sheet.of != Of::Result {
        options.null.clear();
    }
    let heads = sheet.columns.iter().map(|(name, right)| Head { name: name.clone(), right: *right, kind: Kind::Text });
    let mut out = Vec::new();
    let mut writer = Writer::new(heads.collect(), &options, terminal);
    for row in &sheet.rows {
        let there = |cell: &&str| sheet.of == Of::Result || !cell.is_empty();
        writer.row(row.iter().map(|cell| cell.as_deref().filter(there).map(str::as_bytes)), &mut out);
    }
    writer.end(&sheet.footers, &mut out);
    out
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
