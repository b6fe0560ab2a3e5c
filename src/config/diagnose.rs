//! An error in the configuration: its message, its position, and a hint.

use crate::model::text::sanitize;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;
use std::sync::Arc;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path, as displayed.
    pub name: String,
    pub text: String,
}

impl SourceFile {
    /// Returns the line and column (in characters) of a byte offset, both from 1.
    pub fn place(&self, byte: usize) -> (usize, usize) {
        let mut end = byte.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

/// The location of an error: in a file, a flag or a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MistakeLocation {
    /// A byte range of a file.
    File(Arc<SourceFile>, Range<usize>),
    /// A whole file, for example one that could not be read.
    Path(String),
    /// An environment variable.
    Variable(String),
    Flag(&'static str),
}

/// An error in the configuration, with its location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub location: MistakeLocation,
    /// The message, a sentence.
    pub message: String,
    /// The correct form, if it is known.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Returns the file's path, if the error is in a file.
    pub fn file(&self) -> Option<&str> {
        match &self.location {
            MistakeLocation::File(file, _) => Some(&file.name),
            MistakeLocation::Path(path) => Some(path),
            MistakeLocation::Variable(_) | MistakeLocation::Flag(_) => None,
        }
    }

    /// Returns the line and column, both from 1.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        match &self.location {
            MistakeLocation::File(file, span) => Some(file.place(span.start)),
            MistakeLocation::Path(_) | MistakeLocation::Variable(_) | MistakeLocation::Flag(_) => None,
        }
    }

    /// Returns the location: `config.toml:3:5`, `environment variable COCKPIT_UI_ASCII`.
    pub fn place(&self) -> String {
        match (&self.location, self.line_and_column()) {
            (MistakeLocation::File(file, _), Some((line, column))) => format!("{}:{line}:{column}", file.name),
            (MistakeLocation::File(file, _), None) => file.name.clone(),
            (MistakeLocation::Path(path), _) => path.clone(),
            (MistakeLocation::Variable(name), _) => format!("environment variable {name}"),
            (MistakeLocation::Flag(name), _) => format!("flag {name}"),
        }
    }

    /// Returns the message with the line of the file and a caret below the position; safe for a terminal.
    pub fn text(&self) -> String {
        let message = shown(&self.message);
        let hint = self.hint.as_deref().map(shown);
        let rendered = match &self.location {
            MistakeLocation::File(file, span) => {
                let span = span.start.min(file.text.len())..span.end.min(file.text.len());
                let snippet =
                    Snippet::source(&file.text).path(&file.name).annotation(AnnotationKind::Primary.span(span));
                let mut group = Level::ERROR.primary_title(message).element(snippet);
                if let Some(hint) = hint {
                    group = group.element(Level::HELP.message(hint));
                }
                Renderer::plain().render(&[group])
            }
            MistakeLocation::Path(_) | MistakeLocation::Variable(_) | MistakeLocation::Flag(_) => {
                let hint = hint.map(|hint| format!("\n  = help: {hint}")).unwrap_or_default();
                format!("error: {message}\n --> {}{hint}", self.place())
            }
        };
        let mut text = String::new();
        for line in rendered.lines() {
            text.push_str(sanitize(line).trim_end());
            text.push('\n');
        }
        text
    }
}

fn shown(text: &str) -> String {
    sanitize(text).into_owned()
}
