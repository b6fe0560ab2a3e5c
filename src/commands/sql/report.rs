//! Failures of the server, as people read it and as scripts do.

use crate::cli::{ExitCode, Report};
use crate::model::sql::ServerMessage;
use crate::model::sql::format::error::caret;

/// PostgreSQL's `read_only_sql_transaction`: a write in a transaction that only reads.
pub(super) const READ_ONLY: &str = "25006";

/// The reason why a session only reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnlyReads {
    /// `--read-only`.
    Flag,
    /// The environment is guarded.
    Guarded,
    /// The configuration of the database.
    Configured,
}

impl OnlyReads {
    /// A write that the server refused for it: a rule of safety, not a failure.
    pub(super) fn refused(self, report: Report) -> Report {
        let refused = Report { code: ExitCode::Refused, ..report };
        match self {
            Self::Flag => refused.cause("--read-only refuses every change").hint("leave --read-only out"),
            Self::Guarded => refused.cause("the environment is guarded"),
            Self::Configured => refused,
        }
    }
}

/// An error of a statement, with a caret where it lies.
pub(super) fn failed(said: &ServerMessage, statement: &str) -> Report {
    let code = if said.code.is_empty() { String::new() } else { format!(" (SQLSTATE {})", said.code) };
    let mut report = Report::new("sql", format!("{}{code}", said.message), ExitCode::Failed);
    let place = said.position.and_then(|position| place(statement, position));
    if let Some(place) = place {
        report = report.cause(place);
    }
    if let (Some(query), Some(position)) = (&said.internal_query, said.internal_position) {
        report = report.cause(place_or(query, position));
    }
    for (word, text) in [("detail", &said.detail), ("in", &said.context)] {
        if let Some(text) = text {
            report = report.cause(format!("{word}: {text}"));
        }
    }
    let hint = match (said.code.as_str(), &said.hint) {
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

/// A notice: its message, more about it and what to do, a line each.
pub(super) fn notice(said: &ServerMessage) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", said.severity, said.message)];
    for (word, text) in [("DETAIL", &said.detail), ("HINT", &said.hint)] {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            lines.extend(format!("{word}: {text}").lines().map(str::to_owned));
        }
    }
    lines
}

fn place_or(query: &str, position: u32) -> String {
    place(query, position).unwrap_or_else(|| query.to_owned())
}

/// The line with a place and a caret under it, each on a line of its own: so they stay below each other.
fn place(statement: &str, position: u32) -> Option<String> {
    caret(statement, position).map(|caret| format!("in the statement:\n{}", caret.trim_end_matches('\n')))
}

/// That nothing can be changed must be sure, and behind such a pooler it is not.
pub(super) fn pooled() -> Report {
    let what = "the session cannot be made a read-only one: a pooler gives each transaction another connection (pool_mode = transaction)";
    Report::new("denied", what, ExitCode::Failed)
        .hint("connect past the pooler, or as a user who can only read; --write opens a session that may write")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_stands_under_the_place_also_after_wide_characters() {
        assert_eq!(place("select 1,\n  日本 x", 16).unwrap(), "in the statement:\nLINE 2:   日本 x\n               ^");
        assert_eq!((place("select", 99), place("", 0)), (None, None));
    }
}
