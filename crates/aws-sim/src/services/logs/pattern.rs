//! The filter patterns of CloudWatch Logs: terms, quoted phrases, `?` for any of, `-` for none of,
//! and JSON selectors `{ $.a.b = "x*" && ($.n > 3 || $.e NOT EXISTS) }`.
//! Terms match case-sensitively, anywhere in the line.

use serde_json::Value;

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pattern {
    /// Lines that have all, none, and one of these; empty lists ask for nothing.
    Terms { all: Vec<String>, none: Vec<String>, any: Vec<String> },
    /// Lines that are JSON and for which this holds.
    Json(Test),
}

/// A condition on a JSON line.
#[derive(Debug, Clone, PartialEq)]
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

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(f64),
}

impl Pattern {
    /// Reads a pattern; the error is a sentence.
    pub(crate) fn parse(text: &str) -> Result<Pattern, String> {
        let text = text.trim();
        if text.len() > 1_024 {
            return Err("it is longer than 1024 characters".to_owned());
        }
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
        if text.starts_with('[') {
            return Err("space-delimited patterns are not simulated".to_owned());
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
                (&quoted[..end], &quoted[end + 1..])
            } else {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let term = &rest[..end];
                if !term.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | '=' | '%')) {
                    return Err(format!("the term {term:?} has other than letters, digits and underscores: quote it"));
                }
                (term, &rest[end..])
            };
            if term.is_empty() {
                return Err("a term is empty".to_owned());
            }
            list.push(term.to_owned());
            rest = after.trim_start();
        }
        Ok(Pattern::Terms { all, none, any })
    }

    /// Whether a line matches.
    pub(crate) fn matches(&self, line: &str) -> bool {
        match self {
            Pattern::Terms { all, none, any } => {
                // As documented: `?` terms count only where there are no others.
                all.iter().all(|t| line.contains(t.as_str()))
                    && none.iter().all(|t| !line.contains(t.as_str()))
                    && (any.is_empty() || !all.is_empty() || any.iter().any(|t| line.contains(t.as_str())))
            }
            Pattern::Json(test) => serde_json::from_str::<Value>(line).is_ok_and(|v| v.is_object() && test.holds(&v)),
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
    match wanted {
        Literal::Number(n) => found.as_f64().is_some_and(|v| match op {
            Op::Eq => (v - n).abs() < f64::EPSILON,
            Op::Ne => (v - n).abs() >= f64::EPSILON,
            Op::Lt => v < *n,
            Op::Le => v <= *n,
            Op::Gt => v > *n,
            Op::Ge => v >= *n,
        }),
        Literal::Text(text) => {
            let matches = found.as_str().is_some_and(|v| wild(v, text));
            match op {
                Op::Eq => matches,
                Op::Ne => found.is_string() && !matches,
                _ => false,
            }
        }
    }
}

/// Whether a text matches one with `*` for anything.
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
        let ops = [("!=", Op::Ne), (">=", Op::Ge), ("<=", Op::Le), ("=", Op::Eq), (">", Op::Gt), ("<", Op::Lt)];
        let found = ops.into_iter().find(|(token, _)| self.eat(token));
        let (_, op) = found.ok_or_else(|| format!("a comparison is missing at {:?}", self.rest()))?;
        let value = self.literal()?;
        Ok(Test::Is { path, op, value })
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
        let end =
            self.rest().find(|c: char| c.is_whitespace() || matches!(c, ')' | '&' | '|')).unwrap_or(self.rest().len());
        let word = self.rest()[..end].to_owned();
        self.at += end;
        if word.is_empty() {
            return Err("a value is missing".to_owned());
        }
        Ok(word.parse().map_or(Literal::Text(word), Literal::Number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(pattern: &str, line: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(line)
    }

    #[test]
    fn terms() {
        assert!(hit("", "anything"));
        assert!(hit("ERROR", "[ERROR 500] no") && !hit("ERROR", "error"));
        assert!(hit("ERROR timeout", "timeout ERROR") && !hit("ERROR timeout", "ERROR"));
        assert!(hit("?ERROR ?WARN", "WARN x") && !hit("?ERROR ?WARN", "INFO"));
        assert!(hit("ERROR -health", "ERROR a") && !hit("ERROR -health", "ERROR health"));
        assert!(hit("\"INTERNAL SERVER\"", "x INTERNAL SERVER y") && !hit("\"INTERNAL SERVER\"", "INTERNAL x SERVER"));
    }

    #[test]
    fn selectors() {
        let line = r#"{"level":50,"req":{"method":"GET","url":"/api/a"},"tags":["x","y"],"ok":true,"none":null}"#;
        for pattern in [
            "{ $.level >= 50 }",
            "{ $.req.url = \"/api/*\" && $.level = 50 }",
            "{ ($.level = 1 || $.ok IS TRUE) && $.none IS NULL }",
            "{ $.tags[1] = \"y\" }",
            "{ $.missing NOT EXISTS }",
            "{ $.req.method != POST }",
        ] {
            assert!(hit(pattern, line), "{pattern}");
        }
        assert!(!hit("{ $.level < 50 }", line) && !hit("{ $.level = 50 }", "level 50"));
    }

    #[test]
    fn mistakes() {
        for bad in
            ["\"open", "a,b", "{ $.a }", "{ $.a = }", "{ a = 1 }", "{ $.a = 1", "{ ($.a = 1 }", "{ $.a IS 1 }", "-"]
        {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
