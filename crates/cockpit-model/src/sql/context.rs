//! Where in a statement the cursor is, as far as completion asks: which tables the statement names, and what may stand there.

use super::keywords::{RESERVED, is_among};
use super::token::{Kind, Token};

/// A table that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its schema, where it is written.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// The name that the statement gives it.
    pub alias: Option<String>,
}

/// The name that a token writes.
pub fn name_of(text: &str, token: &Token) -> String {
    let written = token.of(text);
    if token.kind == Kind::QuotedName {
        written.trim_matches('"').replace("\"\"", "\"")
    } else {
        written.to_lowercase()
    }
}

/// What may stand somewhere.
pub enum Wants {
    /// The beginning of a statement.
    Statement,
    /// A table or the like.
    Relation,
    /// Columns of one table, and nothing else.
    ColumnsOf(Named),
    /// A part of an expression.
    Expression,
}

/// The tokens of a statement without blanks and comments.
pub struct Statement<'a> {
    /// The text in which they are.
    pub text: &'a str,
    /// The tokens.
    pub tokens: &'a [Token],
}

impl Statement<'_> {
    fn is(&self, token: &Token, words: &[&str]) -> bool {
        words.iter().any(|word| token.is(self.text, word))
    }

    /// The tables that it names, wherever the cursor is.
    pub fn tables(&self) -> Vec<Named> {
        let mut tables = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let token = &self.tokens[at];
            at += 1;
            if !self.is(token, &["from", "join", "update", "into", "using"]) {
                continue;
            }
            while let Some((named, next)) = self.named(at) {
                tables.push(named);
                at = next;
                // `FROM a, b`
                if self.tokens.get(at).is_none_or(|token| token.kind != Kind::Comma) {
                    break;
                }
                at += 1;
            }
        }
        tables
    }

    /// A table's name from `at` on with its alias, and where it ends.
    fn named(&self, mut at: usize) -> Option<(Named, usize)> {
        let is_name = |token: &&Token| match token.kind {
            Kind::Word | Kind::QuotedName => true,
            Kind::Keyword => !is_among(token.of(self.text), RESERVED),
            _ => false,
        };
        at += usize::from(self.tokens.get(at).is_some_and(|token| self.is(token, &["only", "lateral"])));
        let first = self.tokens.get(at).filter(is_name)?;
        let mut named = Named { schema: None, name: name_of(self.text, first), alias: None };
        at += 1;
        if self.tokens.get(at).is_some_and(|token| token.kind == Kind::Dot)
            && let Some(second) = self.tokens.get(at + 1).filter(is_name)
        {
            named.schema = Some(std::mem::replace(&mut named.name, name_of(self.text, second)));
            at += 2;
        }
        at += usize::from(self.tokens.get(at).is_some_and(|token| self.is(token, &["as"])));
        // Words that may follow a table and are no names of it.
        let follows = ["set", "where", "on", "join", "values", "order", "group", "limit", "using", "left", "inner"];
        if let Some(alias) = self.tokens.get(at).filter(is_name)
            && !self.is(alias, &follows)
        {
            named.alias = Some(name_of(self.text, alias));
            at += 1;
        }
        Some((named, at))
    }

    /// What may follow the tokens before the cursor.
    pub fn wants(&self, before: &[Token]) -> Wants {
        let Some(last) = before.last() else { return Wants::Statement };
        if self.is(last, &["explain"]) {
            return Wants::Statement;
        }
        if self.is(
            last,
            &[
                "from",
                "join",
                "into",
                "update",
                "table",
                "only",
                "truncate",
                "references",
                "copy",
                "view",
                "analyze",
                "vacuum",
                "lock",
            ],
        ) {
            return Wants::Relation;
        }
        // `INSERT INTO t (a, |`: columns of the one table, and nothing else.
        if let Some(open) = innermost(before) {
            let inner = &before[..open];
            let into = inner.iter().rposition(|token| self.is(token, &["into"]));
            if let Some(into) = into
                && let Some((named, end)) = (Statement { text: self.text, tokens: inner }).named(into + 1)
                && end == inner.len()
            {
                return Wants::ColumnsOf(named);
            }
        }
        if last.kind == Kind::Comma && self.is_from_list(before) {
            return Wants::Relation;
        }
        Wants::Expression
    }

    /// Whether the comma at the end stands in a `FROM`, not between expressions.
    fn is_from_list(&self, before: &[Token]) -> bool {
        let mut depth = 0_usize;
        for token in before.iter().rev().skip(1) {
            match token.kind {
                Kind::Closing => depth += 1,
                Kind::Opening if depth == 0 => return false,
                Kind::Opening => depth -= 1,
                Kind::Keyword if depth == 0 => {
                    if self.is(token, &["from"]) {
                        return true;
                    }
                    if self.is(token, &["select", "where", "on", "by", "set", "values", "using", "having", "returning"])
                    {
                        return false;
                    }
                }
                _ => {}
            }
        }
        false
    }
}

/// Where the innermost parenthesis opens that is not closed.
fn innermost(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().rev() {
        match token.kind {
            Kind::Closing => depth += 1,
            Kind::Opening if depth == 0 => return Some(at),
            Kind::Opening => depth -= 1,
            _ => {}
        }
    }
    None
}
