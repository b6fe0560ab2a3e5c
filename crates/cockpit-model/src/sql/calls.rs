//! Which functions a statement calls, from its words.

use super::functions;
use super::keywords::RESERVED;
use super::statement::Words;
use super::token::{Kind, Token};

/// Words of the grammar that stand before `(` and may be names elsewhere.
const GRAMMAR: &[&str] = &[
    "by",
    "columns",
    "cube",
    "escape",
    "explain",
    "filter",
    "first",
    "materialized",
    "next",
    "operator",
    "over",
    "recursive",
    "repeatable",
    "rollup",
    "sets",
    "stdout",
    "varying",
    "zone",
];
/// The first words of a part of a `WITH`, behind `AS (`.
const STATEMENTS: &[&str] = &["select", "values", "table", "with", "insert", "update", "delete", "merge"];

/// Whether the functions that a statement calls change something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// They only read, or there are none.
    Reading,
    /// One is not known, and may do anything.
    Unknown,
    /// One is known to change something.
    Acting,
}

/// The effects that the calls of functions in a statement may have.
pub fn of(text: &str, tokens: &[Token]) -> Calls {
    let words = Words { text, tokens };
    let mut found = Calls::Reading;
    for at in 0..tokens.len() {
        match words.call(at) {
            Calls::Acting => return Calls::Acting,
            Calls::Unknown => found = Calls::Unknown,
            Calls::Reading => {}
        }
    }
    found
}

impl Words<'_> {
    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn is_name(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(Kind::Word | Kind::Keyword | Kind::QuotedName))
    }

    /// Whether the word there calls a function that changes something.
    fn call(&self, at: usize) -> Calls {
        if !self.is_name(at) || self.sign(at + 1) != "(" {
            return Calls::Reading;
        }
        let mut first = at;
        while first >= 2 && self.kind(first - 1) == Some(Kind::Dot) && self.is_name(first - 2) {
            first -= 2;
        }
        let bare = first == at && self.kind(at) != Some(Kind::QuotedName);
        if (bare && (self.any(at, RESERVED) || self.any(at, GRAMMAR))) || self.is_other(first, at) {
            return Calls::Reading;
        }
        let name = self.name(at);
        let ours = first == at || (first + 2 == at && self.name(first) == "pg_catalog");
        if functions::acts(&name) {
            Calls::Acting
        } else if ours && functions::only_reads(&name) {
            Calls::Reading
        } else {
            Calls::Unknown
        }
    }

    /// Whether a name before `(` is something else than a function: a type, or what rows and their columns are called.
    fn is_other(&self, first: usize, at: usize) -> bool {
        let Some(before) = first.checked_sub(1) else { return false };
        if self.sign(before) == "::" || self.any(before, &["as", "tablesample"]) {
            return true;
        }
        if first != at {
            return false;
        }
        let Some(end) = self.closing(at + 1) else { return false };
        // `WITH a (b) AS (SELECT …`
        let with = self.any(before, &["with", "recursive"]) || self.kind(before) == Some(Kind::Comma);
        if with && self.is(end + 1, "as") {
            let opening = (end + 2..end + 5).find(|at| self.sign(*at) == "(");
            if opening.is_some_and(|at| self.sign(at + 1) == "(" || self.any(at + 1, STATEMENTS)) {
                return true;
            }
        }
        // `FROM f(1) a (b, c)`, where a call would follow `DISTINCT ON (…)` alone.
        let behind = self.is(before, "ordinality")
            || (self.sign(before) == ")" && self.opening(before).is_some_and(|at| at == 0 || !self.is(at - 1, "on")));
        let named = (at + 2..end).all(|at| self.is_name(at) || self.kind(at) == Some(Kind::Comma));
        behind && end > at + 2 && named
    }

    /// Where what opens there is closed.
    fn closing(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for here in at..self.tokens.len() {
            match self.tokens[here].kind {
                Kind::Opening => depth += 1,
                Kind::Closing if depth <= 1 => return Some(here),
                Kind::Closing => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// Where what is closed there opens.
    fn opening(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for here in (0..=at).rev() {
            match self.tokens[here].kind {
                Kind::Closing => depth += 1,
                Kind::Opening if depth <= 1 => return Some(here),
                Kind::Opening => depth -= 1,
                _ => {}
            }
        }
        None
    }
}
