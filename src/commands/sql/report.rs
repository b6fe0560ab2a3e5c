//! What the server says of a failure, as people read it and as scripts do.

use crate::cli::{ExitCode, Report};
use crate::model::sql::Said;
use crate::model::text::{cut_end, width};

/// Cells of a line of SQL that are shown.
const WIDE: usize = 120;

/// An error of a statement, with a caret where it lies.
pub(super) fn failed(said: &Said, statement: &str) -> Report {
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
        ("25006", None) => {
            Some("the session only reads: --write opens one that may write; a reader takes no writes at all".to_owned())
        }
        ("57014", None) if said.message.contains("timeout") => {
            Some("give it more time: `set statement_timeout`, or `database.statement_timeout`".to_owned())
        }
        (_, None) => None,
    };
    match hint {
        Some(hint) => report.hint(hint),
        None => report,
    }
}

fn place_or(query: &str, position: u32) -> String {
    place(query, position).unwrap_or_else(|| query.to_owned())
}

/// The line with a place, counted in characters from 1, and a caret under it.
fn place(statement: &str, position: u32) -> Option<String> {
    let at = usize::try_from(position).ok()?.checked_sub(1)?;
    let (byte, _) = statement.char_indices().chain([(statement.len(), ' ')]).nth(at)?;
    let before = &statement[..byte];
    let number = before.matches('\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let end = statement[byte..].find('\n').map_or(statement.len(), |at| byte + at);
    let (mut left, right) = (statement[begin..byte].replace('\t', " "), statement[byte..end].replace('\t', " "));
    if width(&left) > WIDE / 2 {
        // Its end is what matters.
        let kept: Vec<char> = left.chars().rev().take(WIDE / 2).collect();
        left = format!("…{}", kept.into_iter().rev().collect::<String>());
    }
    let line = cut_end(&format!("{left}{}", right.trim_end()), WIDE).into_owned();
    Some(format!("in line {number}:\n{line}\n{}^", " ".repeat(width(&left))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_stands_under_the_place_also_after_wide_characters() {
        assert_eq!(place("select 1,\n  日本 x", 16).unwrap(), "in line 2:\n  日本 x\n       ^");
        assert_eq!(place("select", 7).unwrap(), "in line 1:\nselect\n      ^");
        assert_eq!((place("select", 99), place("", 0)), (None, None));
        let long = format!("select {}oops", "x, ".repeat(200));
        let shown = place(&long, 608).unwrap();
        assert!(
            shown.lines().nth(1).unwrap().ends_with("oops") && shown.lines().all(|line| line.len() < 150),
            "{shown}"
        );
    }
}
