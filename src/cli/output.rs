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
    /// YAML with the fields of the JSON.
    Yaml,
    /// Rows for a spreadsheet.
    Csv,
    /// Markdown, for a pull request (`infra plan`).
    Markdown,
    /// Lines for people (`logs`).
    Text,
    /// Lines as they were written (`logs`).
    Raw,
    /// Rows with tabs, as `COPY` of PostgreSQL writes them (`sql`).
    Tsv,
    /// An object a line (`sql`).
    #[value(name = "jsonl")]
    JsonLines,
    /// A diagram for Mermaid (`sql --er`).
    Mermaid,
    /// A diagram for Graphviz (`sql --er`).
    Dot,
    /// A diagram as a picture (`sql --er`).
    Svg,
}

impl Output {
    /// The word as it is typed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Raw => "raw",
            Self::Tsv => "tsv",
            Self::JsonLines => "jsonl",
            Self::Mermaid => "mermaid",
            Self::Dot => "dot",
            Self::Svg => "svg",
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

/// The formats of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Formats {
    /// The formats that it supports.
    pub allowed: &'static [Output],
    /// Where none is asked for, on a terminal.
    pub terminal: Output,
    /// Where none is asked for, into a file or a pipe.
    pub piped: Output,
}

/// Rows and records.
pub const LIST: Formats = Formats { allowed: &[Output::Table, Output::Json, Output::Yaml, Output::Csv], ..TREE };
/// A tree: no rows.
pub const TREE: Formats =
    Formats { allowed: &[Output::Table, Output::Json, Output::Yaml], terminal: Output::Table, piped: Output::Table };
/// Plans.
pub const PLAN: Formats = Formats { allowed: &[Output::Table, Output::Markdown, Output::Json, Output::Yaml], ..TREE };
/// A tree for scripts.
pub const DOCUMENT: Formats = Formats { piped: Output::Json, ..TREE };
/// Lines that come one by one.
pub const LINES: Formats =
    Formats { allowed: &[Output::Text, Output::Json, Output::Raw], terminal: Output::Text, piped: Output::Text };
/// Rows of SQL.
pub const ROWS: Formats = Formats {
    allowed: &[Output::Table, Output::Csv, Output::Tsv, Output::Json, Output::JsonLines, Output::Markdown],
    ..TREE
};
/// A diagram.
pub const DIAGRAM: Formats = Formats {
    allowed: &[Output::Text, Output::Mermaid, Output::Dot, Output::Svg],
    terminal: Output::Text,
    piped: Output::Text,
};
/// Statements of SQL.
pub const STATEMENTS: Formats = Formats { allowed: &[Output::Text], terminal: Output::Text, piped: Output::Text };
/// JSON alone.
pub const JSON: Formats = Formats { allowed: &[Output::Json], ..TREE };
/// A format of its own.
pub const NONE: Formats = Formats { allowed: &[], ..TREE };

impl Formats {
    /// The format to use, or the sentence that says which are possible.
    pub fn choose(&self, asked: Option<Output>, command: &str, terminal: bool) -> Result<Output, Report> {
        match asked {
            None if terminal => Ok(self.terminal),
            None => Ok(self.piped),
            Some(output) if self.allowed.contains(&output) => Ok(output),
            Some(output) => {
                let words: Vec<&str> = self.allowed.iter().map(|output| output.word()).collect();
                let hint = if words.is_empty() {
                    "leave out --output".to_owned()
                } else {
                    format!("it supports: {}", words.join(", "))
                };
                Err(Report::usage(format!("`cockpit {command}` has no output as {}", output.word())).hint(hint))
            }
        }
    }
}
