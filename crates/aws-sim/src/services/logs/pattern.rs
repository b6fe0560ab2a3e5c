//! The filter patterns of CloudWatch Logs: terms, quoted phrases, `?` for any of, `-` for none of,
//! regular expressions between `%`, JSON selectors `{ $.a.b = "x*" && ($.n > 3 || $.e NOT EXISTS) }` and
//! columns `[ip, ..., status = 4* || status = 5*, bytes > 1000]`.
//! Terms match case-sensitively, anywhere in the line.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

use regex::Regex;
use serde_json::Value;

/// The largest number of regular expressions in a pattern, from the quotas of the service.
const REGEXES: usize = 2;

/// A parsed pattern.
#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    /// Lines that contain all of `all`, none of `none` and one of `any`; empty lists match everything.
    Terms { all: Vec<Term>, none: Vec<Term>, any: Vec<Term> },
    /// JSON lines for which the condition holds.
    Json(Test),
    /// Lines of space-separated columns.
    Columns(Vec<Column>),
}

/// A search term.
#[derive(Debug, Clone)]
pub(crate) enum Term {
    Text(String),
    Regex(Regex),
}

/// A column of a line.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    /// Any number of columns.
    Rest,
    /// One column for which all conditions of one of these lists hold; no list matches everything.
    One(Vec<Vec<(Op, Literal)>>),
}

/// A condition on a JSON line.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Is { path: Vec<Step>, op: Op, value: Literal },
    Exists { path: Vec<Step>, exists: bool },
    Null(Vec<Step>),
    Bool(Vec<Step>, bool),
}

/// A step of a selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    At(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Debug, Clone)]
pub(crate) enum Literal {
    Text(String),
    Number(f64),
    Regex(Regex),
}

impl Pattern {
    /// Parses a pattern; the error is a sentence.
    pub(crate) fn parse(text: &str) -> Result<Pattern, String> {
        let text = text.trim();
        if text.len() > 1_024 {
            return Err("it is longer than 1024 characters".to_owned());
        }
        let pattern = Self::read(text)?;
        // Each has two delimiters; percent signs in quotes are literal.
        let outside = text.split('"').step_by(2).map(|part| part.matches('%').count()).sum::<usize>();
        if outside / 2 > REGEXES {
            return Err(format!("it has more than {REGEXES} regular expressions"));
        }
        Ok(pattern)
    }

    fn read(text: &str) -> Result<Pattern, String> {
        if let Some(inner) = text.strip_prefix('{') {
            let inner = inner.strip_suffix('}').ok_or("the closing brace is missing")?;
            let mut parser = Parser { text: inner, at: 0 };
            let test = parser.or()?;
            parser.space();
            return if parser.at == inner.len() {
                Ok(Pattern::Json(test))
            } else {
                Err(format!("unexpected {:?}", &inner[parser.at..]))
            };
        }
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or("the closing bracket is missing")?;
            return columns(inner).map(Pattern::Columns);
        }
        let (mut all, mut none, mut any) = (Vec::new(), Vec::new(), Vec::new());
        let mut rest = text;
        while !rest.is_empty() {
            let list = match rest.as_bytes()[0] {
                b'?' => &mut any,
                b'-' => &mut none,
                _ => &mut all,
            };
            rest = rest.strip_prefix(['?', '-']).unwrap_or(rest);
            let (term, after) = if let Some(quoted) = rest.strip_prefix('"') {
                let end = quoted.find('"').ok_or("a quote is not closed")?;
                (Term::Text(quoted[..end].to_owned()), &quoted[end + 1..])
            } else if let Some(inner) = rest.strip_prefix('%') {
                let end = inner.find('%').ok_or("a regular expression is not closed by %")?;
                (Term::Regex(regex(&inner[..end])?), &inner[end + 1..])
            } else {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let term = &rest[..end];
                if !term.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | '=')) {
                    return Err(format!("the term {term:?} has other than letters, digits and underscores: quote it"));
                }
                (Term::Text(term.to_owned()), &rest[end..])
            };
            if matches!(&term, Term::Text(text) if text.is_empty()) {
                return Err("a term is empty".to_owned());
            }
            list.push(term);
            rest = after.trim_start();
        }
        Ok(Pattern::Terms { all, none, any })
    }

    /// Whether a line matches.
    pub(crate) fn matches(&self, line: &str) -> bool {
        match self {
            Pattern::Terms { all, none, any } => {
                // As documented: `?` terms are ignored if there are other terms.
                all.iter().all(|term| term.is_in(line))
                    && none.iter().all(|term| !term.is_in(line))
                    && (any.is_empty() || !all.is_empty() || any.iter().any(|term| term.is_in(line)))
            }
            Pattern::Columns(columns) => fit(columns, &cells(line)),
            Pattern::Json(test) => serde_json::from_str::<Value>(line).is_ok_and(|v| v.is_object() && test.holds(&v)),
        }
    }
}

impl Term {
    fn is_in(&self, line: &str) -> bool {
        match self {
            Term::Text(text) => line.contains(text.as_str()),
            Term::Regex(regex) => regex.is_match(line),
        }
    }
}

/// Compiles a regular expression in the service's dialect: letters, digits, some signs, no groups.
fn regex(text: &str) -> Result<Regex, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ":_#=@/;,-^$?[]{}|\\*+. ".contains(c);
    if let Some(c) = text.chars().find(|c| !allowed(*c)) {
        return Err(format!("a regular expression may not have {c:?}"));
    }
    Regex::new(text).map_err(|_| format!("{text:?} is not a regular expression"))
}

/// Splits a line into columns; text in brackets or quotes is one column.
fn cells(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let close = match rest.as_bytes()[0] {
            b'[' => Some(']'),
            b'"' => Some('"'),
            _ => None,
        };
        let quoted = close.and_then(|close| Some((1, rest[1..].find(close)? + 1)));
        let (begin, end) = quoted.unwrap_or((0, rest.find(char::is_whitespace).unwrap_or(rest.len())));
        found.push(&rest[begin..end]);
        rest = rest[(end + begin)..].trim_start();
    }
    found
}

fn fit(columns: &[Column], cells: &[&str]) -> bool {
    // Tracks whether the first cells match the first columns, column by column, so that no pattern causes exponential time.
    let mut fits = vec![false; cells.len() + 1];
    fits[0] = true;
    for column in columns {
        let mut next = vec![false; cells.len() + 1];
        match column {
            Column::Rest => {
                let mut any = false;
                for (to, from) in next.iter_mut().zip(&fits) {
                    any |= from;
                    *to = any;
                }
            }
            Column::One(ways) => {
                for (n, cell) in cells.iter().enumerate().filter(|(n, _)| fits[*n]) {
                    let holds = |way: &Vec<(Op, Literal)>| way.iter().all(|(op, value)| compare_text(cell, *op, value));
                    next[n + 1] = ways.is_empty() || ways.iter().any(holds);
                }
            }
        }
        fits = next;
    }
    fits[cells.len()]
}

/// Parses columns: `name`, `...`, or conditions on a name: `name = a* && name != ab || name > 3`.
fn columns(text: &str) -> Result<Vec<Column>, String> {
    let mut parser = Parser { text, at: 0 };
    let mut found = Vec::new();
    loop {
        parser.space();
        if parser.eat("...") {
            found.push(Column::Rest);
        } else {
            let mut ways: Vec<Vec<(Op, Literal)>> = vec![Vec::new()];
            loop {
                parser.name()?;
                if let Ok(op) = parser.op() {
                    let value = parser.literal()?;
                    ways.last_mut().into_iter().for_each(|way| way.push((op, value.clone())));
                }
                if parser.eat("||") {
                    ways.push(Vec::new());
                } else if !parser.eat("&&") {
                    break;
                }
            }
            ways.retain(|way| !way.is_empty());
            found.push(Column::One(ways));
        }
        if !parser.eat(",") {
            parser.space();
            return if parser.at == text.len() { Ok(found) } else { Err(format!("unexpected {:?}", parser.rest())) };
        }
    }
}

impl Test {
    fn holds(&self, line: &Value) -> bool {
        match self {
            Test::And(a, b) => a.holds(line) && b.holds(line),
            Test::Or(a, b) => a.holds(line) || b.holds(line),
            Test::Is { path, op, value } => find(line, path).is_some_and(|found| compare(found, *op, value)),
            Test::Exists { path, exists } => find(line, path).is_some() == *exists,
            Test::Null(path) => find(line, path).is_some_and(Value::is_null),
            Test::Bool(path, wanted) => find(line, path) == Some(&Value::Bool(*wanted)),
        }
    }
}

fn find<'a>(line: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(line, |at, step| match step {
        Step::Key(key) => at.get(key),
        Step::At(n) => at.get(*n),
    })
}

fn compare(found: &Value, op: Op, wanted: &Literal) -> bool {
    match (wanted, found) {
        (Literal::Number(n), _) => found.as_f64().is_some_and(|v| ordered(v, op, *n)),
        (_, Value::String(text)) => compare_text(text, op, wanted),
        _ => false,
    }
}

fn compare_text(found: &str, op: Op, wanted: &Literal) -> bool {
    let matches = match wanted {
        Literal::Number(n) => return found.parse().is_ok_and(|v| ordered(v, op, *n)),
        Literal::Text(text) => wild(found, text),
        Literal::Regex(regex) => regex.is_match(found),
    };
    match op {
        Op::Eq => matches,
        Op::Ne => !matches,
        _ => false,
    }
}

fn ordered(found: f64, op: Op, wanted: f64) -> bool {
    match op {
        Op::Eq => (found - wanted).abs() < f64::EPSILON,
        Op::Ne => (found - wanted).abs() >= f64::EPSILON,
        Op::Lt => found < wanted,
        Op::Le => found <= wanted,
        Op::Gt => found > wanted,
        Op::Ge => found >= wanted,
    }
}

/// Whether a text matches a pattern in which `*` stands for anything.
pub(super) fn wild(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().get(..token.len()).is_some_and(|head| head.eq_ignore_ascii_case(token));
        if found {
            self.at += token.len();
        }
        found
    }

    fn or(&mut self) -> Result<Test, String> {
        let mut left = self.and()?;
        while self.eat("||") {
            left = Test::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Test, String> {
        let mut left = self.one()?;
        while self.eat("&&") {
            left = Test::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Test, String> {
        if self.eat("(") {
            let inner = self.or()?;
            return if self.eat(")") { Ok(inner) } else { Err("a bracket is not closed".to_owned()) };
        }
        let path = self.path()?;
        if self.eat("NOT EXISTS") {
            return Ok(Test::Exists { path, exists: false });
        }
        if self.eat("EXISTS") {
            return Ok(Test::Exists { path, exists: true });
        }
        if self.eat("IS") {
            return match () {
                () if self.eat("NULL") => Ok(Test::Null(path)),
                () if self.eat("TRUE") => Ok(Test::Bool(path, true)),
                () if self.eat("FALSE") => Ok(Test::Bool(path, false)),
                () => Err("IS goes with NULL, TRUE or FALSE".to_owned()),
            };
        }
        let op = self.op()?;
        let value = self.literal()?;
        Ok(Test::Is { path, op, value })
    }

    fn op(&mut self) -> Result<Op, String> {
        let ops = [("!=", Op::Ne), (">=", Op::Ge), ("<=", Op::Le), ("=", Op::Eq), (">", Op::Gt), ("<", Op::Lt)];
        let found = ops.into_iter().find(|(token, _)| self.eat(token));
        found.map(|(_, op)| op).ok_or_else(|| format!("a comparison is missing at {:?}", self.rest()))
    }

    /// Parses the name of a column.
    fn name(&mut self) -> Result<(), String> {
        self.space();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("the name of a column is missing at {rest:?}"));
        }
        self.at += end;
        Ok(())
    }

    fn path(&mut self) -> Result<Vec<Step>, String> {
        if !self.eat("$") {
            return Err(format!("a selector begins with $: {:?}", self.rest()));
        }
        let mut steps = Vec::new();
        loop {
            if let Some(rest) = self.rest().strip_prefix('.') {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
                if end == 0 {
                    return Err("a selector has an empty key".to_owned());
                }
                steps.push(Step::Key(rest[..end].to_owned()));
                self.at += 1 + end;
            } else if let Some(rest) = self.rest().strip_prefix('[') {
                let end = rest.find(']').ok_or("a bracket is not closed")?;
                steps.push(Step::At(rest[..end].trim().parse().map_err(|_| "an index is not a number")?));
                self.at += end + 2;
            } else {
                return if steps.is_empty() { Err("a selector has no key".to_owned()) } else { Ok(steps) };
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        self.space();
        if let Some(rest) = self.rest().strip_prefix('"') {
            let end = rest.find('"').ok_or("a quote is not closed")?;
            let text = rest[..end].to_owned();
            self.at += end + 2;
            return Ok(Literal::Text(text));
        }
        if let Some(rest) = self.rest().strip_prefix('%') {
            let end = rest.find('%').ok_or("a regular expression is not closed by %")?;
            let regex = regex(&rest[..end])?;
            self.at += end + 2;
            return Ok(Literal::Regex(regex));
        }
        let end = self
            .rest()
            .find(|c: char| c.is_whitespace() || matches!(c, ')' | '&' | '|' | ','))
            .unwrap_or(self.rest().len());
        let word = self.rest()[..end].to_owned();
        self.at += end;
        if word.is_empty() {
            return Err("a value is missing".to_owned());
        }
        Ok(word.parse().map_or(Literal::Text(word), Literal::Number))
    }
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
