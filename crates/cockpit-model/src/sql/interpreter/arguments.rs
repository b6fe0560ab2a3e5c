//! The arguments of psql commands: quotes, variables, backticks.

use crate::sql::token::{is_variable_char, next};
use crate::sql::variables::Variables;
use std::fmt::Write as _;

/// An argument of a command, unquoted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument {
    pub text: String,
    /// Whether any part was quoted or came from a variable. It may then be empty, and `-n` or `;` is plain text.
    pub quoted: bool,
    /// The positions at which command output must be inserted, with the commands.
    shells: Vec<(usize, String)>,
    /// Number of unquoted bytes at its end.
    bare: usize,
}

/// The arguments of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The arguments in order.
    pub all: Vec<Argument>,
    /// The text after the command name, as written.
    pub line: String,
}

impl Arguments {
    /// Parses the arguments.
    ///
    /// # Errors
    /// An unterminated quote; the message is psql's.
    pub fn read(line: &str, variables: &Variables) -> Result<Self, String> {
        let line = line.strip_suffix("\\\\").unwrap_or(line);
        let mut arguments = Self { all: Vec::new(), line: line.trim().to_owned() };
        let mut rest = line.trim_start();
        while !rest.is_empty() {
            let (argument, length) = argument(rest, variables)?;
            if argument.quoted || !argument.text.is_empty() || !argument.shells.is_empty() {
                arguments.all.push(argument);
            }
            rest = rest[length..].trim_start();
        }
        Ok(arguments)
    }

    /// Returns the first command in backticks that has not been run yet.
    pub fn shell(&self) -> Option<&str> {
        self.all.iter().find_map(|argument| argument.shells.first()).map(|(_, command)| command.as_str())
    }

    /// Inserts the output of the command returned by [`Self::shell`].
    pub fn fill(&mut self, output: &str) {
        let Some(argument) = self.all.iter_mut().find(|argument| !argument.shells.is_empty()) else { return };
        let (at, _) = argument.shells.remove(0);
        argument.text.insert_str(at, output);
        for (later, _) in &mut argument.shells {
            *later += output.len();
        }
    }

    /// Returns the arguments without unquoted `;` at the ends.
    #[must_use]
    pub fn without_semicolons(mut self) -> Self {
        for argument in &mut self.all {
            while argument.bare > 0 && argument.text.ends_with(';') {
                argument.text.pop();
                argument.bare -= 1;
            }
        }
        self.all.retain(|argument| argument.quoted || !argument.text.is_empty());
        self
    }

    /// Returns the text of an argument.
    pub fn get(&self, at: usize) -> Option<&str> {
        self.all.get(at).map(|argument| argument.text.as_str())
    }

    /// Returns the texts of all arguments.
    pub fn texts(&self) -> Vec<String> {
        self.all.iter().map(|argument| argument.text.clone()).collect()
    }
}

fn argument(text: &str, variables: &Variables) -> Result<(Argument, usize), String> {
    let mut argument = Argument::default();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        match c {
            c if c.is_whitespace() => break,
            '\'' => {
                at += 1 + single(&rest[1..], &mut argument.text)?;
                (argument.quoted, argument.bare) = (true, 0);
            }
            '"' => {
                let end = rest[1..].find('"').ok_or("unterminated quoted string")? + 2;
                argument.text.push_str(&rest[..end]);
                at += end;
                (argument.quoted, argument.bare) = (true, 0);
            }
            '`' => {
                let end = rest[1..].find('`').ok_or("unterminated quoted string")? + 1;
                argument.shells.push((argument.text.len(), shell_command(&rest[1..end], variables)));
                at += end + 1;
                (argument.quoted, argument.bare) = (true, 0);
            }
            ':' => {
                let length = variable(rest);
                match variables.substitute(&rest[..length]).filter(|_| length > 1) {
                    Some((value, _)) => {
                        argument.text.push_str(&value);
                        (argument.quoted, argument.bare) = (true, 0);
                    }
                    None => argument.text.push_str(&rest[..length]),
                }
                at += length;
            }
            c => {
                argument.text.push(c);
                argument.bare += c.len_utf8();
                at += c.len_utf8();
            }
        }
    }
    Ok((argument, at))
}

/// Returns the length in bytes of a variable reference at the start of a text; 1 if it is only a colon.
fn variable(text: &str) -> usize {
    match next(text, 0) {
        Some(token) if token.kind == crate::sql::token::Kind::Variable => token.end,
        _ => 1,
    }
}

/// Reads a single-quoted string after its opening quote; returns its length in bytes, including the closing quote.
fn single(text: &str, out: &mut String) -> Result<usize, String> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\'' if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
                out.push('\'');
            }
            '\'' => return Ok(at + 1),
            '\\' => {
                let Some((_, escaped)) = characters.next() else { break };
                let mut digits = |first: Option<char>, base: u32, most: usize| {
                    let mut digits: String = first.into_iter().collect();
                    while digits.len() < most
                        && let Some((_, next)) = characters.peek()
                        && next.is_digit(base)
                    {
                        digits.push(*next);
                        characters.next();
                    }
                    u32::from_str_radix(&digits, base).ok().and_then(|code| char::from_u32(code & 0xff))
                };
                match escaped {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'b' => out.push('\u{8}'),
                    'r' => out.push('\r'),
                    'f' => out.push('\u{c}'),
                    'x' => out.push(digits(None, 16, 2).unwrap_or('x')),
                    '0'..='7' => out.extend(digits(Some(escaped), 8, 3)),
                    other => out.push(other),
                }
            }
            c => out.push(c),
        }
    }
    Err("unterminated quoted string".into())
}

/// Reads a command in backticks and inserts its variables: `:'name'` becomes a quoted shell word.
fn shell_command(text: &str, variables: &Variables) -> String {
    let mut command = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(':') {
        command.push_str(&rest[..at]);
        let opened = &rest[at + 1..];
        let (inner, quoted) = opened.strip_prefix('\'').map_or((opened, false), |inner| (inner, true));
        let length = inner.find(|c| !is_variable_char(c)).unwrap_or(inner.len());
        let closed = !quoted || inner[length..].starts_with('\'');
        if let Some(value) = variables.get(&inner[..length]).filter(|_| closed && length > 0) {
            if quoted {
                let _ = write!(command, "'{}'", value.replace('\'', "'\\''"));
            } else {
                command.push_str(value);
            }
            rest = &inner[length + usize::from(quoted)..];
        } else {
            command.push(':');
            rest = opened;
        }
    }
    command + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<String> {
        let mut variables = Variables::default();
        variables.set("x", "it's 1").unwrap();
        Arguments::read(line, &variables).unwrap().texts()
    }

    #[test]
    fn quotes_and_variables_are_read_as_in_psql() {
        assert_eq!(read(" a  'b c' \"D e\" "), ["a", "b c", "\"D e\""]);
        assert_eq!(read("'it''s' 'a\\n\\t\\x41\\101\\''"), ["it's", "a\n\tAA'"]);
        assert_eq!(read(":x :'x' :\"x\" :y :{?x} a:x"), ["it's 1", "'it''s 1'", "\"it's 1\"", ":y", "TRUE", "ait's 1"]);
        assert_eq!(read("'' a''b"), ["", "ab"]);
        assert_eq!(read("a \\\\"), ["a"]);
        assert_eq!(read("public.\"T a\".b"), ["public.\"T a\".b"]);
        assert_eq!(read("日本 :"), ["日本", ":"]);
        assert!(read("").is_empty());
    }

    #[test]
    fn unterminated_quote_is_refused() {
        for line in ["'a", "\"a", "`a", "'a\\'"] {
            assert_eq!(Arguments::read(line, &Variables::default()).unwrap_err(), "unterminated quoted string");
        }
    }

    #[test]
    fn trailing_semicolon_is_dropped_unless_quoted() {
        let read = |line: &str| Arguments::read(line, &Variables::default()).unwrap().without_semicolons().texts();
        assert_eq!(read("a; b;;"), ["a", "b"]);
        assert_eq!(read("a ;"), ["a"]);
        assert_eq!(read("'a;'"), ["a;"]);
        assert_eq!(read("'a';"), ["a"]);
    }

    #[test]
    fn command_output_is_inserted_into_the_argument() {
        let mut variables = Variables::default();
        variables.set("x", "it's").unwrap();
        let mut arguments = Arguments::read("a`echo :x`b`echo :'x' :y`c d", &variables).unwrap();
        assert_eq!(arguments.shell(), Some("echo it's"));
        arguments.fill("12");
        assert_eq!(arguments.shell(), Some("echo 'it'\\''s' :y"));
        arguments.fill("3");
        assert_eq!((arguments.shell(), arguments.texts()), (None, vec!["a12b3c".into(), "d".into()]));
    }
}
