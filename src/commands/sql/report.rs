//! Converts server errors to reports, and notices to lines.

use crate::cli::{ExitCode, Report};
use crate::model::sql::ServerMessage;
use crate::model::sql::format::error::caret;

/// PostgreSQL's `read_only_sql_transaction`: a write in a read-only transaction.
pub(super) const READ_ONLY: &str = "25006";

/// The reason why a session is read-only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadOnlyReason {
    /// `--read-only`.
    Flag,
    /// The environment is guarded.
    Guarded,
    /// The configuration of the database.
    Configured,
}

impl ReadOnlyReason {
    /// Converts a write error to a refusal with the reason: a safety rule, not a failure.
    pub(super) fn into_refusal(self, report: Report) -> Report {
        let refused = Report { code: ExitCode::Refused, ..report };
        match self {
            Self::Flag => refused.cause("--read-only refuses every change").hint("leave --read-only out"),
            Self::Guarded => refused.cause("the environment is guarded"),
            Self::Configured => refused,
        }
    }
}

/// Converts an error of a statement to a report, with a caret at its position.
pub(super) fn statement_error(message: &ServerMessage, statement: &str) -> Report {
    let code = if message.code.is_empty() { String::new() } else { format!(" (SQLSTATE {})", message.code) };
    let mut report = Report::new("sql", format!("{}{code}", message.message), ExitCode::Failed);
    let place = message.position.and_then(|position| place(statement, position));
    if let Some(place) = place {
        report = report.cause(place);
    }
    if let (Some(query), Some(position)) = (&message.internal_query, message.internal_position) {
        report = report.cause(place_or(query, position));
    }
    for (word, text) in [("detail", &message.detail), ("in", &message.context)] {
        if let Some(text) = text {
            report = report.cause(format!("{word}: {text}"));
        }
    }
    let hint = match (message.code.as_str(), &message.hint) {
        (_, Some(hint)) => Some(hint.clone()),
        (READ_ONLY, None) => {
            Some("the session only reads: --write opens one that may write; a reader takes no writes at all".to_owned())
        }
        ("57014", None) => Some(
            "where it took too long: `set statement_timeout`, or `database.statement_timeout`, gives it more time"
                .to_owned(),
        ),
        (_, None) => None,
    };
    match hint {
        Some(hint) => report.hint(hint),
        None => report,
    }
}

/// Formats a notice: its message, its detail and its hint, one line each.
pub(super) fn notice(message: &ServerMessage) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", message.severity, message.message)];
    for (word, text) in [("DETAIL", &message.detail), ("HINT", &message.hint)] {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            lines.extend(format!("{word}: {text}").lines().map(str::to_owned));
        }
    }
    lines
}

fn place_or(query: &str, position: u32) -> String {
    place(query, position).unwrap_or_else(|| query.to_owned())
}

/// Returns the line of a position with a caret below it, on separate lines so that they stay aligned.
fn place(statement: &str, position: u32) -> Option<String> {
    caret(statement, position).map(|caret| format!("in the statement:\n{}", caret.trim_end_matches('\n')))
}

/// Returns the error for a transaction pooler, behind which a session cannot be made reliably read-only.
pub(super) fn pooler_error() -> Report {
    let what = "the session cannot be made a read-only one: a pooler gives each transaction another connection (pool_mode = transaction)";
    Report::new("denied", what, ExitCode::Failed)
        .hint("connect past the pooler, or as a user who can only read; --write opens a session that may write")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caret_is_aligned_after_wide_characters() {
        assert_eq!(place("select 1,\n  日本 x", 16).unwrap(), "in the statement:\nLINE 2:   日本 x\n               ^");
        assert_eq!((place("select", 99), place("", 0)), (None, None));
    }
}
