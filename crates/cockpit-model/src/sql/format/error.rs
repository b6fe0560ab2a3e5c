//! Server errors as printed by psql, with the line of the statement and a caret below the error position.

use crate::sql::ServerMessage;
use crate::text::{sanitize, width};
use std::fmt::Write as _;

/// The amount of an error that is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// The message, the position, and the server's detail and hint.
    #[default]
    Default,
    /// Only the message.
    Terse,
    /// Also the code, and the object the error is about.
    Verbose,
    /// Only the code.
    Sqlstate,
}

impl Verbosity {
    /// Parses a word of `\set VERBOSITY`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "default" => Self::Default,
            "terse" => Self::Terse,
            "verbose" => Self::Verbose,
            "sqlstate" => Self::Sqlstate,
            _ => return None,
        })
    }
}

/// When the call stack is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Context {
    Never,
    #[default]
    Errors,
    /// For notices too.
    Always,
}

impl Context {
    /// Parses a word of `\set SHOW_CONTEXT`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "never" => Self::Never,
            "errors" => Self::Errors,
            "always" => Self::Always,
            _ => return None,
        })
    }
}

/// Maximum number of cells shown of a line; the rest is cut at its ends.
const WIDE: usize = 60;

/// Returns the text of an error or notice, each line terminated. `statement` is the statement that was sent.
pub fn text(error: &ServerMessage, statement: &str, verbosity: Verbosity, context: Context) -> String {
    let mut out = String::new();
    // Like libpq: without a code there is nothing else to print.
    let verbosity =
        if verbosity == Verbosity::Sqlstate && error.code.is_empty() { Verbosity::Terse } else { verbosity };
    let message = match verbosity {
        Verbosity::Sqlstate => error.code.clone(),
        Verbosity::Verbose if !error.code.is_empty() => format!("{}: {}", error.code, error.message),
        _ => error.message.clone(),
    };
    let severity = if error.severity.is_empty() { "ERROR" } else { &error.severity };
    if verbosity == Verbosity::Terse
        && let Some(position) = error.position.or(error.internal_position)
    {
        push_field(&mut out, severity, Some(&format!("{message} at character {position}")));
        return out;
    }
    push_field(&mut out, severity, Some(&message));
    if matches!(verbosity, Verbosity::Terse | Verbosity::Sqlstate) {
        return out;
    }
    let place = match (error.position, error.internal_position, &error.internal_query) {
        (Some(position), ..) => caret(statement, position),
        (None, Some(position), Some(query)) => caret(query, position),
        _ => None,
    };
    if let Some(place) = place {
        out.push_str(&place);
    }
    let mut add = |name: &str, text: Option<&str>| push_field(&mut out, name, text.filter(|text| !text.is_empty()));
    add("DETAIL", error.detail.as_deref());
    add("HINT", error.hint.as_deref());
    add("QUERY", error.internal_query.as_deref());
    let is_error = matches!(severity, "ERROR" | "FATAL" | "PANIC");
    let stack = match context {
        Context::Never => false,
        Context::Errors => is_error,
        Context::Always => true,
    };
    if stack {
        add("CONTEXT", error.context.as_deref());
    }
    if verbosity == Verbosity::Verbose {
        for (name, value) in &error.about {
            add(&format!("{} NAME", name.to_uppercase()), Some(value));
        }
        add("LOCATION", error.location.as_deref());
    }
    out
}

/// Appends a field with its name, unless it is absent.
fn push_field(out: &mut String, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        let lines: Vec<_> = text.split('\n').map(sanitize).collect();
        let _ = writeln!(out, "{name}:  {}", lines.join("\n"));
    }
}

/// Converts a position (in characters from 1) into the line number from 1, the line, and the number of characters before the
/// position in it.
pub fn place(statement: &str, position: u32) -> Option<(usize, &str, usize)> {
    let mut before = (position as usize).checked_sub(1)?;
    for (number, line) in statement.split('\n').enumerate() {
        let characters = line.chars().count();
        if before <= characters {
            return Some((number + 1, line.trim_end_matches('\r'), before));
        }
        before -= characters + 1;
    }
    None
}

/// Returns `LINE 1: select …` with the caret below it.
pub fn caret(statement: &str, position: u32) -> Option<String> {
    let (number, line, before) = place(statement, position)?;
    // Tabs become blanks in both lines, so that the caret is aligned.
    let shown: Vec<(String, usize)> = line
        .chars()
        .map(|c| sanitize(c.encode_utf8(&mut [0; 4])).into_owned())
        .map(|c| {
            let wide = width(&c);
            (c, wide)
        })
        .collect();
    let cells = |from: usize, to: usize| shown[from..to].iter().map(|(_, wide)| wide).sum::<usize>();
    let (mut from, mut to) = (0, shown.len());
    let before = before.min(shown.len());
    if cells(0, to) > WIDE {
        while from < before && cells(from, before) > WIDE - 10 {
            from += 1;
        }
        while to > before + 1 && cells(from, to) > WIDE {
            to -= 1;
        }
    }
    let (head, tail) = (if from > 0 { "..." } else { "" }, if to < shown.len() { "..." } else { "" });
    let label = format!("LINE {number}: {head}");
    let text: String = shown[from..to].iter().map(|(c, _)| c.as_str()).collect();
    Some(format!("{label}{text}{tail}\n{}^\n", " ".repeat(label.len() + cells(from, before))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, position: Option<u32>) -> ServerMessage {
        ServerMessage {
            severity: "ERROR".into(),
            code: "42703".into(),
            message: message.into(),
            position,
            ..ServerMessage::default()
        }
    }

    #[test]
    fn caret_is_aligned_after_wide_characters_and_tabs() {
        let text = |statement: &str, position| {
            text(&error("no", Some(position)), statement, Verbosity::Default, Context::Errors)
        };
        assert_eq!(text("select x", 8), "ERROR:  no\nLINE 1: select x\n               ^\n");
        assert_eq!(
            text("select '日本', x", 14),
            format!("ERROR:  no\nLINE 1: select '日本', x\n{}^\n", " ".repeat(23))
        );
        assert_eq!(text("select 1,\n\tx", 12), "ERROR:  no\nLINE 2:  x\n         ^\n");
        assert_eq!(text("select 1", 9), "ERROR:  no\nLINE 1: select 1\n                ^\n", "at its end");
        assert_eq!(text("select 1", 99), "ERROR:  no\n", "outside of it");
        assert_eq!(text("select 1", 0), "ERROR:  no\n");
    }

    #[test]
    fn long_line_is_cut_on_both_sides_of_the_position() {
        let statement = format!("select {}x, {}", "a, ".repeat(60), "b, ".repeat(60));
        let text = caret(&statement, 188).unwrap();
        let mut lines = text.lines();
        let (line, mark) = (lines.next().unwrap(), lines.next().unwrap());
        assert!(line.starts_with("LINE 1: ...") && line.ends_with("...") && line.len() < 80, "{line}");
        assert_eq!(&line[mark.len() - 1..mark.len()], "x", "{text}");
    }

    #[test]
    fn further_fields_follow_in_the_servers_order() {
        let mut error = error("a\u{1b}[31m", None);
        error.detail = Some("d".into());
        error.hint = Some("h".into());
        error.context = Some("c1\nc2".into());
        error.about = vec![("table", "t".into()), ("datatype", "d".into())];
        error.location = Some("parse, parser.c:1".into());
        let printed = |verbosity, context| text(&error, "", verbosity, context);
        assert_eq!(
            printed(Verbosity::Default, Context::Errors),
            "ERROR:  a␛[31m\nDETAIL:  d\nHINT:  h\nCONTEXT:  c1\nc2\n"
        );
        assert_eq!(printed(Verbosity::Terse, Context::Errors), "ERROR:  a␛[31m\n");
        assert_eq!(printed(Verbosity::Sqlstate, Context::Errors), "ERROR:  42703\n");
        assert_eq!(printed(Verbosity::Default, Context::Never), "ERROR:  a␛[31m\nDETAIL:  d\nHINT:  h\n");
        assert!(printed(Verbosity::Verbose, Context::Errors).starts_with("ERROR:  42703: a"));
        assert!(
            printed(Verbosity::Verbose, Context::Errors)
                .ends_with("TABLE NAME:  t\nDATATYPE NAME:  d\nLOCATION:  parse, parser.c:1\n")
        );
    }

    #[test]
    fn position_in_an_internal_statement_is_shown_in_that_statement() {
        let mut error = error("no", None);
        error.internal_query = Some("select y".into());
        error.internal_position = Some(8);
        let text = text(&error, "select f()", Verbosity::Default, Context::Errors);
        assert_eq!(text, "ERROR:  no\nLINE 1: select y\n               ^\nQUERY:  select y\n");
        error.code.clear();
        for verbosity in [Verbosity::Terse, Verbosity::Sqlstate] {
            let text = super::text(&error, "select f()", verbosity, Context::Errors);
            assert_eq!(text, "ERROR:  no at character 8\n", "psql prints no code as TERSE");
        }
    }
}
