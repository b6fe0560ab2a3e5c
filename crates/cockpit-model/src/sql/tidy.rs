//! Statements laid out in lines: only blanks between tokens change. The crate `sqlformat` sets them; what it would read otherwise
//! than PostgreSQL and psql do (texts, quoted names, variables, comments, most operators) it sees as plain words, and a statement
//! whose tokens would not be the same afterwards stays as it was typed.

use super::split::{Split, What};
use super::token::{Kind, Token, tokens};
use sqlformat::{FormatOptions, Indent, QueryParams, format};

/// A longer statement stays as it is: it is data, and would hold up the screen.
const LONGEST: usize = 100_000;
/// Lists and conditions that fit into so many characters stay in a line.
const LINE: usize = 80;
/// Operators that the formatter reads as they are; its blanks around them are usual ones.
const KNOWN: &[&str] = &["*", "=", "<", ">", "<=", ">=", "<>", "!=", "+", "-", "/", "%", "||", "::"];

/// A text whose statements were laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tidied {
    pub text: String,
    /// How many statements stayed as they were, because they could not be laid out.
    pub left: usize,
}

/// Lays out all statements of a text. psql's commands, data of COPY and comments between statements stay as they are.
pub fn tidy(text: &str) -> Tidied {
    let mut tidied = Tidied { text: String::with_capacity(text.len()), left: 0 };
    let mut at = 0;
    for piece in Split::new(text).pieces().iter().filter(|piece| piece.what == What::Statement) {
        let body = piece.body(text);
        let Some(written) = text.get(body.clone()) else { continue };
        tidied.text.push_str(text.get(at..body.start).unwrap_or_default());
        if let Some(laid) = statement(written) {
            tidied.text.push_str(&laid);
        } else {
            tidied.text.push_str(written);
            tidied.left += 1;
        }
        at = body.end;
    }
    tidied.text.push_str(text.get(at..).unwrap_or_default());
    tidied
}

/// The place of a cursor in a text of which only blanks between tokens have changed: at a word it stays at its first letter.
pub fn same_place(before: &str, cursor: usize, after: &str) -> usize {
    let (said, rest) = before.split_at_checked(cursor).unwrap_or((before, ""));
    let letters = said.chars().filter(|c| !c.is_whitespace()).count();
    let mut all = after.char_indices().filter(|(_, letter)| !letter.is_whitespace());
    let behind = letters.checked_sub(1).and_then(|last| all.by_ref().nth(last));
    let begins = said.is_empty() || said.ends_with(char::is_whitespace);
    match (begins && rest.starts_with(|next: char| !next.is_whitespace()), behind) {
        (true, _) => all.next().map_or(after.len(), |(at, _)| at),
        (false, Some((at, letter))) => at + letter.len_utf8(),
        (false, None) => 0,
    }
}

/// One statement; none where it stays as it is.
fn statement(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let all: Vec<Token> = tokens(text).collect();
    // A command that ends it (`\g`) stays behind it; one within it means the place where it stands.
    let end = match all.last() {
        Some(last) if last.kind == Kind::Command => last.start,
        _ => text.len(),
    };
    let (said, command) = (text.get(..end)?.trim_end(), text.get(end..)?);
    let masked = Masked::new(said, &all)?;
    let options = FormatOptions {
        indent: Indent::Spaces(2),
        max_inline_block: LINE,
        max_inline_arguments: Some(LINE),
        max_inline_top_level: Some(LINE),
        joins_as_top_level: true,
        ..FormatOptions::default()
    };
    let mut laid = masked.put_back(&format(&masked.text, &QueryParams::None, &options))?;
    laid.truncate(laid.trim_end().len());
    if !command.is_empty() {
        laid.push(' ');
        laid.push_str(command);
    }
    (meaning(text) == meaning(&laid)).then_some(laid)
}

/// The tokens of a statement without blanks, each with whether it is a text that goes on in another line.
fn meaning(text: &str) -> Vec<(Kind, &str, bool)> {
    let (mut said, mut after_text, mut line) = (Vec::new(), false, false);
    for token in tokens(text) {
        line |= token.kind.is_space() && token.of(text).contains('\n');
        if token.kind != Kind::Blank {
            said.push((token.kind, token.of(text), token.kind == Kind::Text && after_text && line));
        }
        if !token.kind.is_space() {
            (after_text, line) = (token.kind == Kind::Text, false);
        }
    }
    said
}

/// A statement in which what the formatter does not know stands as a word that it does.
struct Masked<'a> {
    text: String,
    /// The words in order, and what they stand for.
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
                // As wide as what it stands for, so that lines are as long as they look.
                _ => format!("{:_<1$}_", format!("{mark}{number}"), stands_for.chars().count().min(LINE)),
            };
            masked.text.push_str(&word);
            masked.words.push((word, stands_for));
            at = end;
        }
        Some(masked)
    }

    /// The same with the placeholders replaced by what they stand for; none where one is missing.
    fn put_back(&self, laid: &str) -> Option<String> {
        let mut text = String::with_capacity(laid.len());
        let mut rest = laid;
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

/// Where a text ends that begins with the first token: it may go on in the next line, behind comments.
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

/// Whether the formatter reads a token as it is meant.
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

    fn laid(text: &str) -> String {
        tidy(text).text
    }

    #[test]
    fn a_statement_is_laid_out_in_lines() {
        insta::assert_snapshot!(laid(
            "select u.id,u.\"Name\",count(*) filter(where b.visits>10) from users u left join bookmarks b on b.user_id=u.id and b.deleted_at is null \
             where u.email like '%@example.com' and u.created_at>now()-interval '1 day' group by 1,2 having count(*)>1 order by 3 desc limit 10;\n\
             insert into tags(name) values('a'),('b') on conflict do nothing returning id"
        ));
    }

    #[test]
    fn psqls_commands_and_comments_stay_as_they_are() {
        let text = "-- first\nselect :a, :'b', :\"c\", $1, data->>'x', tags @> '{a}'::text[], $$ a;  b $$, E'a\\'b' -- why\n  from \"My  Table\" /* two\n lines */ where a[1:2] = 1\\gx\n\\d  foo\nselect  2 ;";
        let said = laid(text);
        assert_eq!(tidy(text).left, 0, "{said}");
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
            assert!(said.contains(kept), "{kept}:\n{said}");
        }
        assert_ne!(said, text);
    }

    #[test]
    fn a_text_in_two_lines_stays_in_two() {
        let said = laid("select 'a'\n  'b'   , 'c' ,  zq from t");
        assert!(said.contains("'a'\n  'b',") && said.contains("zq"), "{said}");
        assert_eq!(tidy("select 'a'\n 'b'").left, 0);
    }

    #[test]
    fn a_statement_that_cannot_be_laid_out_stays() {
        let within = "select 1 \\if true , 2 \\endif from t;";
        assert_eq!(tidy(within), Tidied { text: within.into(), left: 1 });
        let long = format!("select '{}'   ;", "a".repeat(LONGEST));
        assert_eq!(tidy(&long), Tidied { text: long.clone(), left: 1 });
        let data = "copy t from stdin;\na   b\n\\.\n";
        assert!(laid(data).ends_with("stdin;\na   b\n\\.\n"), "{}", laid(data));
    }

    #[test]
    fn the_cursor_stays_at_its_letter() {
        let text = "select a,b from t where 日本=1";
        let said = laid(text);
        for cursor in [0, 6, 9, text.find('=').unwrap(), text.len()] {
            let place = same_place(text, cursor, &said);
            let before = |text: &str, at: usize| text[..at].chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(before(&said, place), before(text, cursor));
        }
        for word in ["from", "where", "日本"] {
            let place = same_place(text, text.find(word).unwrap(), &said);
            assert!(said[place..].starts_with(word), "{word}: {said}");
        }
    }

    proptest! {
        #[test]
        fn no_token_is_changed_or_lost(text in "(select|from|where|and|case|end|a|b|1|'x'|\\$\\$y\\$\\$|:v|\\(|\\)|,|;|\\.|::|\\[|\\]|->|@|#|-|--c\n|/\\*d\\*/|\"e\"| |\n|\\*|limit|set|[a-z'$:;]){0,40}") {
            let said = laid(&text);
            let words = |text: &str| tokens(text).filter(|token| token.kind != Kind::Blank).map(|token| token.of(text).to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(words(&text), words(&said));
        }
    }
}
