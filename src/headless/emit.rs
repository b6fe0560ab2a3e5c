//! One report as text in the format that was asked for, and writing it; a closed pipe is not an
//! error.

use super::csv::{self, Rows};
use super::rows::{self, Written};
use super::table::Table;
use crate::cli::Output;
use crate::model::text::{self, json_acts, json_text};
use serde::Serialize;
use std::io::{self, Write};

/// A report that can be printed in every format.
pub trait Printable: Serialize {
    /// As tables for people.
    fn tables(&self) -> Vec<Table>;

    /// Which part of its JSON is its CSV; `None` where there are no rows.
    fn rows(&self) -> Option<Rows> {
        None
    }

    /// Lines under the tables: what is missing and why.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The report as text that ends with a line break.
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
                text.push_str(&crate::model::text::harmless(note));
                text.push('\n');
            }
            Ok(text)
        }
    }
}

/// Indented JSON, harmless to a terminal.
pub fn json(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_string_pretty(value)?;
    Ok(format!("{}\n", json_text(&json)))
}

/// JSON on one line, harmless to a terminal.
pub fn json_line(value: &impl Serialize) -> io::Result<String> {
    Ok(text::json_line(value)?)
}

/// Writes the text and flushes; a closed pipe ends quietly.
pub fn write(out: &mut dyn Write, text: &str) -> io::Result<Written> {
    rows::written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Renders a report in its format, and writes it.
pub fn print(out: &mut dyn Write, report: &impl Printable, output: Output, width: Option<u16>) -> io::Result<Written> {
    match report.rows() {
        Some(rows) if output == Output::Csv => csv::write(out, report, &rows),
        Some(_) | None => write(out, &render(report, output, width)?),
    }
}

/// YAML text made safe in the same way. A line with an acting character is given as JSON is: its
/// scalar in double quotes, where YAML knows the same escapes.
fn yaml_text(yaml: String, value: &impl serde::Serialize) -> String {
    let safe = |c: char| !json_acts(c) && (c == '\n' || !c.is_control());
    if yaml.chars().all(safe) {
        return yaml;
    }
    // JSON is YAML too: the whole document in that form is right and harmless.
    serde_json::to_string_pretty(value).map(|json| format!("{}\n", json_text(&json))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headless::table::words;

    #[derive(Serialize)]
    struct Tricky {
        text: String,
    }

    impl Printable for Tricky {
        fn tables(&self) -> Vec<Table> {
            let mut table = Table::new(&[words("TEXT")], "none");
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
    fn no_format_lets_a_terminal_be_driven() {
        let report = Tricky { text: "x\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\u{7}日本".into() };
        for output in [Output::Table, Output::Json, Output::Yaml, Output::Csv] {
            let text = render(&report, output, Some(80)).unwrap();
            assert_eq!(crate::model::text::harmless(&text.replace('\n', "")), text.replace('\n', ""), "{output:?}");
            assert!(text.ends_with('\n'));
        }
    }

    #[test]
    fn a_closed_pipe_is_no_fault() {
        let report = Tricky { text: "x".into() };
        assert_eq!(print(&mut Gone, &report, Output::Json, None).unwrap(), Written::Closed);
        let mut out = Vec::new();
        assert_eq!(print(&mut out, &report, Output::Json, None).unwrap(), Written::All);
        assert_eq!(out, b"{\n  \"text\": \"x\"\n}\n");
    }
}
