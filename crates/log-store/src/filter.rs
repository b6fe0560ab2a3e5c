//! The language of filters: `level>=warn service:api status:5xx latency>500ms -healthcheck`.
//!
//! | written | lines that |
//! |---|---|
//! | `word`, `"two words"` | contain it, in smart case |
//! | `/regex/` | match it, in smart case |
//! | `level>=warn`, `level:error` | have this level, or this level and above |
//! | `service:api`, `container:`, `task:`, `group:`, `stream:` | come from there; `*`, `?` and `[a-c]` as in a shell; a service also by the last words of its name |
//! | `status:5xx`, `url:/api/*`, `res.statusCode=500` | have a field like that; `x` stands for a digit |
//! | `latency>500ms`, `bytes<=10` | have a number like that; durations know `ms`, `s`, `m`, `h` |
//! | `-term`, `not term` | do not |
//! | `a b`, `a or b`, `(a or b) c` | both, either |

use crate::fields;
use crate::level::Level;
use crate::search::{Search, SearchError};
use crate::store::Line;
use crate::{name, pattern};

/// A filter; the empty one lets everything through.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    text: String,
    root: Option<Node>,
}

/// Why a filter is invalid, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FilterError {
    /// What is wrong, in a sentence.
    pub what: String,
    /// Where it begins, in characters.
    pub at: usize,
    /// Over how many characters.
    pub length: usize,
}

impl FilterError {
    /// The filter and under it carets at the mistake.
    #[must_use]
    pub fn under(&self, text: &str) -> String {
        format!("{text}\n{}{}", " ".repeat(self.at), "^".repeat(self.length.max(1)))
    }
}

#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Has(Search),
    Level(Op, Level),
    From(Place, String),
    Field(String, Op, Wanted),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Service,
    Container,
    Task,
    Group,
    Stream,
}

impl Place {
    const ALL: [Self; 5] = [Self::Service, Self::Container, Self::Task, Self::Group, Self::Stream];

    fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Container => "container",
            Self::Task => "task",
            Self::Group => "group",
            Self::Stream => "stream",
        }
    }
}

#[derive(Debug, Clone)]
enum Wanted {
    Text(String),
    Number(f64),
}

const OPS: &[(&str, Op)] =
    &[(">=", Op::Ge), ("<=", Op::Le), ("!=", Op::Ne), (":", Op::Eq), ("=", Op::Eq), (">", Op::Gt), ("<", Op::Lt)];

impl Filter {
    /// Reads a filter.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let root = parser.any()?;
        if let Some(c) = parser.rest().chars().next() {
            return Err(parser.error(parser.at, c.len_utf8(), "this bracket closes nothing"));
        }
        Ok(Self { text: text.to_owned(), root })
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// What it looks at by name, each with the text that it is compared with; none where that is a number. Levels are no
    /// part of it: their names are known.
    #[must_use]
    pub fn names(&self) -> Vec<(&str, Option<&str>)> {
        self.root.as_ref().map(Node::names).unwrap_or_default()
    }

    /// Whether a line passes.
    pub fn matches(&self, line: &Line<'_>) -> bool {
        self.root.as_ref().is_none_or(|root| root.holds(line))
    }
}

impl Node {
    fn names(&self) -> Vec<(&str, Option<&str>)> {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().flat_map(Self::names).collect(),
            Self::Not(node) => node.names(),
            Self::Has(_) | Self::Level(..) => Vec::new(),
            Self::From(place, wanted) => vec![(place.name(), Some(wanted))],
            Self::Field(name, _, Wanted::Text(text)) => vec![(name, Some(text))],
            Self::Field(name, _, Wanted::Number(_)) => vec![(name, None)],
        }
    }

    fn holds(&self, line: &Line<'_>) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(line)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(line)),
            Self::Not(node) => !node.holds(line),
            Self::Has(search) => search.matches(line.text),
            Self::Level(op, level) => ordered(*op, line.level.cmp(level)),
            Self::From(place, wanted) => {
                let source = line.source;
                match place {
                    // `api` is the service whose name, without what a tool has added, ends in `-api`.
                    Place::Service => {
                        let body = name::body(&source.service);
                        let ends = |whole: &str| {
                            whole.strip_suffix(wanted.as_str()).is_some_and(|head| head.ends_with(['-', '/', '_']))
                        };
                        like(&source.service, wanted) || like(body, wanted) || ends(&source.service) || ends(body)
                    }
                    Place::Container => like(&source.container, wanted),
                    Place::Task => source.task.starts_with(wanted.as_str()),
                    Place::Group => like(&source.group, wanted),
                    Place::Stream => like(&source.stream, wanted),
                }
            }
            Self::Field(name, op, wanted) => match (fields::field(line.text, line.kind, name), wanted) {
                (None, _) => false,
                (Some(found), Wanted::Text(text)) => {
                    let same = like(&found, text);
                    if *op == Op::Ne { !same } else { same }
                }
                (Some(found), Wanted::Number(wanted)) => fields::number(&found)
                    .and_then(|found| found.partial_cmp(wanted))
                    .is_some_and(|order| ordered(*op, order)),
            },
        }
    }
}

fn ordered(op: Op, order: std::cmp::Ordering) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
    }
}

/// Whether a value is like what was asked for: in any case, as a shell's pattern, and in three places of
/// digits and `x`, `x` for a digit (`5xx`).
fn like(value: &str, wanted: &str) -> bool {
    if wanted.len() == 3 && wanted.bytes().all(|b| b.is_ascii_digit() || b == b'x') && wanted.contains('x') {
        return value.len() == 3
            && value.bytes().zip(wanted.bytes()).all(|(v, w)| v == w || (w == b'x' && v.is_ascii_digit()));
    }
    if !pattern::is_pattern(wanted) {
        return value.eq_ignore_ascii_case(wanted);
    }
    pattern::matches(&wanted.to_lowercase(), &value.to_lowercase())
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// An error at bytes of the text, told in characters.
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
                    return Err(self.error(at, 1, "`or` needs something on both sides"));
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
                return Err(self.error(begin, 1, "there is nothing to leave out"));
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
            // `http://…` and `12:30` are text.
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@'))
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@'));
            if !is_name || word[at..].starts_with("://") {
                break;
            }
            self.at = begin + at + mark.len();
            return self.comparison(name, *op, begin);
        }
        self.at = begin + word.len();
        self.search(word, begin)
    }

    /// Up to a blank or a bracket that closes.
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
                        let mut error = self.error(begin, 1, format!("the expression is wrong: {what}"));
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

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
