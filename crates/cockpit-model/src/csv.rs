//! The only place that produces CSV. Every field is quoted, so that spreadsheets treat it as text where possible;
//! control characters are replaced by visible symbols.

use super::text::sanitize;
use std::io;

/// A streaming CSV writer that buffers 64 KiB at most.
#[derive(Debug)]
pub struct CsvWriter<W: io::Write> {
    records: csv::Writer<W>,
}

/// Size of the write buffer in bytes.
const BUFFER_BYTES: usize = 64 * 1024;

impl<W: io::Write> CsvWriter<W> {
    /// Creates a writer that writes CSV to `out`.
    pub fn new(out: W) -> Self {
        let records = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .buffer_capacity(BUFFER_BYTES)
            .from_writer(out);
        Self { records }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// If writing fails, or if the number of cells differs from that of the first record.
    pub fn record<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        for cell in cells {
            self.records.write_field(&*sanitize(cell)).map_err(error)?;
        }
        self.records.write_record(None::<&[u8]>).map_err(error)
    }

    /// Flushes the buffer.
    ///
    /// # Errors
    /// If writing fails.
    pub fn flush(&mut self) -> io::Result<()> {
        self.records.flush()
    }
}

/// Returns one record as a line, including its line end.
pub fn record<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = Vec::new();
    let mut writer = CsvWriter::new(&mut line);
    // Writing to a vector cannot fail, and a single record always has the right number of cells.
    let _ = writer.record(cells).and_then(|()| writer.flush());
    drop(writer);
    String::from_utf8(line).unwrap_or_default()
}

/// Appends a value for machine readers: its bytes are unchanged, and it is quoted only if necessary. An empty text is
/// quoted to distinguish it from NULL, as PostgreSQL's `COPY` does.
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

/// Keeps the error kind, so that callers recognize a closed pipe.
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
    fn fields_are_quoted_and_control_characters_replaced() {
        assert_eq!(record(["a \"b\"", "", "x\u{1b}[31m"]), "\"a \"\"b\"\"\",\"\",\"x␛[31m\"\n");
    }

    #[test]
    fn field_is_quoted_only_if_necessary() {
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
    fn record_of_different_length_is_rejected() {
        let mut writer = CsvWriter::new(Vec::new());
        writer.record(["a", "b"]).unwrap();
        assert!(writer.record(["a"]).is_err());
    }
}
