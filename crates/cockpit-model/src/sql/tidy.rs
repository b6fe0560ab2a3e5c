//! Formats statements; only blanks between tokens change. The crate `sqlformat` does the layout. Whatever it would read
//! differently from PostgreSQL and psql (strings, quoted names, variables, comments, most operators) is replaced by
//! placeholder words first. A statement whose tokens would change stays as it was typed.

use super::split::{PieceKind, Split};
use super::token::{Kind, Token, tokens};
use sqlformat::{FormatOptions, Indent, QueryParams, format};

/// Length in bytes from which a statement stays as it is: it is mostly data, and formatting it would block the screen.
const LONGEST: usize = 100_000;
/// Lists and conditions up to this number of characters stay on one line.
const LINE: usize = 80;
/// Operators that the formatter understands, with the usual blanks around them.
const KNOWN: &[&str] = &["*", "=", "<", ">", "<=", ">=", "<>", "!=", "+", "-", "/", "%", "||", "::"];

/// A text with formatted statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tidied {
    pub text: String,
    /// Number of statements left unchanged because they could not be formatted.
    pub unformatted: usize,
}

/// Formats all statements of a text. psql commands, COPY data and comments between statements stay as they are.
pub fn tidy(text: &str) -> Tidied {
    let mut tidied = Tidied { text: String::with_capacity(text.len()), unformatted: 0 };
    let mut at = 0;
    for piece in Split::new(text).pieces().iter().filter(|piece| piece.kind == PieceKind::Statement) {
        let body = piece.body(text);
        let Some(written) = text.get(body.clone()) else { continue };
        tidied.text.push_str(text.get(at..body.start).unwrap_or_default());
        if let Some(formatted) = statement(written) {
            tidied.text.push_str(&formatted);
        } else {
            tidied.text.push_str(written);
            tidied.unformatted += 1;
        }
        at = body.end;
    }
    tidied.text.push_str(text.get(at..).unwrap_or_default());
    tidied
}

/// Maps a cursor to a text in which only blanks between tokens have changed. A cursor at the start of a word stays there.
pub fn map_cursor(before: &str, cursor: usize, after: &str) -> usize {
    let (head, rest) = before.split_at_checked(cursor).unwrap_or((before, ""));
    let letters = head.chars().filter(|c| !c.is_whitespace()).count();
    let mut visible = after.char_indices().filter(|(_, letter)| !letter.is_whitespace());
    let behind = letters.checked_sub(1).and_then(|last| visible.by_ref().nth(last));
    let begins = head.is_empty() || head.ends_with(char::is_whitespace);
    match (begins && rest.starts_with(|next: char| !next.is_whitespace()), behind) {
        (true, _) => visible.next().map_or(after.len(), |(at, _)| at),
        (false, Some((at, letter))) => at + letter.len_utf8(),
        (false, None) => 0,
    }
}

/// Formats one statement; `None` if it must stay as it is.
fn statement(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let all: Vec<Token> = tokens(text).collect();
    // A final command (`\g`) is kept after the statement. A command inside prevents formatting, because its position matters.
    let end = match all.last() {
        Some(last) if last.kind == Kind::Command => last.start,
        _ => text.len(),
    };
    let (body, command) = (text.get(..end)?.trim_end(), text.get(end..)?);
    let masked = Masked::new(body, &all)?;
    let options = FormatOptions {
        indent: Indent::Spaces(2),
        max_inline_block: LINE,
        max_inline_arguments: Some(LINE),
        max_inline_top_level: Some(LINE),
        joins_as_top_level: true,
        ..FormatOptions::default()
    };
    let mut formatted = masked.unmask(&format(&masked.text, &QueryParams::None, &options))?;
    formatted.truncate(formatted.trim_end().len());
    if !command.is_empty() {
        formatted.push(' ');
        formatted.push_str(command);
    }
    (visible_tokens(text) == visible_tokens(&formatted)).then_some(formatted)
}

/// Returns the tokens of a statement without blanks, each with whether it is a string continued from an earlier line.
fn visible_tokens(text: &str) -> Vec<(Kind, &str, bool)> {
    let (mut visible, mut after_text, mut line) = (Vec::new(), false, false);
    for token in tokens(text) {
        line |= token.kind.is_space() && token.of(text).contains('\n');
        if token.kind != Kind::Blank {
            visible.push((token.kind, token.of(text), token.kind == Kind::Text && after_text && line));
        }
        if !token.kind.is_space() {
            (after_text, line) = (token.kind == Kind::Text, false);
        }
    }
    visible
}

/// A statement with placeholder words for all that the formatter does not understand.
struct Masked<'a> {
    text: String,
    /// The placeholders in order, with the text that each stands for.
    words: Vec<(String, &'a str)>,
}

impl<'a> Masked<'a> {
    fn new(text: &'a str, all: &[Token]) -> Option<Self> {
        let mut mark = "zq".to_owned();
        while text.contains(&mark) {
            mark.push('z');
        }
        let mut masked = Self { text: String::with_capacity(text.len()), words: Vec::new() };
        let mut at = 0;
        let inside = all.partition_point(|token| token.end <= text.len());
        for (number, token) in all[..inside].iter().enumerate() {
            if token.start < at {
                continue;
            }
            let mut end = token.end;
            match token.kind {
                Kind::Command => return None,
                Kind::Text => end = continued(text, &all[number..inside]),
                _ if is_plain(token, text) => {
                    masked.text.push_str(token.of(text));
                    at = token.end;
                    continue;
                }
                _ => {}
            }
            let stands_for = text.get(token.start..end)?;
            let number = masked.words.len();
            let word = match token.kind {
                Kind::Comment if stands_for.starts_with("--") => format!("-- {mark}{number}_"),
                Kind::Comment => format!("/* {mark}{number}_ */"),
                // As wide as the original, so that line lengths are right.
                _ => format!("{:_<1$}_", format!("{mark}{number}"), stands_for.chars().count().min(LINE)),
            };
            masked.text.push_str(&word);
            masked.words.push((word, stands_for));
            at = end;
        }
        Some(masked)
    }

    /// Replaces the placeholders by their originals; `None` if one is missing.
    fn unmask(&self, formatted: &str) -> Option<String> {
        let mut text = String::with_capacity(formatted.len());
        let mut rest = formatted;
        for (word, stands_for) in &self.words {
            let (before, after) = rest.split_once(word.as_str())?;
            text.push_str(before);
            text.push_str(stands_for);
            rest = after;
        }
        text.push_str(rest);
        Some(text)
    }
}

/// Returns the end of a string that begins with the first token; it may continue on later lines, after comments.
fn continued(text: &str, all: &[Token]) -> usize {
    let mut end = all.first().map_or(0, |token| token.end);
    let mut line = false;
    for token in all.iter().skip(1) {
        match token.kind {
            Kind::Blank | Kind::Comment => line |= token.of(text).contains('\n'),
            Kind::Text if line => (end, line) = (token.end, false),
            _ => break,
        }
    }
    end
}

/// Returns whether the formatter reads a token correctly.
fn is_plain(token: &Token, text: &str) -> bool {
    match token.kind {
        Kind::Blank | Kind::Keyword | Kind::Opening | Kind::Closing | Kind::Comma | Kind::Dot | Kind::Semicolon => true,
        Kind::Word => token.of(text).bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
        Kind::Number => token.of(text).bytes().all(|byte| byte.is_ascii_digit()),
        Kind::Operator => KNOWN.contains(&token.of(text)),
        Kind::Comment
        | Kind::QuotedName
        | Kind::Text
        | Kind::DollarText
        | Kind::Parameter
        | Kind::Variable
        | Kind::Escaped
        | Kind::Command
        | Kind::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn formatted(text: &str) -> String {
        tidy(text).text
    }

    #[test]
    fn statement_is_laid_out_in_lines() {
        insta::assert_snapshot!(formatted(
            "select u.id,u.\"Name\",count(*) filter(where b.visits>10) from users u left join bookmarks b on b.user_id=u.id and b.deleted_at is null \
             where u.email like '%@example.com' and u.created_at>now()-interval '1 day' group by 1,2 having count(*)>1 order by 3 desc limit 10;\n\
             insert into tags(name) values('a'),('b') on conflict do nothing returning id"
        ));
    }

    #[test]
    fn psql_commands_and_comments_are_kept() {
        let text = "-- first\nselect :a, :'b', :\"c\", $1, data->>'x', tags @> '{a}'::text[], $$ a;  b $$, E'a\\'b' -- why\n  from \"My  Table\" /* two\n lines */ where a[1:2] = 1\\gx\n\\d  foo\nselect  2 ;";
        let output = formatted(text);
        assert_eq!(tidy(text).unformatted, 0, "{output}");
        for kept in [
            "-- first\n",
            ":'b'",
            ":\"c\"",
            "$1",
            "->>",
            "@>",
            "$$ a;  b $$",
            "E'a\\'b'",
            "-- why\n",
            "\"My  Table\"",
            "/* two\n lines */",
            "\\gx\n\\d  foo\n",
            "select 2;",
        ] {
            assert!(output.contains(kept), "{kept}:\n{output}");
        }
        assert_ne!(output, text);
    }

    #[test]
    fn string_on_two_lines_stays_on_two() {
        let output = formatted("select 'a'\n  'b'   , 'c' ,  zq from t");
        assert!(output.contains("'a'\n  'b',") && output.contains("zq"), "{output}");
        assert_eq!(tidy("select 'a'\n 'b'").unformatted, 0);
    }

    #[test]
    fn statement_that_cannot_be_formatted_is_kept() {
        let within = "select 1 \\if true , 2 \\endif from t;";
        assert_eq!(tidy(within), Tidied { text: within.into(), unformatted: 1 });
        let long = format!("select '{}'   ;", "a".repeat(LONGEST));
        assert_eq!(tidy(&long), Tidied { text: long.clone(), unformatted: 1 });
        let data = "copy t from stdin;\na   b\n\\.\n";
        assert!(formatted(data).ends_with("stdin;\na   b\n\\.\n"), "{}", formatted(data));
    }

    #[test]
    fn cursor_stays_at_its_letter() {
        let text = "select a,b from t where 日本=1";
        let output = formatted(text);
        for cursor in [0, 6, 9, text.find('=').unwrap(), text.len()] {
            let place = map_cursor(text, cursor, &output);
            let before = |text: &str, at: usize| text[..at].chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(before(&output, place), before(text, cursor));
        }
        for word in ["from", "where", "日本"] {
            let place = map_cursor(text, text.find(word).unwrap(), &output);
            assert!(output[place..].starts_with(word), "{word}: {output}");
        }
    }

    proptest! {
        #[test]
        fn formatting_keeps_every_token(text in "(select|from|where|and|case|end|a|b|1|'x'|\\$\\$y\\$\\$|:v|\\(|\\)|,|;|\\.|::|\\[|\\]|->|@|#|-|--c\n|/\\*d\\*/|\"e\"| |\n|\\*|limit|set|[a-z'$:;]){0,40}") {
            let output = formatted(&text);
            let words = |text: &str| tokens(text).filter(|token| token.kind != Kind::Blank).map(|token| token.of(text).to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(words(&text), words(&output));
        }
    }
}
