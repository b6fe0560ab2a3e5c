//! Error reports: the failure, its causes and a hint, for people or as JSON.

use super::exit::ExitCode;
use crate::model::suggested_commands::{CommandScope, with_scope};
use crate::model::text::sanitize;
use crate::model::{Failure, FailureKind};
use serde::Serialize;
use std::io::{self, Write};

/// A failure of the whole command.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The kind, a single word for machines: `usage`, `config`, `credentials`, `timeout` …
    pub kind: String,
    /// The failure, in a sentence without a full stop.
    pub message: String,
    /// The causes, the nearest first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code of the program.
    pub code: ExitCode,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    kind: &'a str,
    message: &'a str,
    causes: &'a [String],
    hint: Option<&'a str>,
}

impl Report {
    /// Returns a failure with its kind and exit code.
    pub fn new(kind: impl Into<String>, message: impl Into<String>, code: ExitCode) -> Self {
        Self { kind: kind.into(), message: message.into(), causes: Vec::new(), hint: None, code }
    }

    /// Returns a usage error: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", message, ExitCode::Usage)
    }

    /// Returns a failed read, with `message` naming what was tried.
    pub fn from_failure(message: impl Into<String>, failure: &Failure) -> Self {
        let code = match failure.kind {
            FailureKind::Credentials => ExitCode::Credentials,
            FailureKind::WrongAccount => ExitCode::Refused,
            FailureKind::Throttled
            | FailureKind::Denied
            | FailureKind::Unreachable
            | FailureKind::Timeout
            | FailureKind::Malformed
            | FailureKind::Invalid
            | FailureKind::NotFound
            | FailureKind::Service
            | FailureKind::Other => ExitCode::Failed,
        };
        Self::new(failure.kind.name(), message, code).cause(failure.message.clone()).hint(failure.hint())
    }

    /// Appends a cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Appends all causes of an error, the nearest first.
    #[must_use]
    pub fn caused_by(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            if self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Sets the hint, which says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds this environment's flags to each command in the hint.
    #[must_use]
    pub fn in_environment(mut self, named: CommandScope<'_>) -> Self {
        self.hint = self.hint.map(|hint| with_scope(&hint, named));
        self
    }

    /// Returns the text for people: `error: …`, `  cause: …`, `  hint: …`. External text is made safe for a terminal; its
    /// line breaks are kept, so that a snippet stays readable.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut add = |label: &str, body: &str| {
            for (number, line) in body.lines().enumerate() {
                if number == 0 {
                    text.push_str(label);
                } else {
                    text.push_str("    ");
                }
                text.push_str(&sanitize(line));
                text.push('\n');
            }
        };
        add("error: ", &self.message);
        for cause in &self.causes {
            add("  cause: ", cause);
        }
        if let Some(hint) = &self.hint {
            add("  hint: ", hint);
        }
        text
    }

    /// Returns the text for machines: `{"error":{"kind","message","causes","hint"}}` on one line.
    pub fn json(&self) -> String {
        let inner =
            Inner { kind: &self.kind, message: &self.message, causes: &self.causes, hint: self.hint.as_deref() };
        let json = serde_json::to_string(&Envelope { error: inner }).unwrap_or_default();
        format!("{}\n", crate::model::text::escape_json(&json))
    }

    /// Writes the report to `out` (stderr), as JSON or for people.
    pub fn write(&self, out: &mut dyn Write, json: bool) -> io::Result<()> {
        let text = if json { self.json() } else { self.text() };
        out.write_all(text.as_bytes())?;
        out.flush()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_has_the_same_content_as_text_and_as_json() {
        let report = Report::usage("there is no environment `stagin`")
            .cause("the file says \u{1b}[31mnothing\u{9b}")
            .hint("known: staging, prod");
        assert_eq!(
            report.text(),
            "error: there is no environment `stagin`\n  cause: the file says ␛[31mnothing\\u{9b}\n  hint: known: staging, prod\n"
        );
        let json = report.json();
        assert!(!json.contains('\u{1b}') && !json.contains('\u{9b}'));
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["error"]["kind"], "usage");
        assert_eq!(value["error"]["causes"][0], "the file says \u{1b}[31mnothing\u{9b}");
        assert_eq!(report.code.code(), 2);
    }

    #[test]
    fn failures_have_their_exit_codes() {
        let code_of = |kind| Report::from_failure("x", &Failure::new(kind, "y")).code;
        assert_eq!(code_of(FailureKind::Credentials), ExitCode::Credentials);
        assert_eq!(code_of(FailureKind::WrongAccount), ExitCode::Refused);
        assert_eq!(code_of(FailureKind::Timeout), ExitCode::Failed);
    }
}
