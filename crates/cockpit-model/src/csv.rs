//! CSV: the one place that makes it. Every field is quoted, so that a spreadsheet takes it as text as far as it can be
//! told; control characters are shown, not sent.

use super::text::harmless;
use std::io;

/// Writes records as they come; it holds 64 KiB at most.
#[derive(Debug)]
pub struct CsvWriter<W: io::Write> {
    records: csv::Writer<W>,
}

/// Bytes that wait to be written together.
const HELD: usize = 64 * 1024;

impl<W: io::Write> CsvWriter<W> {
    /// Writes CSV into `out`.
    pub fn new(out: W) -> Self {
        let records =
            csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).buffer_capacity(HELD).from_writer(out);
        Self { records }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// Where it cannot be written; a record with another number of cells than the first.
    pub fn record<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        for cell in cells {
            self.records.write_field(&*harmless(cell)).map_err(error)?;
        }
        self.records.write_record(None::<&[u8]>).map_err(error)
    }

    /// Writes what is held.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.records.flush()
    }
}

/// One record by itself, with the end of its line.
pub fn record<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = Vec::new();
    let mut writer = CsvWriter::new(&mut line);
    // A vector takes everything, and one record has as many cells as the first.
    let _ = writer.record(cells).and_then(|()| writer.flush());
    drop(writer);
    String::from_utf8(line).unwrap_or_default()
}

/// Adds a value to a record whose other readers want it as it is: in quotes where it must be, its bytes unchanged. An empty
/// text has quotes, which tells it from one that is not there, as `COPY` of PostgreSQL does it.
pub fn field(out: &mut Vec<u8>, value: &[u8], separator: u8) {
    let quote = value.is_empty()
        || value == b"\\."
        || value.iter().any(|byte| *byte == separator || matches!(byte, b'"' | b'\n' | b'\r'));
    if !quote {
        out.extend_from_slice(value);
        return;
    }
    out.push(b'"');
    for part in value.split_inclusive(|byte| *byte == b'"') {
        out.extend_from_slice(part);
        if part.last() == Some(&b'"') {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

/// Keeps the kind of the error, so that a closed pipe is recognised.
fn error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_quoted_and_no_control_character_is_sent() {
        assert_eq!(record(["a \"b\"", "", "x\u{1b}[31m"]), "\"a \"\"b\"\"\",\"\",\"x␛[31m\"\n");
    }

    #[test]
    fn a_field_is_quoted_where_it_must_be_and_reads_back_as_it_was() {
        let mut line = Vec::new();
        for (number, value) in ["plain", "", "a,b", "\"q\"", "x\ny", "日本", "\\.", "a\"b"].iter().enumerate() {
            if number > 0 {
                line.push(b',');
            }
            field(&mut line, value.as_bytes(), b',');
        }
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "plain,\"\",\"a,b\",\"\"\"q\"\"\",\"x\ny\",日本,\"\\.\",\"a\"\"b\""
        );
    }

    #[test]
    fn a_record_of_another_length_is_refused() {
        let mut writer = CsvWriter::new(Vec::new());
        writer.record(["a", "b"]).unwrap();
        assert!(writer.record(["a"]).is_err());
    }
}
