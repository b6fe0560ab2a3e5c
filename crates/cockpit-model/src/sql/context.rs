//! The context of the cursor within a statement, for completion: the tables the statement names, and what may come next.

use super::catalogue::{Catalogue, Relation};
use super::keywords::{RESERVED, is_among};
use super::token::{Kind, Token};

/// A reference to a table in a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableReference {
    /// The schema, if one is written.
    pub schema: Option<String>,
    pub name: String,
    /// The alias.
    pub alias: Option<String>,
    /// The columns, if the statement itself defines the table (`WITH`, a query in `FROM`), as far as they are known.
    pub columns: Option<Vec<String>>,
}

impl TableReference {
    /// Returns the relation in the catalogue; `None` for a table that the statement itself defines.
    pub fn of_catalogue<'a>(&self, catalogue: &'a Catalogue) -> Option<&'a Relation> {
        if self.columns.is_some() { None } else { catalogue.find(self.schema.as_deref(), &self.name) }
    }
}

/// Returns the name that a token denotes.
pub fn name_of(text: &str, token: &Token) -> String {
    let written = token.of(text);
    if token.kind == Kind::QuotedName {
        written.trim_matches('"').replace("\"\"", "\"")
    } else {
        written.to_lowercase()
    }
}

/// What may come next in a statement.
pub enum Expected {
    /// The beginning of a statement.
    Statement,
    /// A table or the like.
    Relation,
    /// Columns of one table, and nothing else.
    ColumnsOf(TableReference),
    /// A part of an expression.
    Expression,
}

/// The tokens of a statement without blanks and comments.
pub struct Statement<'a> {
    /// The text that contains the tokens.
    pub text: &'a str,
    pub tokens: &'a [Token],
}

impl Statement<'_> {
    fn is(&self, token: &Token, words: &[&str]) -> bool {
        words.iter().any(|word| token.is(self.text, word))
    }

    /// Returns all tables that the statement references, regardless of the cursor.
    pub fn tables(&self) -> Vec<TableReference> {
        let made = self.defined();
        let mut tables = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let token = &self.tokens[at];
            at += 1;
            if !self.is(token, &["from", "join", "update", "into", "using"]) {
                continue;
            }
            while let Some((mut named, next)) = self.table_at(at).or_else(|| self.subquery_at(at)) {
                if named.schema.is_none()
                    && let Some(made) = made.iter().find(|made| made.name == named.name)
                {
                    named.columns.clone_from(&made.columns);
                }
                // A query in `FROM` references tables of its own, and the cursor may be inside it.
                let within = Statement { text: self.text, tokens: &self.tokens[at + 1..next] };
                tables.extend(within.tables());
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

    /// Parses a table reference from `at` on, with its alias; also returns where it ends.
    pub(super) fn table_at(&self, mut at: usize) -> Option<(TableReference, usize)> {
        let is_name = |token: &&Token| self.is_name(token);
        at += usize::from(self.tokens.get(at).is_some_and(|token| self.is(token, &["only", "lateral"])));
        let first = self.tokens.get(at).filter(is_name)?;
        let mut named = TableReference { name: name_of(self.text, first), ..TableReference::default() };
        at += 1;
        if self.tokens.get(at).is_some_and(|token| token.kind == Kind::Dot)
            && let Some(second) = self.tokens.get(at + 1).filter(is_name)
        {
            named.schema = Some(std::mem::replace(&mut named.name, name_of(self.text, second)));
            at += 2;
        }
        (named.alias, at) = self.alias(at);
        Some((named, at))
    }

    /// Parses the alias of a table from `at` on; also returns where it ends.
    fn alias(&self, mut at: usize) -> (Option<String>, usize) {
        at += usize::from(self.tokens.get(at).is_some_and(|token| self.is(token, &["as"])));
        // Words that may follow a table and are not aliases.
        let follows = ["set", "where", "on", "join", "values", "order", "group", "limit", "using", "left", "inner"];
        match self.tokens.get(at) {
            Some(alias) if self.is_name(alias) && !self.is(alias, &follows) => {
                (Some(name_of(self.text, alias)), at + 1)
            }
            Some(_) | None => (None, at),
        }
    }

    fn is_name(&self, token: &Token) -> bool {
        match token.kind {
            Kind::Word | Kind::QuotedName => true,
            Kind::Keyword => !is_among(token.of(self.text), RESERVED),
            _ => false,
        }
    }

    /// Returns the tokens inside the parenthesis that opens at `at`, and where it ends.
    fn parenthesized(&self, at: usize) -> Option<(Statement<'_>, usize)> {
        self.tokens.get(at).filter(|token| token.kind == Kind::Opening)?;
        let mut depth = 0_usize;
        let close = self.tokens[at..].iter().position(|token| {
            depth += usize::from(token.kind == Kind::Opening);
            depth -= usize::from(token.kind == Kind::Closing);
            depth == 0
        });
        let end = close.map_or(self.tokens.len(), |close| at + close);
        Some((Statement { text: self.text, tokens: &self.tokens[at + 1..end] }, end + 1))
    }

    /// Parses a query in `FROM` from `at` on, under its alias; also returns where it ends.
    fn subquery_at(&self, at: usize) -> Option<(TableReference, usize)> {
        let lateral = usize::from(self.tokens.get(at).is_some_and(|token| self.is(token, &["lateral"])));
        let (inner, end) = self.parenthesized(at + lateral)?;
        let (alias, end) = self.alias(end);
        let name = alias?;
        Some((TableReference { columns: Some(inner.columns()), name, ..TableReference::default() }, end))
    }

    /// Returns the tables that `WITH` defines.
    pub fn defined(&self) -> Vec<TableReference> {
        let mut made = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            if !self.is(token, &["with"]) {
                continue;
            }
            let mut at = at + 1;
            at += usize::from(self.tokens.get(at).is_some_and(|token| self.is(token, &["recursive"])));
            while let Some(name) = self.tokens.get(at).filter(|token| self.is_name(token)) {
                let mut named = TableReference { name: name_of(self.text, name), ..TableReference::default() };
                at += 1;
                if let Some((columns, end)) = self.parenthesized(at) {
                    let names = columns.tokens.iter().filter(|token| self.is_name(token));
                    named.columns = Some(names.map(|token| name_of(self.text, token)).collect());
                    at = end;
                }
                while self.tokens.get(at).is_some_and(|token| self.is(token, &["as", "not", "materialized"])) {
                    at += 1;
                }
                let Some((inner, end)) = self.parenthesized(at) else { break };
                named.columns.get_or_insert_with(|| inner.columns());
                made.push(named);
                if self.tokens.get(end).is_none_or(|token| token.kind != Kind::Comma) {
                    break;
                }
                at = end + 1;
            }
        }
        made
    }

    /// Returns the column names of a query, as far as its text shows them.
    fn columns(&self) -> Vec<String> {
        let words = ["select", "returning"];
        let Some(begin) = self.tokens.iter().position(|token| self.is(token, &words)) else { return Vec::new() };
        let (mut columns, mut depth, mut last) = (Vec::new(), 0_usize, None);
        let mut add = |last: &mut Option<&Token>| {
            columns.extend(last.take().filter(|token| self.is_name(token)).map(|token| name_of(self.text, token)));
        };
        for token in &self.tokens[begin + 1..] {
            match token.kind {
                Kind::Opening => depth += 1,
                Kind::Closing => depth = depth.saturating_sub(1),
                Kind::Comma if depth == 0 => {
                    add(&mut last);
                    continue;
                }
                Kind::Keyword if depth == 0 && self.is(token, &["from", "where", "union", "limit", "order"]) => break,
                _ => {}
            }
            last = Some(token);
        }
        add(&mut last);
        columns
    }

    /// Returns what may follow the tokens before the cursor.
    pub fn expected(&self, before: &[Token]) -> Expected {
        let Some(last) = before.last() else { return Expected::Statement };
        if self.is(last, &["explain"]) {
            return Expected::Statement;
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
            return Expected::Relation;
        }
        // `INSERT INTO t (a, |`: columns of the one table, and nothing else.
        if let Some(open) = innermost(before) {
            let inner = &before[..open];
            let into = inner.iter().rposition(|token| self.is(token, &["into"]));
            if let Some(into) = into
                && let Some((named, end)) = (Statement { text: self.text, tokens: inner }).table_at(into + 1)
                && end == inner.len()
            {
                return Expected::ColumnsOf(named);
            }
        }
        if last.kind == Kind::Comma && self.is_from_list(before) {
            return Expected::Relation;
        }
        Expected::Expression
    }

    /// Returns whether the comma at the end belongs to a `FROM` list, not to an expression list.
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

/// Returns the position of the innermost unclosed parenthesis.
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
