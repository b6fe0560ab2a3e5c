//! Renders a report in the requested format and writes it; a closed pipe is not an error.

use super::csv::{self, Rows};
use super::rows::{self, Written};
use super::table::Table;
use crate::cli::Output;
use crate::model::text::{self, escape_json, is_unsafe_in_json};
use serde::Serialize;
use std::io::{self, Write};

/// A report that can be printed in every format.
pub trait Printable: Serialize {
    /// The report as tables for people.
    fn tables(&self) -> Vec<Table>;

    /// The part of the JSON that becomes CSV; `None` if the report has no rows.
    fn rows(&self) -> Option<Rows> {
        None
    }

    /// Lines below the tables: what is missing and why.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Renders the report as text that ends with a line break.
pub fn render(report: &impl Printable, output: Output, width: Option<u16>) -> io::Result<String> {
    match output {
        Output::Json => json(report),
        Output::Yaml => {
            let yaml = serde_saphyr::to_string(report).map_err(|error| io::Error::other(error.to_string()))?;
            let mut text = yaml_text(yaml, report);
            if !text.ends_with('\n') {
                text.push('\n');
            }
            Ok(text)
        }
        Output::Csv => match report.rows() {
            Some(rows) => csv::csv(report, &rows),
            None => Err(io::Error::new(io::ErrorKind::Unsupported, "it has no rows")),
        },
        Output::Table
        | Output::Markdown
        | Output::Text
        | Output::Raw
        | Output::Tsv
        | Output::JsonLines
        | Output::Mermaid
        | Output::Dot
        | Output::Svg => {
            let tables: Vec<String> = report.tables().iter().map(|table| table.text(width)).collect();
            let mut text = tables.join("\n");
            for (number, note) in report.notes().iter().enumerate() {
                if number == 0 && !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&crate::model::text::sanitize(note));
                text.push('\n');
            }
            Ok(text)
        }
    }
}

/// Returns indented JSON in which control characters are escaped, so that it cannot drive a terminal.
pub fn json(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_string_pretty(value)?;
    Ok(format!("{}\n", escape_json(&json)))
}

/// Returns JSON on one line in which control characters are escaped.
pub fn json_line(value: &impl Serialize) -> io::Result<String> {
    Ok(text::json_line(value)?)
}

/// Writes the text and flushes; a closed pipe is reported as [`Written::Closed`], not as an error.
pub fn write(out: &mut dyn Write, text: &str) -> io::Result<Written> {
    rows::written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Renders a report in its format and writes it.
pub fn print(out: &mut dyn Write, report: &impl Printable, output: Output, width: Option<u16>) -> io::Result<Written> {
    match report.rows() {
        Some(rows) if output == Output::Csv => csv::write(out, report, &rows),
        Some(_) | None => write(out, &render(report, output, width)?),
    }
}

/// Escapes YAML in the same way. If a line holds a control or bidirectional character, the whole document is written as
/// JSON, whose escapes YAML also understands.
fn yaml_text(yaml: String, value: &impl serde::Serialize) -> String {
    let safe = |c: char| !is_unsafe_in_json(c) && (c == '\n' || !c.is_control());
    if yaml.chars().all(safe) {
        return yaml;
    }
    // JSON is valid YAML: the whole document is written in that form.
    serde_json::to_string_pretty(value).map(|json| format!("{}\n", escape_json(&json))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headless::table::left_aligned;

    #[derive(Serialize)]
    struct Tricky {
        text: String,
    }

    impl Printable for Tricky {
        fn tables(&self) -> Vec<Table> {
            let mut table = Table::new(&[left_aligned("TEXT")], "none");
            table.row([Some(self.text.clone())]);
            vec![table]
        }
        fn rows(&self) -> Option<Rows> {
            Some(Rows::new("all", &["text"]))
        }
    }

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
    fn every_format_escapes_control_characters() {
        let report = Tricky { text: "x\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\u{7}日本".into() };
        for output in [Output::Table, Output::Json, Output::Yaml, Output::Csv] {
            let text = render(&report, output, Some(80)).unwrap();
            assert_eq!(crate::model::text::sanitize(&text.replace('\n', "")), text.replace('\n', ""), "{output:?}");
            assert!(text.ends_with('\n'));
        }
    }

    #[test]
    fn closed_pipe_is_not_an_error() {
        let report = Tricky { text: "x".into() };
        assert_eq!(print(&mut Gone, &report, Output::Json, None).unwrap(), Written::Closed);
        let mut out = Vec::new();
        assert_eq!(print(&mut out, &report, Output::Json, None).unwrap(), Written::Complete);
        assert_eq!(out, b"{\n  \"text\": \"x\"\n}\n");
    }
}
