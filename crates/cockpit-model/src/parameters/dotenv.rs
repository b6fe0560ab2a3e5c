//! Parameters as a dotenv file, and back: `NAME=value`, as shells and the dotenv libraries read it.
//!
//! - An unquoted value ends at the end of its line, or at ` #`; spaces around it are not part of it.
//! - In single quotes (or backticks) everything is literal, including line breaks.
//! - In double quotes the escapes `\n`, `\r`, `\t`, `\\`, `\"`, `\$` and `` \` `` have their usual meaning.
//! - `export ` before a name, empty lines and lines that begin with `#` are ignored.
//!
//! Variables in values (`${OTHER}`) are not expanded.

use super::value::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub value: Value,
    /// Its line number, from 1.
    pub line: usize,
}

/// An error in a file, with its line. It reveals nothing of a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    pub why: String,
}

/// Parses a file.
///
/// # Errors
/// The first invalid line, or a name that occurs twice.
pub fn parse(text: &str) -> Result<Vec<Variable>, Mistake> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text, line: 1 };
    let (mut found, mut names) = (Vec::new(), BTreeSet::new());
    while let Some(variable) = reader.variable()? {
        if !names.insert(variable.name.clone()) {
            return Err(Mistake { line: variable.line, why: format!("{} comes twice", variable.name) });
        }
        found.push(variable);
    }
    Ok(found)
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl Reader<'_> {
    fn mistake(&self, why: impl Into<String>) -> Mistake {
        Mistake { line: self.line, why: why.into() }
    }

    fn skip(&mut self, bytes: usize) {
        self.line += self.rest[..bytes].matches('\n').count();
        self.rest = &self.rest[bytes..];
    }

    fn variable(&mut self) -> Result<Option<Variable>, Mistake> {
        loop {
            let space = self.rest.len() - self.rest.trim_start().len();
            self.skip(space);
            if !self.rest.starts_with('#') {
                break;
            }
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        if let Some(after) = self.rest.strip_prefix("export").filter(|after| after.starts_with([' ', '\t'])) {
            let begin = self.rest.len() - after.trim_start_matches([' ', '\t']).len();
            self.skip(begin);
        }
        let line = self.line;
        let end = self.rest.find(|c: char| !is_name(c)).unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        if name.is_empty() {
            return Err(self.mistake("a name is missing: lines are NAME=value"));
        }
        self.skip(end);
        self.blanks();
        if !self.rest.starts_with('=') {
            return Err(self.mistake(format!("behind {name} there is no =: lines are NAME=value")));
        }
        self.skip(1);
        self.blanks();
        let value = match self.rest.chars().next() {
            Some(quote @ ('"' | '\'' | '`')) => self.quoted(quote)?,
            _ => self.bare(),
        };
        Ok(Some(Variable { name, value: Value::new(value), line }))
    }

    fn blanks(&mut self) {
        self.skip(self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len());
    }

    /// Reads an unquoted value, up to the end of the line or a comment.
    fn bare(&mut self) -> String {
        let line = &self.rest[..self.rest.find('\n').unwrap_or(self.rest.len())];
        let mut end = line.len();
        let mut after_blank = true;
        for (at, c) in line.char_indices() {
            if c == '#' && after_blank {
                end = at;
                break;
            }
            after_blank = c == ' ' || c == '\t';
        }
        let value = line[..end].trim().to_owned();
        self.skip(line.len());
        value
    }

    fn quoted(&mut self, quote: char) -> Result<String, Mistake> {
        let start_line = self.line;
        let mut value = String::new();
        let mut letters = self.rest[1..].char_indices();
        let end = loop {
            let Some((at, c)) = letters.next() else {
                return Err(Mistake { line: start_line, why: format!("a {quote} is not closed") });
            };
            if c == quote {
                break at + 1;
            }
            if c != '\\' || quote != '"' {
                value.push(c);
                continue;
            }
            match letters.next().map(|(_, c)| c) {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(c @ ('\\' | '"' | '$' | '`')) => value.push(c),
                Some(c) => value.extend(['\\', c]),
                None => return Err(Mistake { line: start_line, why: format!("a {quote} is not closed") }),
            }
        };
        self.skip(end + 1);
        self.blanks();
        let rest = &self.rest[..self.rest.find('\n').unwrap_or(self.rest.len())];
        let rest = rest.trim_end();
        if !rest.is_empty() && !rest.starts_with('#') {
            return Err(self.mistake("behind the closing quote there is more than a comment"));
        }
        self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        Ok(value)
    }
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '/')
}

/// Whether a name is a valid shell variable.
pub fn is_shell_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Writes variables so that [`parse`], shells and the dotenv libraries read the same values.
pub fn write<'a>(variables: impl IntoIterator<Item = (&'a str, &'a Value)>) -> String {
    let mut out = String::new();
    for (name, value) in variables {
        let _ = writeln!(out, "{name}={}", quoted(value.expose()));
    }
    out
}

fn quoted(value: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | '@' | '%' | '+' | ',' | '-');
    if !value.is_empty() && value.chars().all(bare) {
        return value.to_owned();
    }
    if !value.contains(['\'', '\r']) {
        return format!("'{value}'");
    }
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '\r' => out.push_str("\\r"),
            '\\' | '"' | '$' | '`' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse(text).unwrap().into_iter().map(|one| (one.name, one.value.expose().to_owned())).collect()
    }

    fn one(text: &str) -> String {
        let mut all = read(text);
        assert_eq!(all.len(), 1, "{text:?}");
        all.remove(0).1
    }

    #[test]
    fn every_kind_of_quoting_is_parsed() {
        for (text, value) in [
            ("A=1", "1"),
            ("A = spaced words  ", "spaced words"),
            ("export A=x", "x"),
            ("A=x # comment", "x"),
            ("A=x#none", "x#none"),
            ("A=#none", ""),
            ("A=", ""),
            ("A='it # is'", "it # is"),
            ("A='a\nb' # c", "a\nb"),
            (r#"A="a\nb\t\"q\" \\ \$X""#, "a\nb\t\"q\" \\ $X"),
            (r#"A="\d""#, "\\d"),
            ("A=\"two\nlines\"", "two\nlines"),
            (r"A='\n'", r"\n"),
            ("A=`it's \"both\"`", "it's \"both\""),
            ("\u{feff}A=bom", "bom"),
            ("A=x\r\n", "x"),
            ("# c\n\n  A=in", "in"),
            ("a/b.c-d=x", "x"),
            ("A=${B}", "${B}"),
        ] {
            assert_eq!(one(text), value, "{text:?}");
        }
        assert_eq!(read("A='1'\nB=\"2\"\n# x\nC=3").len(), 3);
        assert!(read("").is_empty());
    }

    #[test]
    fn error_has_a_line_and_no_value() {
        for (text, line, why) in [
            ("A=1\nB", 2, "no ="),
            ("A='s3cret", 1, "not closed"),
            ("\n=x", 2, "name is missing"),
            ("A='a' s3cret", 1, "closing quote"),
            ("A=1\nA=2", 2, "twice"),
            ("A=\"s3cret\\", 1, "not closed"),
        ] {
            let mistake = parse(text).unwrap_err();
            assert_eq!(mistake.line, line, "{text:?}");
            assert!(mistake.why.contains(why) && !mistake.to_string().contains("s3cret"), "{mistake}");
        }
    }

    #[test]
    fn simple_value_is_not_quoted() {
        let value = Value::new("postgres://h:5432/db");
        assert_eq!(write([("A", &value)]), "A=postgres://h:5432/db\n");
        assert_eq!(write([("A", &Value::new("a b$c"))]), "A='a b$c'\n");
        assert_eq!(write([("A", &Value::new("it's $5"))]), "A=\"it's \\$5\"\n");
    }

    proptest! {
        #[test]
        fn written_variables_round_trip(
            values in proptest::collection::btree_map("[A-Za-z_][A-Za-z0-9_./-]{0,8}", "[ -~\n\r\t'\"`$\\\\#=é日]{0,40}", 0..6)
        ) {
            let values: Vec<(String, Value)> = values.into_iter().map(|(name, value)| (name, Value::new(value))).collect();
            let text = write(values.iter().map(|(name, value)| (name.as_str(), value)));
            let parsed: Vec<(String, Value)> = parse(&text).unwrap().into_iter().map(|one| (one.name, one.value)).collect();
            prop_assert_eq!(parsed, values);
        }

        #[test]
        fn parser_does_not_panic_on_any_text(text in "[ -~\n'\"`\\\\=#]{0,60}") {
            let _ = parse(&text);
        }
    }
}
