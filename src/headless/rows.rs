//! Streams rows to the output, so that a result larger than memory can pass: as CSV, as JSON lines, as one JSON array,
//! or the first rows as a table.

use super::table::{Column, Table, left_aligned};
use crate::model::csv::CsvWriter;
use crate::model::text::{escape_formula, json_line};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::io::{self, BufWriter, Write};

/// Whether the reader is still connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All rows were written.
    Complete,
    /// The pipe is closed: writing stops without an error.
    Closed,
}

/// The format of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// A heading, then one record per row.
    Csv,
    /// One JSON object per line.
    JsonLines,
    /// One JSON array with an object per line.
    Json,
    /// A table for people; its column widths follow from the shown rows.
    Table {
        /// The width in terminal cells; `None` for no limit.
        width: Option<u16>,
        /// Number of rows to show; the remaining ones are only counted.
        first: usize,
    },
}

/// The size of the output buffer, in bytes.
const HELD: usize = 64 * 1024;

/// Streams rows. It buffers 64 KiB, or the first rows if the form is a table.
pub struct RowWriter<'a> {
    form: Form<'a>,
    fields: Vec<String>,
    rows: u64,
}

enum Form<'a> {
    Csv(Box<CsvWriter<&'a mut dyn Write>>),
    Lines(BufWriter<&'a mut dyn Write>),
    Array(BufWriter<&'a mut dyn Write>),
    Table { out: &'a mut dyn Write, table: Table, width: Option<u16>, first: usize },
}

/// A row as a JSON object, keyed by column name.
struct Object<'a>(&'a [String], &'a [Option<&'a Value>]);

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (field, value) in self.0.iter().zip(self.1) {
            map.serialize_entry(field, value)?;
        }
        map.end()
    }
}

/// Returns the text of a cell: a string without quotes, `None` for `null`, lists and objects as JSON.
fn cell(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl<'a> RowWriter<'a> {
    /// Makes a writer of rows with these fields.
    ///
    /// # Errors
    /// Fails if the heading cannot be written.
    pub fn new(out: &'a mut dyn Write, form: RowForm, fields: Vec<String>) -> io::Result<Self> {
        let form = match form {
            RowForm::Csv => {
                let mut csv = CsvWriter::new(out);
                csv.record(fields.iter().map(String::as_str))?;
                Form::Csv(Box::new(csv))
            }
            RowForm::JsonLines => Form::Lines(BufWriter::with_capacity(HELD, out)),
            RowForm::Json => Form::Array(BufWriter::with_capacity(HELD, out)),
            RowForm::Table { width, first } => {
                let columns: Vec<Column> = fields.iter().map(|_| left_aligned("")).collect();
                let mut table = Table::new(&columns, "no rows");
                table.dynamic_titles.clone_from(&fields);
                Form::Table { out, table, width, first }
            }
        };
        Ok(Self { form, fields, rows: 0 })
    }

    /// Writes a row: one value for each field. Returns [`Written::Closed`] if the reader is gone, so that the caller
    /// can stop.
    ///
    /// # Errors
    /// Fails if the row cannot be written.
    pub fn row(&mut self, values: &[Option<&Value>]) -> io::Result<Written> {
        self.rows += 1;
        let number = self.rows;
        let object = Object(&self.fields, values);
        written(match &mut self.form {
            Form::Csv(csv) => {
                let shown = |value: Option<&Value>| escape_formula(&cell(value).unwrap_or_default());
                let cells: Vec<String> = values.iter().copied().map(shown).collect();
                csv.record(cells.iter().map(String::as_str))
            }
            Form::Lines(out) => {
                json_line(&object).map_err(io::Error::from).and_then(|line| out.write_all(line.as_bytes()))
            }
            Form::Array(out) => json_line(&object).map_err(io::Error::from).and_then(|line| {
                out.write_all(if number == 1 { b"[\n  " } else { b",\n  " })?;
                out.write_all(line.trim_end().as_bytes())
            }),
            Form::Table { table, first, .. } => {
                if number <= *first as u64 {
                    table.row(values.iter().map(|value| cell(*value)));
                }
                Ok(())
            }
        })
    }

    /// Flushes the buffer, so that a reader sees every row so far.
    ///
    /// # Errors
    /// Fails if the buffer cannot be written.
    pub fn flush(&mut self) -> io::Result<Written> {
        written(match &mut self.form {
            Form::Csv(csv) => csv.flush(),
            Form::Lines(out) | Form::Array(out) => out.flush(),
            Form::Table { .. } => Ok(()),
        })
    }

    /// Ends the output after the last row.
    ///
    /// # Errors
    /// Fails if the output cannot be written.
    pub fn end(mut self) -> io::Result<Written> {
        let rows = self.rows;
        let ended = match &mut self.form {
            Form::Csv(_) | Form::Lines(_) => Ok(()),
            Form::Array(out) => out.write_all(if rows == 0 { b"[]\n" } else { b"\n]\n" }),
            Form::Table { out, table, width, first } => {
                let more = rows.saturating_sub(*first as u64);
                let note = if more == 0 { String::new() } else { format!("… and {more} more rows\n") };
                out.write_all(format!("{}{note}", table.text(*width)).as_bytes()).and_then(|()| out.flush())
            }
        };
        match written(ended)? {
            Written::Complete => self.flush(),
            Written::Closed => Ok(Written::Closed),
        }
    }
}

/// Turns a broken pipe into [`Written::Closed`].
pub(super) fn written(result: io::Result<()>) -> io::Result<Written> {
    match result {
        Ok(()) => Ok(Written::Complete),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::Closed),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields() -> Vec<String> {
        ["id", "name"].map(str::to_owned).to_vec()
    }

    fn text(form: RowForm, rows: &[[Value; 2]]) -> String {
        let mut out = Vec::new();
        let mut writer = RowWriter::new(&mut out, form, fields()).unwrap();
        for [id, name] in rows {
            assert_eq!(writer.row(&[Some(id), Some(name)]).unwrap(), Written::Complete);
        }
        assert_eq!(writer.end().unwrap(), Written::Complete);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_form_writes_all_rows_and_escapes_control_characters() {
        let rows = [[json!(1), json!("a\u{9b}31m")], [json!(2), Value::Null]];
        let shown = crate::model::text::sanitize("a\u{9b}31m").into_owned();
        assert_eq!(text(RowForm::Csv, &rows), format!("\"id\",\"name\"\n\"1\",\"{shown}\"\n\"2\",\"\"\n"));
        assert_eq!(text(RowForm::JsonLines, &rows), "{\"id\":1,\"name\":\"a\\u009b31m\"}\n{\"id\":2,\"name\":null}\n");
        let array: Value = serde_json::from_str(&text(RowForm::Json, &rows)).unwrap();
        assert_eq!(array, json!([{ "id": 1, "name": "a\u{9b}31m" }, { "id": 2, "name": null }]));
        assert_eq!(text(RowForm::Json, &[]), "[]\n");
        let table = RowForm::Table { width: None, first: 1 };
        assert!(text(table, &rows).ends_with("\n… and 1 more rows\n"), "{}", text(table, &rows));
        assert_eq!(text(table, &[]), "no rows\n");
    }

    /// A sink that counts the bytes it receives.
    #[derive(Default)]
    struct Counting {
        bytes: std::rc::Rc<std::cell::Cell<u64>>,
    }

    impl Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.bytes.set(self.bytes.get() + bytes.len() as u64);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Returns the highest number of bytes buffered while `rows` rows of one field are written; `line` gives the length
    /// of each row, `end` the length of the text after the last one.
    fn most_held(form: RowForm, rows: u64, heading: u64, line: impl Fn(u64) -> u64, end: u64) -> u64 {
        let mut sink = Counting::default();
        let counted = sink.bytes.clone();
        let mut writer = RowWriter::new(&mut sink, form, vec!["id".to_owned()]).unwrap();
        let (mut made, mut most) = (heading, 0);
        for number in 0..rows {
            writer.row(&[Some(&json!(number))]).unwrap();
            made += line(number);
            most = most.max(made - counted.get());
        }
        writer.end().unwrap();
        assert_eq!(counted.get(), made + end, "all was written");
        most
    }

    #[test]
    fn two_million_rows_never_exceed_the_buffer() {
        let digits = |number: u64| u64::from(number.checked_ilog10().unwrap_or(0)) + 1;
        let most = HELD as u64 + 100;
        assert!(most_held(RowForm::Csv, 2_000_000, 5, |number| digits(number) + 3, 0) <= most);
        assert!(most_held(RowForm::JsonLines, 50_000, 0, |number| digits(number) + 8, 0) <= most);
        assert!(most_held(RowForm::Json, 50_000, 0, |number| digits(number) + 11, 3) <= most);
    }

    #[test]
    fn table_keeps_the_first_rows_and_counts_the_rest() {
        let mut out = Vec::new();
        let mut writer = RowWriter::new(&mut out, RowForm::Table { width: None, first: 3 }, fields()).unwrap();
        let name = json!("a name");
        for number in 0..100_000 {
            writer.row(&[Some(&json!(number)), Some(&name)]).unwrap();
        }
        let Form::Table { table, .. } = &writer.form else { panic!("a table") };
        assert_eq!(table.rows.len(), 3);
        writer.end().unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("2   a name\n… and 99997 more rows\n"), "{text}");
    }

    /// A reader that has closed the pipe.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn closed_reader_stops_the_rows() {
        for form in [RowForm::Csv, RowForm::JsonLines, RowForm::Json] {
            let mut gone = Gone;
            let mut writer = RowWriter::new(&mut gone, form, fields()).unwrap();
            let name = json!("x".repeat(1_000));
            let taken = (0..1_000_000)
                .take_while(|id| writer.row(&[Some(&json!(id)), Some(&name)]).unwrap() == Written::Complete);
            assert!(taken.count() < 100, "{form:?}");
        }
    }
}
