//! Where in a statement the cursor is, as far as completion asks: which tables the statement names, and what may stand there.

use super::catalogue::{Catalogue, Relation};
use super::keywords::{RESERVED, is_among};
use super::token::{Kind, Token};

/// A table that a statement names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableReference {
    /// Its schema, where it is written.
    pub schema: Option<String>,
    pub name: String,
    /// The name that the statement gives it.
    pub alias: Option<String>,
    /// Its columns, where the statement itself makes it (`WITH`, a query in `FROM`); as far as they are known.
    pub columns: Option<Vec<String>>,
}

impl TableReference {
    /// The relation in the catalogue; nothing for one that the statement makes itself.
    pub fn of_catalogue<'a>(&self, catalogue: &'a Catalogue) -> Option<&'a Relation> {
        if self.columns.is_some() { None } else { catalogue.find(self.schema.as_deref(), &self.name) }
    }
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

/// The kind of word that may come next in a statement.
pub enum Wants {
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
    /// The text in which they are.
    pub text: &'a str,
    pub tokens: &'a [Token],
}

impl Statement<'_> {
    fn is(&self, token: &Token, words: &[&str]) -> bool {
        words.iter().any(|word| token.is(self.text, word))
    }

    /// The tables that it names, wherever the cursor is.
    pub fn tables(&self) -> Vec<TableReference> {
        let made = self.made();
        let mut tables = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let token = &self.tokens[at];
            at += 1;
            if !self.is(token, &["from", "join", "update", "into", "using"]) {
                continue;
            }
            while let Some((mut named, next)) = self.named(at).or_else(|| self.query(at)) {
                if named.schema.is_none()
                    && let Some(made) = made.iter().find(|made| made.name == named.name)
                {
                    named.columns.clone_from(&made.columns);
                }
                // A query that stands there names tables of its own, in which the cursor may be.
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

    /// A table's name from `at` on with its alias, and where it ends.
    pub(super) fn named(&self, mut at: usize) -> Option<(TableReference, usize)> {
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

    /// The name that is given to a table before `at`, and where that ends.
    fn alias(&self, mut at: usize) -> (Option<String>, usize) {
        at += usize::from(self.tokens.get(at).is_some_and(|token| self.is(token, &["as"])));
        // Words that may follow a table and are no names of it.
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

    /// The statement within the parenthesis that opens at `at`, and where that ends.
    fn within(&self, at: usize) -> Option<(Statement<'_>, usize)> {
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

    /// A query in `FROM`, from `at` on, by the name that is given to it, and where it ends.
    fn query(&self, at: usize) -> Option<(TableReference, usize)> {
        let lateral = usize::from(self.tokens.get(at).is_some_and(|token| self.is(token, &["lateral"])));
        let (inner, end) = self.within(at + lateral)?;
        let (alias, end) = self.alias(end);
        let name = alias?;
        Some((TableReference { columns: Some(inner.columns()), name, ..TableReference::default() }, end))
    }

    /// The tables that `WITH` makes.
    pub fn made(&self) -> Vec<TableReference> {
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
                if let Some((columns, end)) = self.within(at) {
                    let names = columns.tokens.iter().filter(|token| self.is_name(token));
                    named.columns = Some(names.map(|token| name_of(self.text, token)).collect());
                    at = end;
                }
                while self.tokens.get(at).is_some_and(|token| self.is(token, &["as", "not", "materialized"])) {
                    at += 1;
                }
                let Some((inner, end)) = self.within(at) else { break };
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

    /// The names of the columns of a query, as far as they stand in it.
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

    /// The kind of word that may follow the tokens before the cursor.
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
