//! The filter parser, which reports mistakes with their positions.

use super::{Filter, FilterError, Node, Op, Place, Wanted};
use crate::fields;
use crate::level::Level;
use crate::search::{Search, SearchError};
use std::ops::Range;

const OPS: &[(&str, Op)] =
    &[(">=", Op::Ge), ("<=", Op::Le), ("!=", Op::Ne), (":", Op::Eq), ("=", Op::Eq), (">", Op::Gt), ("<", Op::Lt)];

impl Filter {
    /// Parses a filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut parser = Parser::new(text);
        let root = parser.any()?;
        if let Some(c) = parser.rest().chars().next() {
            return Err(parser.error(parser.at, c.len_utf8(), "this bracket has no opening one"));
        }
        Ok(Self { text: text.to_owned(), root })
    }

    /// Returns the byte ranges of references to other filters, including the `@`, up to the first mistake. Inside quotes and
    /// regular expressions, and before a comparison, `@` has no special meaning.
    #[must_use]
    pub fn references(text: &str) -> Vec<Range<usize>> {
        let mut parser = Parser::new(text);
        let _ = parser.any();
        parser.references
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// The references to other filters.
    references: Vec<Range<usize>>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, references: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Returns an error for a byte range of the text; its position is in characters.
    fn error(&self, at: usize, length: usize, what: impl Into<String>) -> FilterError {
        let count = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default().chars().count();
        FilterError { what: what.into(), at: count(0, at), length: count(at, (at + length).min(self.text.len())) }
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.space();
        let found = self.rest().get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
            && self.rest()[word.len()..].chars().next().is_none_or(|c| c.is_whitespace() || c == '(');
        if found {
            self.at += word.len();
        }
        found
    }

    fn any(&mut self) -> Result<Option<Node>, FilterError> {
        let mut nodes = Vec::new();
        loop {
            let before = self.at;
            let node = self.all()?;
            let more = self.keyword("or");
            match node {
                Some(node) => nodes.push(node),
                None if more || !nodes.is_empty() => {
                    let at = if more { before } else { self.at };
                    return Err(self.error(at, 1, "`or` needs a term on both sides"));
                }
                None => {}
            }
            if !more {
                return Ok(match nodes.len() {
                    0 => None,
                    1 => nodes.pop(),
                    _ => Some(Node::Any(nodes)),
                });
            }
        }
    }

    fn all(&mut self) -> Result<Option<Node>, FilterError> {
        let mut nodes = Vec::new();
        loop {
            self.space();
            if self.rest().is_empty() || self.rest().starts_with(')') {
                break;
            }
            let before = self.at;
            if self.keyword("or") {
                self.at = before;
                break;
            }
            self.keyword("and");
            self.space();
            nodes.push(self.one()?);
        }
        Ok(match nodes.len() {
            0 => None,
            1 => nodes.pop(),
            _ => Some(Node::All(nodes)),
        })
    }

    fn one(&mut self) -> Result<Node, FilterError> {
        let begin = self.at;
        if self.depth > 32 {
            return Err(self.error(begin, 1, "brackets are nested too deeply"));
        }
        if self.rest().starts_with('-') || self.keyword("not") {
            if self.rest().starts_with('-') {
                self.at += 1;
            }
            self.space();
            if self.rest().is_empty() || self.rest().starts_with(')') {
                return Err(self.error(begin, 1, "there is no term to exclude"));
            }
            self.depth += 1;
            let inner = self.one()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(inner)));
        }
        if self.rest().starts_with('(') {
            self.at += 1;
            self.depth += 1;
            let inner = self.any()?;
            self.depth -= 1;
            self.space();
            if !self.rest().starts_with(')') {
                return Err(self.error(begin, 1, "this bracket is not closed"));
            }
            self.at += 1;
            return inner.ok_or_else(|| self.error(begin, self.at - begin, "these brackets are empty"));
        }
        if self.rest().starts_with('/') {
            return self.regex();
        }
        if self.rest().starts_with('"') {
            let text = self.quoted()?;
            return self.search(&text, begin);
        }
        let word = self.word();
        for (at, _) in word.char_indices() {
            let Some((mark, op)) = OPS.iter().find(|(mark, _)| word[at..].starts_with(mark)) else { continue };
            let name = &word[..at];
            // `http://…` and `12:30` are plain text.
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@'))
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@'));
            if !is_name || word[at..].starts_with("://") {
                break;
            }
            self.at = begin + at + mark.len();
            return self.comparison(name, *op, begin);
        }
        self.at = begin + word.len();
        if word.len() > 1 && word.starts_with('@') {
            self.references.push(begin..self.at);
        }
        self.search(word, begin)
    }

    /// Returns the text up to a blank or a closing bracket.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || c == ')' || c == '"').unwrap_or(rest.len());
        &rest[..end.max(rest.chars().next().map_or(0, char::len_utf8))]
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let begin = self.at;
        let mut out = String::new();
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                '"' if !escaped => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' if !escaped => escaped = true,
                _ => {
                    out.push(c);
                    escaped = false;
                }
            }
        }
        Err(self.error(begin, self.text.len() - begin, "this quote is not closed"))
    }

    fn regex(&mut self) -> Result<Node, FilterError> {
        let begin = self.at;
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            if c == '/' && !escaped {
                let pattern = &self.rest()[1..at];
                self.at += at + 1;
                return Search::regex(pattern).map(Node::Has).map_err(|error| match error {
                    SearchError::Syntax { what, at } => {
                        let mut error = self.error(begin, 1, format!("the expression is invalid: {what}"));
                        error.at += 1 + at;
                        error
                    }
                    SearchError::TooLarge { .. } => self.error(begin, self.at - begin, error.to_string()),
                });
            }
            escaped = c == '\\' && !escaped;
        }
        Err(self.error(begin, self.text.len() - begin, "this expression is not closed: a `/` is missing at its end"))
    }

    fn search(&self, text: &str, begin: usize) -> Result<Node, FilterError> {
        if text.is_empty() {
            return Err(self.error(begin, 2, "this text is empty"));
        }
        Search::plain(text).map(Node::Has).map_err(|error| self.error(begin, text.len(), error.to_string()))
    }

    fn comparison(&mut self, name: &str, op: Op, begin: usize) -> Result<Node, FilterError> {
        let from = self.at;
        let value = if self.rest().starts_with('"') {
            self.quoted()?
        } else {
            let word = if self.rest().starts_with(char::is_whitespace) { "" } else { self.word() };
            self.at += word.len();
            word.to_owned()
        };
        if value.is_empty() {
            return Err(self.error(begin, self.at - begin, format!("`{name}` is compared with nothing")));
        }
        let place = Place::ALL.into_iter().find(|place| place.name() == name);
        if let Some(place) = place {
            return match op {
                Op::Eq => Ok(Node::From(place, value)),
                Op::Ne => Ok(Node::Not(Box::new(Node::From(place, value)))),
                _ => {
                    Err(self.error(begin, self.at - begin, format!("`{name}` is a name: compare it with `:` or `!=`")))
                }
            };
        }
        if name == "level" || name == "severity" {
            let level = Level::from_word(value.as_bytes());
            return level.map(|level| Node::Level(op, level)).ok_or_else(|| {
                self.error(from, value.len(), "this is not a level: trace, debug, info, warn, error or fatal")
            });
        }
        let wanted = match op {
            Op::Eq | Op::Ne => Wanted::Text(value),
            _ => Wanted::Number(
                fields::number(&value)
                    .ok_or_else(|| self.error(from, value.len(), "this is not a number: write 500, 1.5s, 200ms"))?,
            ),
        };
        Ok(Node::Field(name.to_owned(), op, wanted))
    }
}
