//! Parses a condition. The nesting depth is limited, so that no input can exhaust the stack.

use super::ParseError;
use super::expression::{Node, Operand, Operator, Path, Segment};
use super::fields::{Kind, check, impossible_value};
use crate::model::names::nearest;
use serde_json::Value;

/// The maximum nesting depth of parentheses and `not`.
const MAX_DEPTH: usize = 64;

/// The fields of the snapshot, with which a path must start.
pub(super) const ROOTS: [&str; 20] = [
    "schema",
    "environment",
    "account",
    "region",
    "taken_at",
    "duration_ms",
    "complete",
    "sources",
    "services",
    "databases",
    "infra",
    "alarms",
    "schedule",
    "cost",
    "attention",
    "identity",
    "project",
    "guarded",
    "targets",
    "user_pool",
];

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word { text: String, segments: Vec<Segment>, plain: bool },
    Quoted(String),
    Operator(Operator),
    And,
    Or,
    Not,
    Open,
    Close,
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    end: usize,
}

pub(super) fn parse(text: &str) -> Result<Node, ParseError> {
    let tokens = Lexer { text, characters: text.chars().collect(), at: 0 }.tokens()?;
    let mut parser = Parser { text, tokens, next: 0, depth: 0, end: text.chars().count() };
    if parser.tokens.is_empty() {
        return Err(parser.wrong("the condition is empty", None));
    }
    let node = parser.or()?;
    if parser.next < parser.tokens.len() {
        return Err(parser.wrong("here `and`, `or` or the end was expected", None));
    }
    Ok(node)
}

struct Lexer<'a> {
    text: &'a str,
    characters: Vec<char>,
    at: usize,
}

impl Lexer<'_> {
    fn wrong(&self, at: usize, message: &str, hint: Option<&str>) -> ParseError {
        ParseError { text: self.text.to_owned(), at, message: message.to_owned(), hint: hint.map(str::to_owned) }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn tokens(mut self) -> Result<Vec<(usize, Token)>, ParseError> {
        let mut tokens = Vec::new();
        while let Some(c) = self.peek(0) {
            let start = self.at;
            let pair = (c, self.peek(1));
            let (token, length) = match pair {
                (c, _) if c.is_whitespace() => {
                    self.at += 1;
                    continue;
                }
                ('(', _) => (Token::Open, 1),
                (')', _) => (Token::Close, 1),
                ('=', Some('=')) => (Token::Operator(Operator::Equal), 2),
                ('=', _) => return Err(self.wrong(start, "`=` alone means nothing", Some("to compare, write `==`"))),
                ('!', Some('=')) => (Token::Operator(Operator::Unequal), 2),
                ('!', _) => (Token::Not, 1),
                ('<', Some('=')) => (Token::Operator(Operator::LessOrEqual), 2),
                ('<', _) => (Token::Operator(Operator::Less), 1),
                ('>', Some('=')) => (Token::Operator(Operator::GreaterOrEqual), 2),
                ('>', _) => (Token::Operator(Operator::Greater), 1),
                ('&', Some('&')) => (Token::And, 2),
                ('|', Some('|')) => (Token::Or, 2),
                ('&' | '|', _) => {
                    return Err(self.wrong(start, "one sign is missing", Some("write `&&` or `and`, `||` or `or`")));
                }
                ('"' | '\'', _) => (Token::Quoted(self.quoted()?), 0),
                (c, _) if in_word(c) => (self.word()?, 0),
                (_, _) => return Err(self.wrong(start, "this sign means nothing here", None)),
            };
            self.at += length;
            tokens.push((start, token));
        }
        Ok(tokens)
    }

    /// Parses a quoted text; a quotation mark within it is doubled.
    fn quoted(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let mark = self.peek(0);
        let mut text = String::new();
        self.at += 1;
        loop {
            match self.peek(0) {
                None => return Err(self.wrong(start, "this quotation mark is never closed", None)),
                c if c == mark && self.peek(1) == mark => {
                    text.extend(c);
                    self.at += 2;
                }
                c if c == mark => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(c) => {
                    text.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// Parses an unquoted word, or a path with quoted segments and brackets.
    fn word(&mut self) -> Result<Token, ParseError> {
        let start = self.at;
        let mut segments = vec![Segment::Name(String::new())];
        let mut plain = true;
        while let Some(c) = self.peek(0) {
            match c {
                '.' => {
                    self.at += 1;
                    if matches!(self.peek(0), Some('"' | '\'')) {
                        plain = false;
                        segments.push(Segment::Quoted(self.quoted()?));
                    } else {
                        segments.push(Segment::Name(String::new()));
                    }
                }
                '[' => {
                    plain = false;
                    let open = self.at;
                    self.at += 1;
                    let key = if matches!(self.peek(0), Some('"' | '\'')) {
                        Some(Segment::Quoted(self.quoted()?))
                    } else {
                        let mut key = String::new();
                        while let Some(c) = self.peek(0).filter(|c| in_word(*c)) {
                            key.push(c);
                            self.at += 1;
                        }
                        key.parse().ok().map(Segment::Index)
                    };
                    let (Some(key), Some(']')) = (key, self.peek(0)) else {
                        return Err(self.wrong(open, "a number or a quoted name and `]` must follow", None));
                    };
                    self.at += 1;
                    segments.push(key);
                }
                c if in_word(c) => {
                    if let Some(Segment::Name(last)) = segments.last_mut() {
                        last.push(c);
                    }
                    self.at += 1;
                }
                _ => break,
            }
        }
        let text: String = self.characters[start..self.at].iter().collect();
        Ok(match text.as_str() {
            "and" | "AND" => Token::And,
            "or" | "OR" => Token::Or,
            "not" | "NOT" => Token::Not,
            _ => Token::Word { text, segments, plain },
        })
    }
}

impl Segment {
    fn name(&self) -> &str {
        match self {
            Self::Name(name) | Self::Quoted(name) => name,
            Self::Index(_) => "",
        }
    }
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | ':' | '+' | '%' | '@' | '#' | '*' | '.')
}

impl Parser<'_> {
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |(at, _)| *at)
    }

    fn wrong(&self, message: impl Into<String>, hint: Option<String>) -> ParseError {
        ParseError { text: self.text.to_owned(), at: self.at(), message: message.into(), hint }
    }

    fn take(&mut self, token: &Token) -> bool {
        let is = self.tokens.get(self.next).is_some_and(|(_, next)| next == token);
        self.next += usize::from(is);
        is
    }

    fn or(&mut self) -> Result<Node, ParseError> {
        let mut all = vec![self.and()?];
        while self.take(&Token::Or) {
            all.push(self.and()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Node::Or(all) })
    }

    fn and(&mut self) -> Result<Node, ParseError> {
        let mut all = vec![self.not()?];
        while self.take(&Token::And) {
            all.push(self.not()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Node::And(all) })
    }

    fn not(&mut self) -> Result<Node, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.wrong("this is nested too deeply", None));
        }
        let node = if self.take(&Token::Not) {
            Node::Not(Box::new(self.not()?))
        } else if self.take(&Token::Open) {
            let inside = self.or()?;
            if !self.take(&Token::Close) {
                return Err(self.wrong("here `)` was expected", None));
            }
            inside
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node, ParseError> {
        let start = self.next;
        let left = self.operand()?;
        let operator = match self.tokens.get(self.next) {
            Some((_, Token::Operator(operator))) => Some(*operator),
            _ => None,
        };
        let comparison = if let Some(operator) = operator {
            self.next += 1;
            (left, Some((operator, self.operand()?)))
        } else {
            (left, None)
        };
        match comparison {
            (left @ Operand::Path(_), Some((operator, right))) | (left, Some((operator, right @ Operand::Path(_)))) => {
                let exact = matches!(operator, Operator::Equal | Operator::Unequal);
                self.check_value(&left, &right, exact, start)?;
                Ok(Node::Compare(left, operator, right))
            }
            (Operand::Path(path), None) => {
                let kind = check(&path.segments).unwrap_or(Kind::Any);
                if !matches!(kind, Kind::Truth | Kind::Any) {
                    self.next = start;
                    let hint = format!("compare it: `{} == …`", path.text);
                    return Err(self.wrong(format!("`{}` is neither true nor false", path.text), Some(hint)));
                }
                Ok(Node::Truth(Operand::Path(path)))
            }
            (left @ Operand::Literal { value: Value::Bool(_), .. }, None) => Ok(Node::Truth(left)),
            (_, _) => {
                self.next = start;
                Err(self.no_path())
            }
        }
    }

    /// Rejects a comparison with a value that the path never has, which would wait until the timeout.
    fn check_value(&mut self, left: &Operand, right: &Operand, exact: bool, start: usize) -> Result<(), ParseError> {
        let (path, value, loose, at) = match (left, right) {
            (Operand::Path(path), Operand::Literal { value, loose }) => (path, value, *loose, start + 2),
            (Operand::Literal { value, loose }, Operand::Path(path)) => (path, value, *loose, start),
            _ => return Ok(()),
        };
        let kind = check(&path.segments).unwrap_or(Kind::Any);
        let Some((what, hint)) = impossible_value(&path.text, &kind, value, (loose, exact)) else { return Ok(()) };
        self.next = at;
        Err(self.wrong(what, Some(hint)))
    }

    /// Returns the error for a comparison without a path: most likely its first field is misspelt.
    fn no_path(&self) -> ParseError {
        let known = ROOTS.join(", ");
        let first = match self.tokens.get(self.next) {
            Some((_, Token::Word { segments, .. })) => segments.first().map_or("", Segment::name),
            _ => "",
        };
        let hint = match nearest(first, ROOTS) {
            Some(near) => format!("did you mean `{near}`? a path begins with one of: {known}"),
            None => format!("a path begins with one of: {known}"),
        };
        self.wrong("this is no path of the snapshot", Some(hint))
    }

    fn operand(&mut self) -> Result<Operand, ParseError> {
        let Some((_, token)) = self.tokens.get(self.next).cloned() else {
            return Err(self.wrong("here a path or a value was expected", None));
        };
        let literal = |value, loose| Operand::Literal { value, loose };
        let operand = match token {
            Token::Quoted(text) => literal(Value::String(text), false),
            Token::Word { text, segments, plain } => {
                let root = segments.first().is_some_and(|first| ROOTS.contains(&first.name()));
                if root {
                    if segments.iter().any(|segment| !matches!(segment, Segment::Index(_)) && segment.name().is_empty())
                    {
                        return Err(self.wrong("a name is missing in this path", None));
                    }
                    check(&segments).map_err(|(what, hint)| self.wrong(what, Some(hint)))?;
                    Operand::Path(Path { text, segments })
                } else if !plain {
                    return Err(self.no_path());
                } else {
                    match text.as_str() {
                        "true" => literal(Value::Bool(true), false),
                        "false" => literal(Value::Bool(false), false),
                        "null" => literal(Value::Null, false),
                        _ => match text.parse::<f64>().ok().filter(|number| number.is_finite()) {
                            Some(_) => literal(Value::String(text), true),
                            None => literal(Value::String(text), false),
                        },
                    }
                }
            }
            Token::Operator(_) | Token::And | Token::Or | Token::Not | Token::Open | Token::Close => {
                return Err(self.wrong("here a path or a value was expected", None));
            }
        };
        self.next += 1;
        Ok(operand)
    }
}
