//! Error reports: the failure, its causes and what to do, for people or as JSON.

use super::exit::ExitCode;
use crate::model::offered::{CommandScope, in_environment};
use crate::model::text::harmless;
use crate::model::{Failure, FailureKind};
use serde::Serialize;
use std::io::{self, Write};

/// A failure of the whole command.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// One word for machines: `usage`, `config`, `credentials`, `timeout` …
    pub kind: String,
    /// The failure, in a sentence without a full stop.
    pub message: String,
    /// Why, the nearest cause first.
    pub causes: Vec<String>,
    /// The hint, where there is one.
    pub hint: Option<String>,
    /// How the program ends.
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
    /// A failure with its kind and exit code.
    pub fn new(kind: impl Into<String>, message: impl Into<String>, code: ExitCode) -> Self {
        Self { kind: kind.into(), message: message.into(), causes: Vec::new(), hint: None, code }
    }

    /// Wrong usage: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new("usage", message, ExitCode::Usage)
    }

    /// A failed read, under what was tried.
    pub fn of_failure(message: impl Into<String>, failure: &Failure) -> Self {
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
        Self::new(failure.kind.word(), message, code).cause(failure.message.clone()).hint(failure.hint())
    }

    /// Adds a cause behind those that are there.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds all causes of an error, the nearest first.
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

    /// Sets the hint: what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Names this environment in each command that the hint offers.
    #[must_use]
    pub fn in_environment(mut self, named: CommandScope<'_>) -> Self {
        self.hint = self.hint.map(|hint| in_environment(&hint, named));
        self
    }

    /// The text for people: `error: …`, `  cause: …`, `  hint: …`. Text from outside is made harmless; a line break
    /// within it is kept, so that a snippet stays readable.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut add = |label: &str, body: &str| {
            for (number, line) in body.lines().enumerate() {
                if number == 0 {
                    text.push_str(label);
                } else {
                    text.push_str("    ");
                }
                text.push_str(&harmless(line));
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

    /// The text for machines: `{"error":{"kind","message","causes","hint"}}` on one line.
    pub fn json(&self) -> String {
        let inner =
            Inner { kind: &self.kind, message: &self.message, causes: &self.causes, hint: self.hint.as_deref() };
        let json = serde_json::to_string(&Envelope { error: inner }).unwrap_or_default();
        format!("{}\n", crate::model::text::json_text(&json))
    }

    /// Writes it to `out` (stderr), as JSON or for people.
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
    fn a_report_reads_the_same_for_people_and_machines() {
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
        let of = |kind| Report::of_failure("x", &Failure::new(kind, "y")).code;
        assert_eq!(of(FailureKind::Credentials), ExitCode::Credentials);
        assert_eq!(of(FailureKind::WrongAccount), ExitCode::Refused);
        assert_eq!(of(FailureKind::Timeout), ExitCode::Failed);
    }
}
