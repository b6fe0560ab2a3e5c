//! Tokens of SQL as psql reads it: the server's, and psql's additions (commands after `\`, and `:variables`).
//!
//! No token is changed or dropped: joined, they are the text.

use super::keywords::is_keyword;
use squawk_lexer::{LiteralKind, TokenKind, tokenize};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Blanks and line ends.
    Blank,
    /// A comment: `-- …` or `/* … */`.
    Comment,
    /// A keyword.
    Keyword,
    /// A name, or a word that may be one.
    Word,
    /// A double-quoted name.
    QuotedName,
    /// A single-quoted string, with or without a prefix letter.
    Text,
    /// A string in `$tag$`.
    DollarText,
    Number,
    /// `$1`.
    Parameter,
    /// A psql variable: `:name`, `:'name'`, `:"name"`, `:{?name}`.
    Variable,
    /// An operator, including `::`, `:=` and `..`.
    Operator,
    /// `(`, `[` or `{`.
    Opening,
    /// `)`, `]` or `}`.
    Closing,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `;`
    Semicolon,
    /// `\;` or `\:`: the character itself, which neither ends a statement nor begins a variable.
    Escaped,
    /// A psql command with its arguments, up to the end of its line or to `\\`.
    Command,
    /// Not part of SQL.
    Unknown,
}

impl Kind {
    /// Returns whether it is a blank or a comment.
    pub fn is_space(self) -> bool {
        matches!(self, Self::Blank | Self::Comment)
    }
}

/// A token, with its position in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    /// The start, in bytes.
    pub start: usize,
    /// The end, in bytes.
    pub end: usize,
    /// Whether its quote, comment or argument is closed; always true for tokens that need no closing.
    pub closed: bool,
}

impl Token {
    /// Returns the token's text.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start..self.end).unwrap_or_default()
    }

    /// Returns whether it is this word, ignoring case.
    pub fn is(&self, text: &str, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Keyword) && self.of(text).eq_ignore_ascii_case(word)
    }
}

/// Folds a name as the server does: quoted names are kept, others become lower case.
pub fn fold_identifier(written: &str) -> String {
    match written.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(name) => name.replace("\"\"", "\""),
        None => written.to_lowercase(),
    }
}

/// Returns the tokens of a text.
pub fn tokens(text: &str) -> impl Iterator<Item = Token> {
    tokens_as(text, false)
}

/// Returns the tokens of a text, with `escapes` as read by a server with `standard_conforming_strings` off.
pub fn tokens_as(text: &str, escapes: bool) -> impl Iterator<Item = Token> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let token = next_as(text, at, escapes)?;
        at = token.end;
        Some(token)
    })
}

/// Returns the tokens of a statement without blanks and comments.
pub fn significant_tokens(text: &str) -> Vec<Token> {
    significant_tokens_as(text, false)
}

/// Returns the same as [`significant_tokens`], from [`tokens_as`].
pub fn significant_tokens_as(text: &str, escapes: bool) -> Vec<Token> {
    tokens_as(text, escapes).filter(|token| !token.kind.is_space()).collect()
}

/// Returns the token that begins at `at`. With `escapes`, `\` is an escape in every single-quoted string, even without an `E`
/// prefix.
pub fn next_as(text: &str, at: usize, escapes: bool) -> Option<Token> {
    let mut token = next(text, at)?;
    if escapes && token.kind == Kind::Text {
        let written = token.of(text);
        // Strings with another prefix (`B`, `X`, `U&`) have no escapes; those with `E` are already read that way.
        let quote = usize::from(written.starts_with(['n', 'N']));
        if written[quote..].starts_with('\'') {
            (token.end, token.closed) = escaped_end(text, token.start + quote + 1);
            extend_continued(text, &mut token);
        }
    }
    Some(token)
}

/// Returns the token that begins at `at`; `None` at the end of the text.
pub fn next(text: &str, at: usize) -> Option<Token> {
    let rest = text.get(at..)?;
    let raw = tokenize(rest).next()?;
    let mut token = Token { kind: Kind::Unknown, start: at, end: at + raw.len as usize, closed: true };
    match raw.kind {
        TokenKind::Whitespace => token.kind = Kind::Blank,
        TokenKind::LineComment => token.kind = Kind::Comment,
        TokenKind::BlockComment { terminated } => (token.kind, token.closed) = (Kind::Comment, terminated),
        TokenKind::Ident => token.kind = if is_keyword(token.of(text)) { Kind::Keyword } else { Kind::Word },
        TokenKind::QuotedIdent { terminated, .. } => (token.kind, token.closed) = (Kind::QuotedName, terminated),
        TokenKind::Literal { kind } => literal(text, kind, &mut token),
        TokenKind::PositionalParam { .. } => {
            token.kind = if token.end > at + 1 { Kind::Parameter } else { Kind::Operator };
        }
        TokenKind::Semi => token.kind = Kind::Semicolon,
        TokenKind::Comma => token.kind = Kind::Comma,
        TokenKind::Dot => token.kind = Kind::Dot,
        TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenCurly => token.kind = Kind::Opening,
        TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseCurly => token.kind = Kind::Closing,
        TokenKind::Colon => colon(text, &mut token),
        TokenKind::DotDot => token.kind = Kind::Operator,
        TokenKind::Slash
        | TokenKind::Minus
        | TokenKind::Eq
        | TokenKind::Gt
        | TokenKind::And
        | TokenKind::Lt
        | TokenKind::Bang
        | TokenKind::Plus
        | TokenKind::Tilde
        | TokenKind::Pound
        | TokenKind::Question
        | TokenKind::Or
        | TokenKind::Percent
        | TokenKind::Caret
        | TokenKind::Star
        | TokenKind::Backtick
        | TokenKind::At => {
            token.kind = Kind::Operator;
            token.end = operator_end(text, token.end);
        }
        TokenKind::Unknown if rest.starts_with('\\') => backslash(text, &mut token),
        TokenKind::Unknown => {}
        TokenKind::Eof => return None,
    }
    (token.end > token.start).then_some(token)
}

fn literal(text: &str, kind: LiteralKind, token: &mut Token) {
    token.kind = Kind::Text;
    match kind {
        LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => token.kind = Kind::Number,
        LiteralKind::Str { terminated }
        | LiteralKind::NationalStr { terminated }
        | LiteralKind::ByteStr { terminated }
        | LiteralKind::BitStr { terminated }
        | LiteralKind::UnicodeEscStr { terminated } => token.closed = terminated,
        LiteralKind::DollarQuotedString { terminated } => {
            (token.kind, token.closed) = (Kind::DollarText, terminated);
        }
        LiteralKind::EscStr { terminated } => {
            token.closed = terminated;
            extend_continued(text, token);
        }
    }
}

/// Extends a string with escapes that continues on the next line, where `\'` does not end it either.
fn extend_continued(text: &str, token: &mut Token) {
    while token.closed
        && let Some(more) = continued(&text[token.end..])
    {
        (token.end, token.closed) = escaped_end(text, token.end + more);
    }
}

/// Returns the offset of the quote that continues a string: after blanks and comments that contain a line end.
fn continued(rest: &str) -> Option<usize> {
    let mut at = 0;
    let mut line = false;
    loop {
        let tail = rest.get(at..)?;
        let next = tail.chars().next()?;
        match next {
            '\'' => return line.then_some(at + 1),
            '\n' | '\r' => (at, line) = (at + 1, true),
            ' ' | '\t' | '\u{b}' | '\u{c}' => at += 1,
            '-' if tail.starts_with("--") => at += tail.find(['\n', '\r'])?,
            _ => return None,
        }
    }
}

/// Returns the end of a string with escapes whose opening quote is just before `at`, and whether it is closed.
fn escaped_end(text: &str, mut at: usize) -> (usize, bool) {
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return (at + 1, true),
            _ => at += 1,
        }
    }
    (text.len(), false)
}

/// Returns the end of an operator: it never includes the beginning of a comment.
fn operator_end(text: &str, mut at: usize) -> usize {
    while let Some(rest) = text.get(at..)
        && rest.starts_with(|next| "+-*/<>=~!@#%^&|`?".contains(next))
        && !rest.starts_with("--")
        && !rest.starts_with("/*")
    {
        at += 1;
    }
    at
}

/// Returns whether a character may occur in a variable's name. Source: psqlscan.l, `variable_char`.
pub fn is_variable_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

fn colon(text: &str, token: &mut Token) {
    let rest = &text[token.end..];
    let name = |rest: &str| rest.find(|c| !is_variable_char(c)).unwrap_or(rest.len());
    token.kind = Kind::Operator;
    if rest.starts_with([':', '=']) {
        token.end += 1;
        return;
    }
    for (open, close) in [("", ""), ("'", "'"), ("\"", "\""), ("{?", "}")] {
        let Some(inner) = rest.strip_prefix(open) else { continue };
        let length = name(inner);
        if length > 0 && inner[length..].starts_with(close) {
            token.kind = Kind::Variable;
            token.end += open.len() + length + close.len();
            return;
        }
    }
}

/// Commands whose argument is the rest of the line, even past `\\`. Source: command.c, `OT_WHOLE_LINE`.
const WHOLE_LINE: &[&str] = &["!", "copy", "ef", "ev", "h", "help", "sf", "sf+", "sv", "sv+"];
/// Commands with an argument that is the rest of the line if it begins with `|`. Source: command.c, `OT_FILEPIPE`.
const PIPED: &[&str] = &["g", "gx", "o", "out", "w", "write"];

fn backslash(text: &str, token: &mut Token) {
    if text[token.end..].starts_with([';', ':']) {
        token.kind = Kind::Escaped;
        token.end += 1;
        return;
    }
    token.kind = Kind::Command;
    let line = text[token.end..].split(['\n', '\r']).next().unwrap_or_default();
    let name = line.split([' ', '\t', '\u{c}', '\\']).next().unwrap_or_default();
    let arguments = &line[name.len()..];
    let start = token.end + name.len();
    if WHOLE_LINE.contains(&name) {
        token.end = start + arguments.len();
        return;
    }
    let piped = PIPED.contains(&name);
    let mut fresh = true;
    let mut quote = None;
    let mut characters = arguments.char_indices();
    token.end = start + arguments.len();
    while let Some((at, next)) = characters.next() {
        let begins = std::mem::replace(&mut fresh, quote.is_none() && next.is_whitespace());
        match (quote, next) {
            // After `|` the shell command is the rest of the line.
            (None, '|') if piped && begins => break,
            (None, '\\') => {
                let both = arguments[at..].starts_with("\\\\");
                token.end = start + at + if both { 2 } else { 0 };
                break;
            }
            (None, '\'' | '"' | '`') => quote = Some(next),
            (Some('\''), '\\') => {
                characters.next();
            }
            (Some(open), next) if open == next => quote = None,
            _ => {}
        }
    }
    token.closed = quote.is_none();
    // A lone `\`, or `\\`, stands for itself.
    if token.end == token.start + 1 && text[token.end..].starts_with('\\') {
        token.end += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        tokens(text).filter(|token| token.kind != Kind::Blank).map(|token| (token.kind, token.of(text))).collect()
    }

    #[test]
    fn variables_are_told_apart_from_casts_slices_and_strings() {
        use Kind::{Keyword, Operator, Text, Variable, Word};
        assert_eq!(
            kinds("select :a :'b' :\"c\" :{?d} x::int y:=1"),
            [
                (Keyword, "select"),
                (Variable, ":a"),
                (Variable, ":'b'"),
                (Variable, ":\"c\""),
                (Variable, ":{?d}"),
                (Word, "x"),
                (Operator, "::"),
                (Keyword, "int"),
                (Word, "y"),
                (Operator, ":="),
                (Kind::Number, "1"),
            ]
        );
        assert_eq!(kinds(":'a b'"), [(Operator, ":"), (Text, "'a b'")]);
        assert_eq!(kinds(":しおり"), [(Variable, ":しおり")]);
    }

    #[test]
    fn command_ends_with_its_line_or_before_the_next_backslash() {
        let command = |text: &'static str| tokens(text).next().map(|token| (token.of(text), token.closed)).unwrap();
        assert_eq!(command("\\d foo\nselect"), ("\\d foo", true));
        assert_eq!(command("\\a \\x"), ("\\a ", true));
        assert_eq!(command("\\echo 1 \\\\ select 1"), ("\\echo 1 \\\\", true));
        assert_eq!(command("\\echo 'a\\'b\\\\' x"), ("\\echo 'a\\'b\\\\' x", true));
        assert_eq!(command("\\echo 'a"), ("\\echo 'a", false));
        assert_eq!(command("\\! echo \\\\ x"), ("\\! echo \\\\ x", true));
        assert_eq!(command("\\o | sed 's/\\\\/x/'\n"), ("\\o | sed 's/\\\\/x/'", true));
        assert_eq!(command("\\g (format=csv) | cat \\\\ x"), ("\\g (format=csv) | cat \\\\ x", true));
        assert_eq!(command("\\g out \\\\"), ("\\g out \\\\", true));
        assert_eq!(kinds("a\\;b")[1], (Kind::Escaped, "\\;"));
    }

    #[test]
    fn quotes_comments_and_dollar_strings_are_one_token_each() {
        use Kind::{Comment, DollarText, Operator, QuotedName, Text};
        assert_eq!(kinds("/* a /* b */ ; */"), [(Comment, "/* a /* b */ ; */")]);
        assert_eq!(kinds("$a$ $b$ ; $$ $a$"), [(DollarText, "$a$ $b$ ; $$ $a$")]);
        assert_eq!(kinds("\"a\"\";\""), [(QuotedName, "\"a\"\";\"")]);
        assert_eq!(kinds("e'a\\';b'"), [(Text, "e'a\\';b'")]);
        assert_eq!(kinds("E'a' -- x\n  'b\\';c'"), [(Text, "E'a' -- x\n  'b\\';c'")]);
        assert_eq!(kinds("E'a' 'b'").len(), 2, "without an end of a line between them they are two");
        assert_eq!(kinds("a$b$c"), [(Kind::Word, "a$b$c")]);
        assert_eq!(kinds("*/*x*/"), [(Operator, "*"), (Comment, "/*x*/")]);
        assert_eq!(kinds("<--x"), [(Operator, "<"), (Comment, "--x")]);
        assert_eq!(kinds("->>"), [(Operator, "->>")]);
    }

    #[test]
    fn backslash_is_an_escape_if_the_server_treats_it_so() {
        let texts = |text: &'static str, escapes: bool| -> Vec<(&str, bool)> {
            let found = tokens_as(text, escapes).filter(|token| token.kind == Kind::Text);
            found.map(|token| (token.of(text), token.closed)).collect()
        };
        let text = r"'a\'b' n'\'' E'\'' B'1\' 'x\";
        assert_eq!(
            texts(text, true),
            [(r"'a\'b'", true), (r"n'\''", true), (r"E'\''", true), (r"B'1\'", true), (r"'x\", false)]
        );
        assert_eq!(texts(r"'a\' 'b'", false), [(r"'a\'", true), ("'b'", true)]);
        assert_eq!(texts("'a'\n'b\\'c'", true), [("'a'\n'b\\'c'", true)], "it goes on in the next line");
    }

    #[test]
    fn unterminated_literal_is_marked() {
        for text in ["'a", "\"a", "$$a", "$x$a$", "/* a", "e'a\\'", "E'a'\n'b", "u&'x"] {
            let last = tokens(text).last().unwrap();
            assert!(!last.closed && last.end == text.len(), "{text}: {last:?}");
        }
    }

    proptest! {
        #[test]
        fn tokens_join_to_the_text(text in "[a-z'\"$\\\\:;(){}/*\\-\\n \u{3042}eE0-9]{0,60}") {
            for escapes in [false, true] {
                let mut at = 0;
                for token in tokens_as(&text, escapes) {
                    prop_assert_eq!(token.start, at);
                    prop_assert!(token.end > at && text.is_char_boundary(token.end));
                    at = token.end;
                }
                prop_assert_eq!(at, text.len());
            }
        }

        #[test]
        fn any_text_is_read_to_the_end(text in any::<String>()) {
            prop_assert_eq!(tokens(&text).last().map_or(0, |token| token.end), text.len());
        }
    }
}
