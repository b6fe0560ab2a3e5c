//! Output formats, and the formats that each command supports.

use super::error::Report;
use clap::ValueEnum;

/// A format of standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns for people.
    Table,
    /// JSON, versioned by its `schema`.
    Json,
    /// YAML with the same fields as the JSON.
    Yaml,
    /// Rows for spreadsheets.
    Csv,
    /// Markdown, for a pull request (`infra plan`).
    Markdown,
    /// Lines for people (`logs`).
    Text,
    /// Lines as they were written (`logs`).
    Raw,
    /// Tab-separated rows, as PostgreSQL's `COPY` writes them (`sql`).
    Tsv,
    /// One object per line (`sql`).
    #[value(name = "jsonl")]
    JsonLines,
    /// A diagram for Mermaid (`sql --er`).
    Mermaid,
    /// A diagram for Graphviz (`sql --er`).
    Dot,
    /// A diagram as an image (`sql --er`).
    Svg,
}

impl Output {
    /// Returns the name, as typed on the command line.
    pub fn name(self) -> &'static str {
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

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal that supports colours, unless `NO_COLOR` is set.
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
    /// The supported formats.
    pub allowed: &'static [Output],
    /// The default on a terminal.
    pub terminal: Output,
    /// The default for a file or a pipe.
    pub piped: Output,
}

/// Commands that print rows and records.
pub const LIST: Formats = Formats { allowed: &[Output::Table, Output::Json, Output::Yaml, Output::Csv], ..TREE };
/// Commands that print a tree, without rows.
pub const TREE: Formats =
    Formats { allowed: &[Output::Table, Output::Json, Output::Yaml], terminal: Output::Table, piped: Output::Table };
/// Commands that print plans.
pub const PLAN: Formats = Formats { allowed: &[Output::Table, Output::Markdown, Output::Json, Output::Yaml], ..TREE };
/// Commands that print a tree, as JSON for scripts.
pub const DOCUMENT: Formats = Formats { piped: Output::Json, ..TREE };
/// Commands that print lines as they arrive.
pub const LINES: Formats =
    Formats { allowed: &[Output::Text, Output::Json, Output::Raw], terminal: Output::Text, piped: Output::Text };
/// Commands that print rows of SQL results.
pub const ROWS: Formats = Formats {
    allowed: &[Output::Table, Output::Csv, Output::Tsv, Output::Json, Output::JsonLines, Output::Markdown],
    ..TREE
};
/// Commands that print a diagram.
pub const DIAGRAM: Formats = Formats {
    allowed: &[Output::Text, Output::Mermaid, Output::Dot, Output::Svg],
    terminal: Output::Text,
    piped: Output::Text,
};
/// Commands that print SQL statements.
pub const STATEMENTS: Formats = Formats { allowed: &[Output::Text], terminal: Output::Text, piped: Output::Text };
/// Commands that print only JSON.
pub const JSON: Formats = Formats { allowed: &[Output::Json], ..TREE };
/// Commands with a format of their own.
pub const NONE: Formats = Formats { allowed: &[], ..TREE };

impl Formats {
    /// Returns the format to use, or an error that lists the supported ones.
    pub fn choose(&self, requested: Option<Output>, command: &str, terminal: bool) -> Result<Output, Report> {
        match requested {
            None if terminal => Ok(self.terminal),
            None => Ok(self.piped),
            Some(output) if self.allowed.contains(&output) => Ok(output),
            Some(output) => {
                let words: Vec<&str> = self.allowed.iter().map(|output| output.name()).collect();
                let hint = if words.is_empty() {
                    "leave out --output".to_owned()
                } else {
                    format!("it supports: {}", words.join(", "))
                };
                Err(Report::usage(format!("`cockpit {command}` has no output as {}", output.name())).hint(hint))
            }
        }
    }
}
