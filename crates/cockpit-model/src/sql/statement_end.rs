//! Finds the end of a statement as psql does: a `;` outside of parentheses and function bodies.

use super::token::{Kind, Token};

/// Why a statement is incomplete, which psql's prompt shows on the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Open {
    /// No statement has begun.
    #[default]
    Ready,
    /// The `;` is missing.
    Statement,
    /// A parenthesis is open.
    Parenthesis,
    /// A comment is open.
    Comment,
    /// A string is open.
    Text,
    /// A quoted name is open.
    Name,
    /// A string in `$tag$` is open.
    Dollar,
}

impl Open {
    /// Returns the character before `#` or `>` in psql's prompt (`%R`).
    pub fn sign(self) -> char {
        match self {
            Self::Ready => '=',
            Self::Statement => '-',
            Self::Parenthesis => '(',
            Self::Comment => '*',
            Self::Text => '\'',
            Self::Name => '"',
            Self::Dollar => '$',
        }
    }
}

/// The scanner's state within a statement. Source: psqlscan.l.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    parentheses: usize,
    /// Number of `BEGIN` and `CASE` in a function body that are not yet closed by `END`.
    bodies: usize,
    /// The initials of the first words, if they are those of `CREATE OR REPLACE FUNCTION|PROCEDURE`.
    first: [u8; 4],
    words: usize,
    /// Whether anything but blanks and comments was read.
    begun: bool,
    open: Option<Open>,
}

impl Scan {
    /// Reads the next token. Returns whether it ends the statement; the next token then begins a new one.
    pub fn take(&mut self, text: &str, token: &Token) -> bool {
        self.open = match token.kind {
            _ if token.closed => None,
            Kind::Comment => Some(Open::Comment),
            Kind::QuotedName => Some(Open::Name),
            Kind::DollarText => Some(Open::Dollar),
            Kind::Text => Some(Open::Text),
            _ => None,
        };
        match token.kind {
            Kind::Blank | Kind::Comment | Kind::Command => return false,
            Kind::Opening if token.of(text) == "(" => self.parentheses += 1,
            Kind::Closing if token.of(text) == ")" => self.parentheses = self.parentheses.saturating_sub(1),
            Kind::Word | Kind::Keyword => self.word(token.of(text)),
            Kind::Escaped => self.words = 0,
            Kind::Semicolon if self.parentheses == 0 && self.bodies == 0 => {
                *self = Self::default();
                return true;
            }
            _ => {}
        }
        self.begun = true;
        false
    }

    fn word(&mut self, word: &str) {
        if self.words == 0 {
            self.first = [0; 4];
        }
        let known = ["create", "function", "procedure", "or", "replace"];
        if let Some(place) = self.first.get_mut(self.words)
            && known.iter().any(|known| word.eq_ignore_ascii_case(known))
        {
            *place = word.as_bytes()[0].to_ascii_lowercase();
        }
        self.words += 1;
        let routine = matches!(self.first, [b'c', b'f' | b'p', ..] | [b'c', b'o', b'r', b'f' | b'p']);
        if !routine || self.parentheses > 0 {
            return;
        }
        if word.eq_ignore_ascii_case("begin") || (self.bodies > 0 && word.eq_ignore_ascii_case("case")) {
            self.bodies += 1;
        } else if word.eq_ignore_ascii_case("end") {
            self.bodies = self.bodies.saturating_sub(1);
        }
    }

    /// Returns whether a part of a statement was read.
    pub fn is_begun(&self) -> bool {
        self.begun
    }

    /// Returns why the statement is incomplete.
    pub fn open(&self) -> Open {
        match self.open {
            Some(open) => open,
            None if self.parentheses > 0 => Open::Parenthesis,
            None if self.begun => Open::Statement,
            None => Open::Ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::token::tokens;

    fn open(text: &str) -> char {
        let mut scan = Scan::default();
        for token in tokens(text) {
            scan.take(text, &token);
        }
        scan.open().sign()
    }

    #[test]
    fn prompt_shows_the_open_construct() {
        for (text, sign) in [
            ("", '='),
            ("  -- x\n", '='),
            ("select 1;", '='),
            ("select 1; /* c */ ", '='),
            ("select 1", '-'),
            ("select (1;", '('),
            ("select 'a;", '\''),
            ("select E'a\\';", '\''),
            ("select \"a;", '"'),
            ("select $x$a;", '$'),
            ("select /* a;", '*'),
            ("/* a", '*'),
            ("create function f() begin atomic select 1;", '-'),
            ("select ('a", '\''),
        ] {
            assert_eq!(open(text), sign, "{text}");
        }
    }
}
