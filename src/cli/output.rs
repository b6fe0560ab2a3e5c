//! Formats of output, and which command supports which.

use super::error::Report;
use clap::ValueEnum;

/// A format of what goes to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns for people.
    Table,
    /// JSON, versioned by its `schema`.
    Json,
    /// The same as YAML.
    Yaml,
    /// Rows for a spreadsheet.
    Csv,
    /// Lines for people (`logs`).
    Text,
    /// Lines as they were written (`logs`).
    Raw,
}

impl Output {
    /// As it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Csv => "csv",
            Self::Text => "text",
            Self::Raw => "raw",
        }
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that has colours, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Rows and records.
pub const LIST: &[Output] = &[Output::Table, Output::Json, Output::Yaml, Output::Csv];
/// Lines that come one by one.
pub const LINES: &[Output] = &[Output::Text, Output::Json, Output::Raw];
/// A tree: no rows.
pub const TREE: &[Output] = &[Output::Table, Output::Json, Output::Yaml];

/// The format to use, or the sentence that says which are possible.
pub(super) fn choose(
    asked: Option<Output>,
    allowed: &[Output],
    command: &str,
    piped: Output,
    terminal: bool,
) -> Result<Output, Report> {
    match asked {
        None if terminal => Ok(Output::Table),
        None => Ok(piped),
        Some(output) if allowed.contains(&output) => Ok(output),
        Some(output) => {
            let words: Vec<&str> = allowed.iter().map(|output| output.word()).collect();
            let hint = if words.is_empty() {
                "leave out --output".to_owned()
            } else {
                format!("it supports: {}", words.join(", "))
            };
            Err(Report::usage(format!("`cockpit {command}` has no output as {}", output.word())).hint(hint))
        }
    }
}
