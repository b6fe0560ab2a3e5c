//! Rows as they come over the wire, written in a format without a copy of each: a result larger than memory passes.

use crate::cli::Output;
use crate::db::wire::{Fields, Messages};
use crate::model::csv;
use crate::model::sql::Column;
use crate::model::text::{harmless, json_acts, width};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Bytes that are written together.
const HELD: usize = 256 * 1024;
/// Widths of a table are those of so many rows.
const SAMPLE: usize = 1000;
/// So many bytes of rows are kept for that at most.
const SAMPLED: usize = 4 << 20;

/// Writes results, one after the other.
pub(super) struct RowWriter<'a> {
    out: &'a mut dyn Write,
    form: Output,
    /// It goes to a terminal, on which nothing may act.
    terminal: bool,
    held: Vec<u8>,
    columns: Vec<Column>,
    /// Names of the columns as JSON keys, each once.
    keys: Vec<String>,
    rows: u64,
    results: u64,
    sample: Option<Vec<Vec<Option<String>>>>,
    sampled: usize,
    widths: Vec<usize>,
}

impl<'a> RowWriter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, form: Output, terminal: bool) -> Self {
        Self {
            out,
            form,
            terminal,
            held: Vec::with_capacity(HELD + 64 * 1024),
            columns: Vec::new(),
            keys: Vec::new(),
            rows: 0,
            results: 0,
            sample: None,
            sampled: 0,
            widths: Vec::new(),
        }
    }

    /// A result begins.
    pub(super) fn begin(&mut self, columns: Vec<Column>) {
        (self.keys, self.columns) = (keys(&columns), columns);
        (self.rows, self.sampled) = (0, 0);
        match self.form {
            Output::Csv => {
                let names: Vec<Option<&[u8]>> =
                    self.columns.iter().map(|column| Some(column.name.as_bytes())).collect();
                separated(&mut self.held, names.into_iter());
            }
            Output::Tsv => {
                let names: Vec<Option<&[u8]>> =
                    self.columns.iter().map(|column| Some(column.name.as_bytes())).collect();
                tabbed(&mut self.held, names.into_iter());
            }
            Output::Json => self.held.extend_from_slice(b"["),
            Output::Markdown => {
                let names: Vec<String> = self.columns.iter().map(|column| cell(column.name.as_bytes())).collect();
                let lines = self.columns.iter().map(|column| if column.is_right_aligned() { "--:" } else { "---" });
                let lines: Vec<&str> = lines.collect();
                let names: Vec<String> = names.iter().map(|name| name.replace('|', "\\|")).collect();
                let _ = writeln!(self.held, "| {} |\n| {} |", names.join(" | "), lines.join(" | "));
            }
            Output::Table => self.sample = Some(Vec::new()),
            Output::JsonLines | Output::Yaml | Output::Text | Output::Raw => {}
        }
    }

    /// Rows come: complete DataRow messages.
    pub(super) fn rows(&mut self, messages: &[u8]) -> io::Result<()> {
        for body in Messages(messages) {
            let fields = Fields::of(body);
            match self.form {
                Output::Csv => separated(&mut self.held, fields),
                Output::Tsv => tabbed(&mut self.held, fields),
                Output::Json => {
                    self.held.extend_from_slice(if self.rows == 0 { b"\n  " } else { b",\n  " });
                    object(&mut self.held, &self.keys, &self.columns, fields);
                }
                Output::JsonLines => {
                    object(&mut self.held, &self.keys, &self.columns, fields);
                    self.held.push(b'\n');
                }
                Output::Markdown => {
                    self.held.push(b'|');
                    for value in fields {
                        let text = value.map(cell).unwrap_or_default().replace('|', "\\|");
                        let _ = write!(self.held, " {text} |");
                    }
                    self.held.push(b'\n');
                }
                Output::Table | Output::Yaml | Output::Text | Output::Raw => self.aligned(fields),
            }
            self.rows += 1;
            if self.held.len() >= HELD {
                self.write()?;
            }
        }
        Ok(())
    }

    /// The result is complete.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self.form {
            Output::Json => self.held.extend_from_slice(if self.rows == 0 { b"]\n" } else { b"\n]\n" }),
            Output::Table => {
                self.measure();
                let rows = self.rows;
                let _ = writeln!(self.held, "({rows} {})\n", if rows == 1 { "row" } else { "rows" });
            }
            _ => {}
        }
        self.results += 1;
        self.write()
    }

    /// Bytes of a COPY, as they are.
    pub(super) fn raw(&mut self, messages: &[u8]) -> io::Result<()> {
        for data in Messages(messages) {
            self.held.extend_from_slice(data);
        }
        if self.held.len() >= HELD { self.write() } else { Ok(()) }
    }

    /// Writes what is held.
    pub(super) fn write(&mut self) -> io::Result<()> {
        if self.terminal && self.form != Output::Table && self.form != Output::Markdown {
            // The formats below keep bytes as they are; on a terminal none may act.
            let text = String::from_utf8_lossy(&self.held);
            let lines: Vec<String> = text.split('\n').map(|line| harmless_line(line)).collect();
            self.out.write_all(lines.join("\n").as_bytes())?;
        } else {
            self.out.write_all(&self.held)?;
        }
        self.held.clear();
        if self.held.capacity() > 8 * HELD {
            self.held = Vec::with_capacity(HELD + 64 * 1024);
        }
        Ok(())
    }

    /// Nothing more comes for now.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.write()?;
        self.out.flush()
    }

    fn aligned<'b>(&mut self, fields: impl Iterator<Item = Option<&'b [u8]>>) {
        let cells: Vec<Option<String>> = fields.map(|value| value.map(cell)).collect();
        match &mut self.sample {
            Some(sample) => {
                self.sampled += cells.iter().flatten().map(String::len).sum::<usize>();
                sample.push(cells);
                if sample.len() >= SAMPLE || self.sampled >= SAMPLED {
                    self.measure();
                }
            }
            None => self.line(&cells),
        }
    }

    /// The widths are known: what was kept is written.
    fn measure(&mut self) {
        let Some(sample) = self.sample.take() else { return };
        self.widths = self.columns.iter().map(|column| width(&cell(column.name.as_bytes()))).collect();
        for row in &sample {
            for (widest, value) in self.widths.iter_mut().zip(row) {
                *widest = (*widest).max(value.as_deref().map_or(0, width));
            }
        }
        let names: Vec<String> = self.columns.iter().map(|column| cell(column.name.as_bytes())).collect();
        let mut heading = String::new();
        for (at, (name, wide)) in names.iter().zip(&self.widths).enumerate() {
            let room = wide.saturating_sub(width(name));
            let bar = if at == 0 { "" } else { "|" };
            let _ = write!(heading, "{bar} {}{name}{} ", " ".repeat(room / 2), " ".repeat(room - room / 2));
        }
        let rule: Vec<String> = self.widths.iter().map(|wide| "-".repeat(wide + 2)).collect();
        let _ = writeln!(self.held, "{}\n{}", heading.trim_end(), rule.join("+"));
        for row in &sample {
            self.line(row);
        }
    }

    fn line(&mut self, cells: &[Option<String>]) {
        let last = cells.len().saturating_sub(1);
        for (at, (value, column)) in cells.iter().zip(&self.columns).enumerate() {
            let text = value.as_deref().unwrap_or_default();
            let room = self.widths.get(at).copied().unwrap_or_default().saturating_sub(width(text));
            let (before, after) = if column.is_right_aligned() { (room, 0) } else { (0, room) };
            self.held.extend_from_slice(if at == 0 { b" " } else { b"| " });
            self.held.resize(self.held.len() + before, b' ');
            self.held.extend_from_slice(text.as_bytes());
            if at != last {
                self.held.resize(self.held.len() + after + 1, b' ');
            }
        }
        self.held.push(b'\n');
    }
}

/// A value in one line of a table.
fn cell(value: &[u8]) -> String {
    harmless(&String::from_utf8_lossy(value)).into_owned()
}

fn harmless_line(line: &str) -> String {
    line.split('\t').map(|part| harmless(part).into_owned()).collect::<Vec<_>>().join("\t")
}

/// As `COPY … (FORMAT csv)` of PostgreSQL: NULL is nothing, an empty text has quotes.
fn separated<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = Option<&'a [u8]>>) {
    for (at, value) in fields.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if let Some(value) = value {
            csv::field(out, value, b',');
        }
    }
    out.push(b'\n');
}

/// As `COPY` of PostgreSQL in its text format: NULL is `\N`.
fn tabbed<'a>(out: &mut Vec<u8>, fields: impl Iterator<Item = Option<&'a [u8]>>) {
    for (at, value) in fields.enumerate() {
        if at > 0 {
            out.push(b'\t');
        }
        let Some(value) = value else {
            out.extend_from_slice(b"\\N");
            continue;
        };
        let special = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b'\\');
        if !value.iter().any(special) {
            out.extend_from_slice(value);
            continue;
        }
        for byte in value {
            match byte {
                b'\t' => out.extend_from_slice(b"\\t"),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\\' => out.extend_from_slice(b"\\\\"),
                byte => out.push(*byte),
            }
        }
    }
    out.push(b'\n');
}

/// Names for an object, in which each may stand once.
fn keys(columns: &[Column]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut key = column.name.clone();
        let mut number = 1;
        while keys.contains(&key) {
            number += 1;
            key = format!("{}_{number}", column.name);
        }
        keys.push(key);
    }
    keys.iter()
        .map(|key| {
            let mut out = Vec::new();
            string(&mut out, key.as_bytes());
            String::from_utf8(out).unwrap_or_default()
        })
        .collect()
}

fn object<'a>(out: &mut Vec<u8>, keys: &[String], columns: &[Column], fields: impl Iterator<Item = Option<&'a [u8]>>) {
    out.push(b'{');
    for (at, ((value, key), column)) in fields.zip(keys).zip(columns).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(key.as_bytes());
        out.push(b':');
        match value {
            None => out.extend_from_slice(b"null"),
            Some(value) => json_value(out, value, column.type_oid),
        }
    }
    out.push(b'}');
}

/// Numbers, truth values and JSON as they are, everything else as a text. Source of the object ids: PostgreSQL's `pg_type.dat`.
fn json_value(out: &mut Vec<u8>, value: &[u8], kind: u32) {
    const NUMBERS: [u32; 7] = [20, 21, 23, 26, 700, 701, 1700];
    let digits = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    match kind {
        16 if value == b"t" => out.extend_from_slice(b"true"),
        16 if value == b"f" => out.extend_from_slice(b"false"),
        kind if NUMBERS.contains(&kind) && value.iter().all(digits) && !value.is_empty() => {
            out.extend_from_slice(value)
        }
        114 | 3802 if serde_json::from_slice::<serde::de::IgnoredAny>(value).is_ok() && !has_acting(value) => {
            out.extend(value.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
        }
        _ => string(out, value),
    }
}

fn has_acting(value: &[u8]) -> bool {
    String::from_utf8_lossy(value).chars().any(json_acts)
}

/// A text of JSON, in which nothing acts on a terminal.
fn string(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    let plain = |byte: &u8| (0x20..0x7f).contains(byte) && !matches!(byte, b'"' | b'\\');
    if value.iter().all(plain) {
        out.extend_from_slice(value);
    } else {
        for c in String::from_utf8_lossy(value).chars() {
            match c {
                '"' => out.extend_from_slice(b"\\\""),
                '\\' => out.extend_from_slice(b"\\\\"),
                '\n' => out.extend_from_slice(b"\\n"),
                '\r' => out.extend_from_slice(b"\\r"),
                '\t' => out.extend_from_slice(b"\\t"),
                c if c.is_control() || json_acts(c) => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::wire;

    fn column(name: &str, type_oid: u32) -> Column {
        Column { name: name.into(), type_oid, modifier: -1, table_oid: 0, number: 0 }
    }

    fn printed(form: Output, terminal: bool, rows: &[&[Option<&str>]]) -> String {
        let mut out = Vec::new();
        let mut writer = RowWriter::new(&mut out, form, terminal);
        writer.begin(vec![column("n", 23), column("名前", 25), column("n", 3802)]);
        for row in rows {
            writer.rows(&wire::row(row.iter().map(|value| value.map(str::as_bytes)))).unwrap();
        }
        writer.end().unwrap();
        String::from_utf8(out).unwrap()
    }

    const ROWS: &[&[Option<&str>]] = &[
        &[Some("1"), Some("日本, \"x\""), Some(r#"{"a": [1]}"#)],
        &[None, Some(""), None],
        &[Some("-20"), Some("tab\tbreak\nescape\u{1b}[2J"), Some("not json")],
    ];

    #[test]
    fn each_format_keeps_every_value_apart_from_null() {
        assert_eq!(
            printed(Output::Csv, false, ROWS),
            "n,名前,n\n1,\"日本, \"\"x\"\"\",\"{\"\"a\"\": [1]}\"\n,\"\",\n-20,\"tab\tbreak\nescape\u{1b}[2J\",not json\n"
        );
        assert_eq!(
            printed(Output::Tsv, false, ROWS),
            "n\t名前\tn\n1\t日本, \"x\"\t{\"a\": [1]}\n\\N\t\t\\N\n-20\ttab\\tbreak\\nescape\u{1b}[2J\tnot json\n"
        );
        let lines = printed(Output::JsonLines, false, ROWS);
        let values: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(values[0], serde_json::json!({"n": 1, "名前": "日本, \"x\"", "n_2": {"a": [1]}}));
        assert_eq!(values[1], serde_json::json!({"n": null, "名前": "", "n_2": null}));
        assert_eq!(values[2]["名前"], "tab\tbreak\nescape\u{1b}[2J");
        let whole: serde_json::Value = serde_json::from_str(&printed(Output::Json, false, ROWS)).unwrap();
        assert_eq!(whole, serde_json::Value::from(values));
        assert_eq!(printed(Output::Json, false, &[]), "[]\n");
    }

    #[test]
    fn a_table_lines_up_wide_characters_and_numbers_to_the_right() {
        assert_eq!(
            printed(
                Output::Table,
                true,
                &[&[Some("1"), Some("日本語です"), None], &[Some("-20"), Some("abc"), Some("7")]]
            ),
            "  n  |    名前    | n\n-----+------------+---\n   1 | 日本語です | \n -20 | abc        | 7\n(2 rows)\n\n"
        );
        assert!(printed(Output::Table, true, &[]).ends_with("(0 rows)\n\n"));
    }

    #[test]
    fn nothing_acts_on_a_terminal_in_any_format() {
        for form in [Output::Csv, Output::Tsv, Output::Json, Output::JsonLines, Output::Table, Output::Markdown] {
            let text = printed(form, true, ROWS);
            assert!(!text.contains('\u{1b}'), "{form:?}: {text:?}");
        }
    }
}
