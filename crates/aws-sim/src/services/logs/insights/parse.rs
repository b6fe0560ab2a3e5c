//! The simulated part of the Insights language: `fields`, `display`, `filter`, `parse` with a glob or named groups,
//! `stats … by`, `dedup`, `sort`, `limit`; functions `coalesce`, `ispresent`, `isblank`, `bin`, `count`,
//! `count_distinct`, `sum`, `avg`, `min`, `max`, `pct`; operators `= != < <= > >= like in and or not`.

use regex::Regex;

/// A query: its commands in order.
#[derive(Debug, Clone)]
pub(super) struct Query(pub(super) Vec<Command>);

#[derive(Debug, Clone)]
pub(super) enum Command {
    Fields(Vec<(Expr, String)>),
    Filter(Expr),
    Stats(Vec<(Expr, String)>, Vec<(Expr, String)>),
    Sort(Vec<(Expr, bool)>),
    /// Extracts values from a text: the named groups of a regular expression.
    Parse(Expr, Regex, Vec<String>),
    /// Keeps the first of the records with equal values.
    Dedup(Vec<Expr>),
    Limit(usize),
}

#[derive(Debug, Clone)]
pub(super) enum Expr {
    Field(String),
    Text(String),
    Number(f64),
    /// A duration in milliseconds.
    Duration(i64),
    Star,
    Call(String, Vec<Expr>),
    Binary(Box<Expr>, &'static str, Box<Expr>),
    Not(Box<Expr>),
    Like(Box<Expr>, Pattern),
    In(Box<Expr>, Vec<Expr>),
}

#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Regex(Regex),
    Part(String),
}

/// A syntax error with its position in the query, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) message: String,
    pub(super) line: usize,
    pub(super) column: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Number(f64),
    Duration(i64),
    Regex(String),
    Mark(&'static str),
}

/// The supported functions.
const KNOWN: &[&str] =
    &["coalesce", "ispresent", "isblank", "bin", "count", "count_distinct", "sum", "avg", "min", "max", "pct"];

const MARKS: &[&str] = &["!=", "<=", ">=", "=~", "=", "<", ">", "(", ")", "[", "]", ",", "|", "*"];

/// Parses a query.
pub(super) fn parse(text: &str) -> Result<Query, Mistake> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, text };
    let mut commands = Vec::new();
    loop {
        while parser.eat("|") {}
        if parser.at == parser.tokens.len() {
            break;
        }
        commands.push(parser.command()?);
        if parser.at < parser.tokens.len() && !parser.eat("|") {
            return Err(parser.mistake("unexpected symbol found"));
        }
    }
    Ok(Query(commands))
}

fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Mistake> {
    let mut found = Vec::new();
    let mut at = 0;
    let wrong = |at: usize, message: &str| {
        let (line, column) = place(text, at);
        Mistake { message: message.to_owned(), line, column }
    };
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if c == '"' || c == '\'' || c == '`' {
            let end = rest[1..].find(c).ok_or_else(|| wrong(at, "a quote is not closed"))?;
            let inner = rest[1..=end].to_owned();
            found.push((at, if c == '`' { Token::Word(inner) } else { Token::Text(inner) }));
            at += end + 2;
        } else if c == '/' {
            let mut end = 1;
            loop {
                match rest.as_bytes().get(end) {
                    None => return Err(wrong(at, "a regular expression is not closed")),
                    Some(b'\\') => end += 2,
                    Some(b'/') => break,
                    Some(_) => end += 1,
                }
            }
            found.push((at, Token::Regex(rest.get(1..end).unwrap_or_default().to_owned())));
            at += end + 1;
        } else if c.is_ascii_digit() {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
            let number: f64 = rest[..end].parse().map_err(|_| wrong(at, "this is not a number"))?;
            let unit = rest[end..].find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len() - end);
            let factor = match &rest[end..end + unit] {
                "" => None,
                "ms" => Some(1.0),
                "s" => Some(1e3),
                "m" => Some(60e3),
                "h" => Some(3_600e3),
                "d" => Some(86_400e3),
                _ => return Err(wrong(at, "this is not a number")),
            };
            found.push((at, factor.map_or(Token::Number(number), |f| Token::Duration((number * f) as i64))));
            at += end + unit;
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            found.push((at, Token::Mark(mark)));
            at += mark.len();
        } else if c.is_alphabetic() || matches!(c, '@' | '_') {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '@' | '_' | '.'))).unwrap_or(rest.len());
            found.push((at, Token::Word(rest[..end].to_owned())));
            at += end;
        } else {
            return Err(wrong(at, "unexpected symbol found"));
        }
    }
    Ok(found)
}

struct Parser<'a> {
    tokens: Vec<(usize, Token)>,
    at: usize,
    text: &'a str,
}

impl Parser<'_> {
    fn mistake(&self, message: &str) -> Mistake {
        let at = self.tokens.get(self.at).map_or(self.text.len(), |(at, _)| *at);
        let (line, column) = place(self.text, at);
        Mistake { message: message.to_owned(), line, column }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn eat(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Mark(m)) if *m == mark);
        self.at += usize::from(found);
        found
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn command(&mut self) -> Result<Command, Mistake> {
        let Some(Token::Word(word)) = self.peek().cloned() else { return Err(self.mistake("a command is missing")) };
        self.at += 1;
        match word.to_ascii_lowercase().as_str() {
            "fields" | "display" => Ok(Command::Fields(self.named_expressions()?)),
            "filter" => Ok(Command::Filter(self.or()?)),
            "stats" => {
                let values = self.named_expressions()?;
                let by = if self.keyword("by") { self.named_expressions()? } else { Vec::new() };
                Ok(Command::Stats(values, by))
            }
            "sort" => {
                let mut keys = Vec::new();
                loop {
                    let key = self.or()?;
                    let down = self.keyword("desc");
                    let _ = !down && self.keyword("asc");
                    keys.push((key, down));
                    if !self.eat(",") {
                        return Ok(Command::Sort(keys));
                    }
                }
            }
            "parse" => self.parse(),
            "dedup" => {
                let mut keys = Vec::new();
                loop {
                    keys.push(self.value()?);
                    if !self.eat(",") {
                        return Ok(Command::Dedup(keys));
                    }
                }
            }
            "limit" | "head" => match self.peek() {
                Some(Token::Number(n)) => {
                    let limit = Command::Limit(*n as usize);
                    self.at += 1;
                    Ok(limit)
                }
                _ => Err(self.mistake("a number is missing")),
            },
            _ => {
                self.at -= 1;
                Err(self.mistake(&format!("unknown command {word}")))
            }
        }
    }

    /// Parses `parse @message "a * b *" as x, y` or `parse @message /(?<x>…)/`; the default field is the message.
    fn parse(&mut self) -> Result<Command, Mistake> {
        let from = match self.peek() {
            Some(Token::Text(_) | Token::Regex(_)) => Expr::Field("@message".to_owned()),
            _ => self.value()?,
        };
        let token = self.peek().cloned();
        self.at += 1;
        let (regex, glob) = match token {
            Some(Token::Regex(text)) => (text, false),
            // A `*` matches as little as possible; a final one matches up to the end.
            Some(Token::Text(text)) => {
                let parts: Vec<String> = text.split('*').map(regex::escape).collect();
                let last = if text.ends_with('*') { "(.*)" } else { "(.*?)" };
                let (end, begin) = parts.split_last().map_or((String::new(), &parts[..]), |(end, b)| (end.clone(), b));
                let wild = begin.len();
                let mut pattern = String::from("(?s)");
                for (n, part) in begin.iter().enumerate() {
                    pattern.push_str(part);
                    pattern.push_str(if n + 1 == wild { last } else { "(.*?)" });
                }
                (pattern + &end, true)
            }
            _ => {
                self.at -= 1;
                return Err(self.mistake("a pattern is missing"));
            }
        };
        let regex = Regex::new(&regex).map_err(|_| self.mistake("this is not a regular expression"))?;
        let mut names: Vec<String> = Vec::new();
        if glob {
            if !self.keyword("as") {
                return Err(self.mistake("as is missing"));
            }
            loop {
                match self.peek().cloned() {
                    Some(Token::Word(name)) => names.push(name),
                    _ => return Err(self.mistake("a name is missing")),
                }
                self.at += 1;
                if !self.eat(",") {
                    break;
                }
            }
        } else {
            names.extend(regex.capture_names().skip(1).map(|name| name.unwrap_or_default().to_owned()));
        }
        if names.len() + 1 != regex.captures_len() {
            return Err(self.mistake("there must be as many names as there are wildcards"));
        }
        Ok(Command::Parse(from, regex, names))
    }

    /// Parses expressions with their names in the result.
    fn named_expressions(&mut self) -> Result<Vec<(Expr, String)>, Mistake> {
        let mut found = Vec::new();
        loop {
            let begin = self.tokens.get(self.at).map_or(self.text.len(), |(at, _)| *at);
            let expr = self.or()?;
            let end = self.tokens.get(self.at).map_or(self.text.len(), |(at, _)| *at);
            let name = if self.keyword("as") {
                match self.peek().cloned() {
                    Some(Token::Word(name)) => {
                        self.at += 1;
                        name
                    }
                    _ => return Err(self.mistake("a name is missing")),
                }
            } else {
                self.text.get(begin..end).unwrap_or_default().trim().to_owned()
            };
            found.push((expr, name));
            if !self.eat(",") {
                return Ok(found);
            }
        }
    }

    fn or(&mut self) -> Result<Expr, Mistake> {
        let mut left = self.and()?;
        while self.keyword("or") {
            left = Expr::Binary(Box::new(left), "or", Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, Mistake> {
        let mut left = self.not()?;
        while self.keyword("and") {
            left = Expr::Binary(Box::new(left), "and", Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr, Mistake> {
        if self.keyword("not") { Ok(Expr::Not(Box::new(self.not()?))) } else { self.comparison() }
    }

    fn comparison(&mut self) -> Result<Expr, Mistake> {
        let left = self.value()?;
        for op in ["!=", "<=", ">=", "=", "<", ">"] {
            if self.eat(op) {
                return Ok(Expr::Binary(Box::new(left), op, Box::new(self.value()?)));
            }
        }
        let negated = self.keyword("not");
        let found = if self.keyword("like") || self.eat("=~") {
            let pattern = match self.peek().cloned() {
                Some(Token::Regex(text)) => {
                    Pattern::Regex(Regex::new(&text).map_err(|_| self.mistake("this is not a regular expression"))?)
                }
                Some(Token::Text(text)) => Pattern::Part(text),
                _ => return Err(self.mistake("a pattern is missing")),
            };
            self.at += 1;
            Expr::Like(Box::new(left), pattern)
        } else if self.keyword("in") {
            if !self.eat("[") {
                return Err(self.mistake("a list is missing"));
            }
            let mut values = Vec::new();
            while !self.eat("]") {
                values.push(self.value()?);
                self.eat(",");
            }
            Expr::In(Box::new(left), values)
        } else if negated {
            return Err(self.mistake("like or in is missing"));
        } else {
            return Ok(left);
        };
        Ok(if negated { Expr::Not(Box::new(found)) } else { found })
    }

    fn value(&mut self) -> Result<Expr, Mistake> {
        let Some(token) = self.peek().cloned() else { return Err(self.mistake("a value is missing")) };
        self.at += 1;
        match token {
            Token::Text(text) => Ok(Expr::Text(text)),
            Token::Number(number) => Ok(Expr::Number(number)),
            Token::Duration(ms) => Ok(Expr::Duration(ms)),
            Token::Mark("*") => Ok(Expr::Star),
            Token::Mark("(") => {
                let inner = self.or()?;
                if self.eat(")") { Ok(inner) } else { Err(self.mistake("a bracket is not closed")) }
            }
            Token::Word(name) if self.eat("(") => {
                let mut arguments = Vec::new();
                while !self.eat(")") {
                    arguments.push(self.or()?);
                    if !self.eat(",") && !matches!(self.peek(), Some(Token::Mark(")"))) {
                        return Err(self.mistake("a bracket is not closed"));
                    }
                }
                let lower = name.to_ascii_lowercase();
                if KNOWN.contains(&lower.as_str()) {
                    Ok(Expr::Call(lower, arguments))
                } else {
                    Err(self.mistake("unknown function"))
                }
            }
            Token::Word(name) => Ok(Expr::Field(name)),
            _ => {
                self.at -= 1;
                Err(self.mistake("unexpected symbol found"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_errors_have_positions() {
        assert!(parse("fields @timestamp, @message | sort @timestamp desc | limit 20").is_ok());
        assert!(parse("stats pct(a.b, 95) as p by bin(5m), c # x\n| filter a like /x\\/y/ and not b in [1,2]").is_ok());
        let at = |text: &str| parse(text).map(|_| ()).map_err(|e| (e.line, e.column)).unwrap_err();
        assert_eq!(at("fields a\n| nonsense b"), (2, 3));
        assert_eq!(at("filter a ="), (1, 11));
        assert_eq!(at("filter a like 5"), (1, 15));
        assert_eq!(at("limit x"), (1, 7));
        assert!(parse("parse \"a * b\" as x | parse @message /(?<y>[0-9]+) ms/ | dedup x, y").is_ok());
        assert_eq!(at("parse @message \"* *\" as x"), (1, 26));
        assert_eq!(at("parse @message 5"), (1, 16));
        assert_eq!(at("fields \"open"), (1, 8));
    }
}
