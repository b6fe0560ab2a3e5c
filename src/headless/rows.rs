//! Rows written as they come, so that a result larger than memory passes: as CSV, as JSON lines, as one JSON array, or the
//! first of them as a table.

use super::table::{Column, Table, words};
use crate::model::csv::CsvWriter;
use crate::model::text::{json_line, no_formula};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use std::io::{self, BufWriter, Write};

/// Whether the reader is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// All rows were written.
    All,
    /// The pipe is closed: nothing more need be written, and nothing be said.
    Closed,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// A heading, then a record a row.
    Csv,
    /// An object a line.
    JsonLines,
    /// One array of objects, a line each.
    Json,
    /// Columns for people, whose widths are those of the rows that are shown.
    Table {
        /// Cells of the terminal; none for no limit.
        width: Option<u16>,
        /// How many rows are shown; the others are counted.
        first: usize,
    },
}

/// Bytes that wait to be written together.
const HELD: usize = 64 * 1024;

/// Writes rows as they come. It holds 64 KiB of them, or as a table its first rows.
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

/// A row as a JSON object, by the names of its columns.
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

/// As in JSON: text without its quotes, `null` as nothing, lists and objects as JSON.
fn cell(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl<'a> RowWriter<'a> {
    /// A writer of rows with these fields.
    ///
    /// # Errors
    /// Where the heading cannot be written.
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
                let columns: Vec<Column> = fields.iter().map(|_| words("")).collect();
                let mut table = Table::new(&columns, "no rows");
                table.heads.clone_from(&fields);
                Form::Table { out, table, width, first }
            }
        };
        Ok(Self { form, fields, rows: 0 })
    }

    /// Writes a row: a value for each field. Where the reader is gone, no more rows need be read.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn row(&mut self, values: &[Option<&Value>]) -> io::Result<Written> {
        self.rows += 1;
        let number = self.rows;
        let object = Object(&self.fields, values);
        written(match &mut self.form {
            Form::Csv(csv) => {
                let shown = |value: Option<&Value>| no_formula(&cell(value).unwrap_or_default());
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

    /// Writes what is held, so that a reader sees every row that came.
    ///
    /// # Errors
    /// Where it cannot be written.
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
    /// Where it cannot be written.
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
            Written::All => self.flush(),
            Written::Closed => Ok(Written::Closed),
        }
    }
}

/// A closed pipe is no fault.
pub(super) fn written(result: io::Result<()>) -> io::Result<Written> {
    match result {
        Ok(()) => Ok(Written::All),
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
            assert_eq!(writer.row(&[Some(id), Some(name)]).unwrap(), Written::All);
        }
        assert_eq!(writer.end().unwrap(), Written::All);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_form_has_every_row_and_drives_no_terminal() {
        let rows = [[json!(1), json!("a\u{9b}31m")], [json!(2), Value::Null]];
        let shown = crate::model::text::harmless("a\u{9b}31m").into_owned();
        assert_eq!(text(RowForm::Csv, &rows), format!("\"id\",\"name\"\n\"1\",\"{shown}\"\n\"2\",\"\"\n"));
        assert_eq!(text(RowForm::JsonLines, &rows), "{\"id\":1,\"name\":\"a\\u009b31m\"}\n{\"id\":2,\"name\":null}\n");
        let array: Value = serde_json::from_str(&text(RowForm::Json, &rows)).unwrap();
        assert_eq!(array, json!([{ "id": 1, "name": "a\u{9b}31m" }, { "id": 2, "name": null }]));
        assert_eq!(text(RowForm::Json, &[]), "[]\n");
        let table = RowForm::Table { width: None, first: 1 };
        assert!(text(table, &rows).ends_with("\n… and 1 more rows\n"), "{}", text(table, &rows));
        assert_eq!(text(table, &[]), "no rows\n");
    }

    /// Counts what it is given.
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

    /// The most bytes that were made and not yet written while `rows` rows of one field went through; `line` says how
    /// long each is, `end` what comes after them.
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
    fn two_million_rows_pass_and_no_more_than_a_buffer_of_them_is_held() {
        let digits = |number: u64| u64::from(number.checked_ilog10().unwrap_or(0)) + 1;
        let most = HELD as u64 + 100;
        assert!(most_held(RowForm::Csv, 2_000_000, 5, |number| digits(number) + 3, 0) <= most);
        assert!(most_held(RowForm::JsonLines, 50_000, 0, |number| digits(number) + 8, 0) <= most);
        assert!(most_held(RowForm::Json, 50_000, 0, |number| digits(number) + 11, 3) <= most);
    }

    #[test]
    fn a_table_keeps_its_first_rows_and_counts_the_others() {
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

    /// A reader that has gone away.
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
    fn rows_are_no_longer_read_once_the_reader_is_gone() {
        for form in [RowForm::Csv, RowForm::JsonLines, RowForm::Json] {
            let mut gone = Gone;
            let mut writer = RowWriter::new(&mut gone, form, fields()).unwrap();
            let name = json!("x".repeat(1_000));
            let taken =
                (0..1_000_000).take_while(|id| writer.row(&[Some(&json!(id)), Some(&name)]).unwrap() == Written::All);
            assert!(taken.count() < 100, "{form:?}");
        }
    }
}
