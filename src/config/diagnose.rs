//! A mistake in the configuration: what, where, and what would be right.

use crate::model::text::harmless;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;
use std::sync::Arc;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path, as it is shown.
    pub name: String,
    pub text: String,
}

impl SourceFile {
    /// Line and column (in characters) of a byte, both from 1.
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

/// Where a mistake stands: in a file, a flag or a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MistakeLocation {
    /// A byte range of a file.
    File(Arc<SourceFile>, Range<usize>),
    /// A file as a whole, for example one that could not be read.
    Path(String),
    /// In an environment variable.
    Variable(String),
    Flag(&'static str),
}

/// One mistake of the configuration, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub spot: MistakeLocation,
    /// The fault, in a sentence.
    pub message: String,
    /// The right form, if it can be said.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// The file's path, if it is in a file.
    pub fn file(&self) -> Option<&str> {
        match &self.spot {
            MistakeLocation::File(file, _) => Some(&file.name),
            MistakeLocation::Path(path) => Some(path),
            MistakeLocation::Variable(_) | MistakeLocation::Flag(_) => None,
        }
    }

    /// Line and column, both from 1.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        match &self.spot {
            MistakeLocation::File(file, span) => Some(file.place(span.start)),
            MistakeLocation::Path(_) | MistakeLocation::Variable(_) | MistakeLocation::Flag(_) => None,
        }
    }

    /// `config.toml:3:5`, `environment variable COCKPIT_UI_ASCII`.
    pub fn place(&self) -> String {
        match (&self.spot, self.line_and_column()) {
            (MistakeLocation::File(file, _), Some((line, column))) => format!("{}:{line}:{column}", file.name),
            (MistakeLocation::File(file, _), None) => file.name.clone(),
            (MistakeLocation::Path(path), _) => path.clone(),
            (MistakeLocation::Variable(name), _) => format!("environment variable {name}"),
            (MistakeLocation::Flag(name), _) => format!("flag {name}"),
        }
    }

    /// The text with the line of the file and a caret under the place; harmless to a terminal.
    pub fn text(&self) -> String {
        let message = shown(&self.message);
        let hint = self.hint.as_deref().map(shown);
        let rendered = match &self.spot {
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
            text.push_str(harmless(line).trim_end());
            text.push('\n');
        }
        text
    }
}

fn shown(text: &str) -> String {
    harmless(text).into_owned()
}
