//! Finds the functions that a statement calls, from its tokens.

use super::functions;
use super::keywords::RESERVED;
use super::statement::StatementTokens;
use super::token::{Kind, Token};

/// Grammar words that stand before `(` and may be names elsewhere.
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
/// The first words of a query inside a `WITH`, after `AS (`.
const STATEMENTS: &[&str] = &["select", "values", "table", "with", "insert", "update", "delete", "merge"];

/// Whether the functions that a statement calls change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calls {
    /// It calls none, or only functions that read.
    ReadOnly,
    /// It calls an unknown function, which may do anything.
    Unknown,
    /// It calls a function known to change something.
    SideEffects,
}

/// Returns the effect of the function calls in a statement.
pub fn classify(text: &str, tokens: &[Token]) -> Calls {
    let words = StatementTokens { text, tokens };
    let mut found = Calls::ReadOnly;
    for at in 0..tokens.len() {
        match words.call(at) {
            Calls::SideEffects => return Calls::SideEffects,
            Calls::Unknown => found = Calls::Unknown,
            Calls::ReadOnly => {}
        }
    }
    found
}

impl StatementTokens<'_> {
    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn is_name(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(Kind::Word | Kind::Keyword | Kind::QuotedName))
    }

    /// Classifies the function call at a token; `Reading` if it is no call.
    fn call(&self, at: usize) -> Calls {
        if !self.is_name(at) || self.sign(at + 1) != "(" {
            return Calls::ReadOnly;
        }
        let mut first = at;
        while first >= 2 && self.kind(first - 1) == Some(Kind::Dot) && self.is_name(first - 2) {
            first -= 2;
        }
        let bare = first == at && self.kind(at) != Some(Kind::QuotedName);
        if (bare && (self.any(at, RESERVED) || self.any(at, GRAMMAR))) || self.is_other(first, at) {
            return Calls::ReadOnly;
        }
        let name = self.name(at);
        let ours = first == at || (first + 2 == at && self.name(first) == "pg_catalog");
        if functions::has_side_effects(&name) {
            Calls::SideEffects
        } else if ours && functions::only_reads(&name) {
            Calls::ReadOnly
        } else {
            Calls::Unknown
        }
    }

    /// Returns whether a name before `(` is not a function but a type, or an alias of rows with a column list.
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
        // `FROM f(1) a (b, c)`: after `)` a call can only follow `DISTINCT ON (…)`.
        let behind = self.is(before, "ordinality")
            || (self.sign(before) == ")" && self.opening(before).is_some_and(|at| at == 0 || !self.is(at - 1, "on")));
        let named = (at + 2..end).all(|at| self.is_name(at) || self.kind(at) == Some(Kind::Comma));
        behind && end > at + 2 && named
    }

    /// Returns the token that closes the parenthesis opened at `at`.
    fn closing(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for position in at..self.tokens.len() {
            match self.tokens[position].kind {
                Kind::Opening => depth += 1,
                Kind::Closing if depth <= 1 => return Some(position),
                Kind::Closing => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// Returns the token that opens the parenthesis closed at `at`.
    fn opening(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for position in (0..=at).rev() {
            match self.tokens[position].kind {
                Kind::Closing => depth += 1,
                Kind::Opening if depth <= 1 => return Some(position),
                Kind::Opening => depth -= 1,
                _ => {}
            }
        }
        None
    }
}
