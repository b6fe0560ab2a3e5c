//! The arguments of a command of psql: quotes, variables, backticks.

use crate::sql::token::{is_variable_char, next};
use crate::sql::variables::Variables;
use std::fmt::Write as _;

/// An argument of a command, unquoted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument {
    pub text: String,
    /// Any of it was in quotes or came from a variable, so that it may be empty and `-n` or `;` is text.
    pub quoted: bool,
    /// The places in it that are output of a command.
    shells: Vec<(usize, String)>,
    /// How many bytes at its end were not in quotes.
    bare: usize,
}

/// The arguments of a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// One after the other.
    pub all: Vec<Argument>,
    /// The text behind the name, as it is written.
    pub line: String,
}

impl Arguments {
    /// Takes them apart.
    ///
    /// # Errors
    /// A quote without an end, in psql's words.
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

    /// The first command in backticks whose output is not known yet.
    pub fn shell(&self) -> Option<&str> {
        self.all.iter().find_map(|argument| argument.shells.first()).map(|(_, command)| command.as_str())
    }

    /// Inserts the output of the command that [`Self::shell`] gave.
    pub fn fill(&mut self, output: &str) {
        let Some(argument) = self.all.iter_mut().find(|argument| !argument.shells.is_empty()) else { return };
        let (at, _) = argument.shells.remove(0);
        argument.text.insert_str(at, output);
        for (later, _) in &mut argument.shells {
            *later += output.len();
        }
    }

    /// The arguments without `;` at the ends that were not in quotes.
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

    /// The text of the argument at this place.
    pub fn get(&self, at: usize) -> Option<&str> {
        self.all.get(at).map(|argument| argument.text.as_str())
    }

    /// The texts of all arguments.
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
                match variables.replaced(&rest[..length]).filter(|_| length > 1) {
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

/// The bytes of `:name` and its like at the beginning of a text; 1 where it is only a colon.
fn variable(text: &str) -> usize {
    match next(text, 0) {
        Some(token) if token.kind == crate::sql::token::Kind::Variable => token.end,
        _ => 1,
    }
}

/// A text in single quotes behind its first one; how many bytes it is with its last one.
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

/// A command in backticks with its variables: `:'name'` is one word of the shell.
fn shell_command(text: &str, variables: &Variables) -> String {
    let mut command = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(':') {
        command.push_str(&rest[..at]);
        let here = &rest[at + 1..];
        let (inner, quoted) = here.strip_prefix('\'').map_or((here, false), |inner| (inner, true));
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
            rest = here;
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
    fn quotes_and_variables_are_read_as_psql_does() {
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
    fn a_quote_without_an_end_is_refused() {
        for line in ["'a", "\"a", "`a", "'a\\'"] {
            assert_eq!(Arguments::read(line, &Variables::default()).unwrap_err(), "unterminated quoted string");
        }
    }

    #[test]
    fn a_semicolon_at_the_end_is_no_part_of_it_unless_in_quotes() {
        let read = |line: &str| Arguments::read(line, &Variables::default()).unwrap().without_semicolons().texts();
        assert_eq!(read("a; b;;"), ["a", "b"]);
        assert_eq!(read("a ;"), ["a"]);
        assert_eq!(read("'a;'"), ["a;"]);
        assert_eq!(read("'a';"), ["a"]);
    }

    #[test]
    fn the_output_of_a_command_takes_its_place_in_the_argument() {
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
