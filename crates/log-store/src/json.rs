//! An allocation-free scanner over one JSON object, which yields keys and values as slices of the line. It checks the
//! structure it walks over, but not every number and escape. A malformed line ends the walk.

use memchr::memchr2;

/// A value, as a slice of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string without its quotes, with escapes left in.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Bare(&'a str),
    /// An object, including its braces.
    Object(&'a str),
    /// An array, including its brackets.
    Array(&'a str),
}

impl<'a> Value<'a> {
    /// Returns the slice of text, regardless of the type.
    pub fn raw(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Bare(text) | Self::Object(text) | Self::Array(text) => text,
        }
    }
}

/// Iterates over the members of an object, in order.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    text: &'a str,
    at: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    Next,
    /// The text was read to the end.
    Done,
    Broken,
}

/// Returns the members of a JSON object; empty if the text is not an object.
pub fn members(text: &str) -> Members<'_> {
    let bytes = text.as_bytes();
    let at = skip(bytes, 0);
    let state = if bytes.get(at) == Some(&b'{') { State::First } else { State::Broken };
    Members { text, at: at + 1, state }
}

impl Members<'_> {
    /// Returns whether the walk reached the end of a complete object, followed by nothing but blanks.
    pub fn is_complete(&self) -> bool {
        self.state == State::Done && skip(self.text.as_bytes(), self.at) == self.text.len()
    }

    fn broken<T>(&mut self) -> Option<T> {
        self.state = State::Broken;
        None
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if matches!(self.state, State::Done | State::Broken) {
            return None;
        }
        let bytes = self.text.as_bytes();
        let mut at = skip(bytes, self.at);
        if bytes.get(at) == Some(&b'}') && self.state == State::First {
            self.at = at + 1;
            self.state = State::Done;
            return None;
        }
        if self.state == State::Next {
            match bytes.get(at) {
                Some(b',') => at = skip(bytes, at + 1),
                Some(b'}') => {
                    self.at = at + 1;
                    self.state = State::Done;
                    return None;
                }
                _ => return self.broken(),
            }
        }
        let Some((key, end)) = string(self.text, at) else { return self.broken() };
        at = skip(bytes, end);
        if bytes.get(at) != Some(&b':') {
            return self.broken();
        }
        at = skip(bytes, at + 1);
        let Some((value, end)) = value(self.text, at) else { return self.broken() };
        self.at = end;
        self.state = State::Next;
        Some((key, value))
    }
}

/// Returns the position after blanks.
#[inline]
fn skip(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// Returns the string that begins here with its quote, and the position after it.
#[inline]
fn string(text: &str, at: usize) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let end = string_end(bytes, at + 1)?;
    Some((text.get(at + 1..end)?, end + 1))
}

/// Returns the position of the quote that ends a string whose content begins here.
#[inline]
fn string_end(bytes: &[u8], from: usize) -> Option<usize> {
    // Most strings are short, so checking a few bytes first is cheaper than starting a search.
    let mut at = from;
    let near = bytes.len().min(from + 12);
    while at < near {
        match bytes[at] {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    loop {
        let found = at + memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[found] == b'"' {
            return Some(found);
        }
        at = found + 2;
    }
}

fn value(text: &str, at: usize) -> Option<(Value<'_>, usize)> {
    let bytes = text.as_bytes();
    match bytes.get(at)? {
        b'"' => string(text, at).map(|(found, end)| (Value::Text(found), end)),
        b'{' => {
            let end = nested(bytes, at)?;
            Some((Value::Object(text.get(at..end)?), end))
        }
        b'[' => {
            let end = nested(bytes, at)?;
            Some((Value::Array(text.get(at..end)?), end))
        }
        _ => {
            let mut end = at;
            while bytes.get(end).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')) {
                end += 1;
            }
            (end > at).then(|| text.get(at..end).map(|found| (Value::Bare(found), end)))?
        }
    }
}

/// Returns the position after the object or array that begins here.
fn nested(bytes: &[u8], from: usize) -> Option<usize> {
    let (mut depth, mut at) = (0usize, from);
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at + 1)?,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Returns the value at a path of keys (`res.statusCode`); keys may themselves contain dots.
pub fn get<'a>(text: &'a str, path: &str) -> Option<Value<'a>> {
    for (key, value) in members(text) {
        if key == path {
            return Some(value);
        }
        if let (Some(rest), Value::Object(inner)) =
            (path.strip_prefix(key).and_then(|rest| rest.strip_prefix('.')), value)
            && let Some(found) = get(inner, rest)
        {
            return Some(found);
        }
    }
    None
}

/// Returns the content of a JSON string with its escapes decoded; invalid escapes stay as they are.
pub fn unescape(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains('\\') {
        return std::borrow::Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (found, used) = match after.as_bytes().first() {
            Some(b'n') => (Some('\n'), 1),
            Some(b't') => (Some('\t'), 1),
            Some(b'r') => (Some('\r'), 1),
            Some(b'b') => (Some('\u{8}'), 1),
            Some(b'f') => (Some('\u{c}'), 1),
            Some(b @ (b'"' | b'\\' | b'/')) => (Some(char::from(*b)), 1),
            Some(b'u') => unicode(after),
            _ => (None, 0),
        };
        if let Some(c) = found {
            out.push(c);
            rest = &after[used..];
        } else {
            out.push('\\');
            rest = after;
        }
    }
    out.push_str(rest);
    std::borrow::Cow::Owned(out)
}

/// Decodes `uXXXX`, or a surrogate pair of them.
fn unicode(after: &str) -> (Option<char>, usize) {
    let four = |at: usize| after.get(at..at + 4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    let Some(first) = four(1) else { return (None, 0) };
    if (0xd800..0xdc00).contains(&first)
        && after.get(5..7) == Some("\\u")
        && let Some(second) = four(7).filter(|second| (0xdc00..0xe000).contains(second))
    {
        return (char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)), 11);
    }
    (char::from_u32(first), 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_returned_in_order() {
        let line = r#"{"level":30,"a":"x\"y","o":{"k":[1,"}"],"s":2},"n":null}"#;
        let mut walk = members(line);
        let found: Vec<_> = walk.by_ref().collect();
        assert!(walk.is_complete());
        assert_eq!(found[0], ("level", Value::Bare("30")));
        assert_eq!(found[1], ("a", Value::Text("x\\\"y")));
        assert_eq!(found[2], ("o", Value::Object(r#"{"k":[1,"}"],"s":2}"#)));
        assert_eq!(get(line, "o.s"), Some(Value::Bare("2")));
        assert_eq!(get(r#"{"http.status":200}"#, "http.status"), Some(Value::Bare("200")));
        assert_eq!(get(line, "o.none"), None);
    }

    #[test]
    fn malformed_lines_are_not_whole() {
        for line in [
            "",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1}x",
            "[1]",
            "{\"a\":\"x}",
            "{\"a\":{\"b\":1}",
            "{1:2}",
            "{\"a\":1,}",
        ] {
            let mut walk = members(line);
            walk.by_ref().for_each(drop);
            assert!(!walk.is_complete(), "{line}");
        }
    }

    #[test]
    fn escapes_are_decoded_and_invalid_ones_stay() {
        assert_eq!(unescape(r#"a\n\"\u65e5\ud83d\ude80\x\"#), "a\n\"日🚀\\x\\");
        assert_eq!(unescape(r"\ud83d alone"), "\\ud83d alone");
    }
}
