//! A failure of the server, as psql prints it: with the line of the statement and a caret under the place.

use crate::sql::ServerMessage;
use crate::text::{harmless, width};
use std::fmt::Write as _;

/// How much of an error is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verbosity {
    /// The message, the place, what more the server says and what to do.
    #[default]
    Default,
    /// The message alone.
    Terse,
    /// With the code, and what it is about.
    Verbose,
    /// The code alone.
    Sqlstate,
}

impl Verbosity {
    /// The one that a word of `\set VERBOSITY` names.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "default" => Self::Default,
            "terse" => Self::Terse,
            "verbose" => Self::Verbose,
            "sqlstate" => Self::Sqlstate,
            _ => return None,
        })
    }
}

/// When the call stack is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Context {
    Never,
    #[default]
    Errors,
    /// With notices too.
    Always,
}

impl Context {
    /// The one that a word of `\set SHOW_CONTEXT` names.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "never" => Self::Never,
            "errors" => Self::Errors,
            "always" => Self::Always,
            _ => return None,
        })
    }
}

/// How many cells of a line are shown; what is cut is at its ends.
const WIDE: usize = 60;

/// The text of an error or notice, each line ended. `statement` is the one that was sent.
pub fn text(said: &ServerMessage, statement: &str, verbosity: Verbosity, context: Context) -> String {
    let mut out = String::new();
    let mut add = |name: &str, text: &str| {
        let lines: Vec<_> = text.split('\n').map(harmless).collect();
        out.push_str(name);
        out.push_str(":  ");
        out.push_str(&lines.join("\n"));
        out.push('\n');
    };
    let message = match verbosity {
        Verbosity::Sqlstate if !said.code.is_empty() => said.code.clone(),
        Verbosity::Verbose if !said.code.is_empty() => format!("{}: {}", said.code, said.message),
        _ => said.message.clone(),
    };
    let severity = if said.severity.is_empty() { "ERROR" } else { &said.severity };
    if verbosity == Verbosity::Terse
        && let Some(position) = said.position
    {
        add(severity, &format!("{message} at character {position}"));
        return out;
    }
    add(severity, &message);
    if matches!(verbosity, Verbosity::Terse | Verbosity::Sqlstate) {
        return out;
    }
    let place = match (said.position, said.internal_position, &said.internal_query) {
        (Some(position), ..) => caret(statement, position),
        (None, Some(position), Some(query)) => caret(query, position),
        _ => None,
    };
    if let Some(place) = place {
        out.push_str(&place);
    }
    let mut add = |name: &str, text: Option<&str>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let lines: Vec<_> = text.split('\n').map(harmless).collect();
            let _ = writeln!(out, "{name}:  {}", lines.join("\n"));
        }
    };
    add("DETAIL", said.detail.as_deref());
    add("HINT", said.hint.as_deref());
    add("QUERY", said.internal_query.as_deref());
    let is_error = matches!(severity, "ERROR" | "FATAL" | "PANIC");
    let stack = match context {
        Context::Never => false,
        Context::Errors => is_error,
        Context::Always => true,
    };
    if stack {
        add("CONTEXT", said.context.as_deref());
    }
    if verbosity == Verbosity::Verbose {
        for (name, value) in &said.about {
            add(&format!("{} NAME", name.to_uppercase()), Some(value));
        }
        add("LOCATION", said.location.as_deref());
    }
    out
}

/// Where a position (in characters from 1) is: the line from 1, its text, and the characters before it there.
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

/// `LINE 1: select …` and the caret below it.
pub fn caret(statement: &str, position: u32) -> Option<String> {
    let (number, line, before) = place(statement, position)?;
    // A tab is a blank here and there, so that the caret stands right.
    let shown: Vec<(String, usize)> = line
        .chars()
        .map(|c| harmless(c.encode_utf8(&mut [0; 4])).into_owned())
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

    fn said(message: &str, position: Option<u32>) -> ServerMessage {
        ServerMessage {
            severity: "ERROR".into(),
            code: "42703".into(),
            message: message.into(),
            position,
            ..ServerMessage::default()
        }
    }

    #[test]
    fn the_caret_stands_under_the_place_also_behind_wide_characters_and_tabs() {
        let text = |statement: &str, position| {
            text(&said("no", Some(position)), statement, Verbosity::Default, Context::Errors)
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
    fn a_long_line_is_cut_on_both_sides_of_the_place() {
        let statement = format!("select {}x, {}", "a, ".repeat(60), "b, ".repeat(60));
        let text = caret(&statement, 188).unwrap();
        let mut lines = text.lines();
        let (line, mark) = (lines.next().unwrap(), lines.next().unwrap());
        assert!(line.starts_with("LINE 1: ...") && line.ends_with("...") && line.len() < 80, "{line}");
        assert_eq!(&line[mark.len() - 1..mark.len()], "x", "{text}");
    }

    #[test]
    fn what_more_is_said_follows_in_the_servers_order() {
        let mut said = said("a\u{1b}[31m", None);
        said.detail = Some("d".into());
        said.hint = Some("h".into());
        said.context = Some("c1\nc2".into());
        said.about = vec![("table", "t".into())];
        let all = |verbosity, context| text(&said, "", verbosity, context);
        assert_eq!(
            all(Verbosity::Default, Context::Errors),
            "ERROR:  a␛[31m\nDETAIL:  d\nHINT:  h\nCONTEXT:  c1\nc2\n"
        );
        assert_eq!(all(Verbosity::Terse, Context::Errors), "ERROR:  a␛[31m\n");
        assert_eq!(all(Verbosity::Sqlstate, Context::Errors), "ERROR:  42703\n");
        assert_eq!(all(Verbosity::Default, Context::Never), "ERROR:  a␛[31m\nDETAIL:  d\nHINT:  h\n");
        assert!(all(Verbosity::Verbose, Context::Errors).starts_with("ERROR:  42703: a"));
        assert!(all(Verbosity::Verbose, Context::Errors).ends_with("TABLE NAME:  t\n"));
    }

    #[test]
    fn a_place_in_a_statement_of_the_servers_own_is_shown_there() {
        let mut said = said("no", None);
        said.internal_query = Some("select y".into());
        said.internal_position = Some(8);
        let text = text(&said, "select f()", Verbosity::Default, Context::Errors);
        assert_eq!(text, "ERROR:  no\nLINE 1: select y\n               ^\nQUERY:  select y\n");
    }
}
