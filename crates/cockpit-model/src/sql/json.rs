//! JSON values preserved as written: numbers keep all their digits, and repeated names stay. `serde_json` reads numbers into
//! 64 bits and keeps the last of repeated names.

/// A JSON value with its original text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// A number, boolean or `null` as written, or a string in its quotes.
    Leaf(String),
    /// The items of an array.
    List(Vec<Json>),
    /// The names and values of an object, in their order.
    Fields(Vec<(String, Json)>),
}

/// Maximum nesting depth.
const DEPTH: usize = 128;

/// Parses a text that is one JSON value; `None` if it is not JSON.
pub fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(DEPTH)?;
    reader.blanks();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.next(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Consumes a character after blanks, if it is there.
    fn consume(&mut self, sign: u8) -> bool {
        self.blanks();
        let is_next = self.next() == Some(sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        let below = depth.checked_sub(1)?;
        self.blanks();
        match self.next()? {
            b'{' => {
                let mut fields = Vec::new();
                self.at += 1;
                if self.consume(b'}') {
                    return Some(Json::Fields(fields));
                }
                loop {
                    self.blanks();
                    let name = self.quoted()?;
                    let name = serde_json::from_str(name).unwrap_or_else(|_| name.to_owned());
                    if !self.consume(b':') {
                        return None;
                    }
                    fields.push((name, self.value(below)?));
                    if !self.consume(b',') {
                        return self.consume(b'}').then_some(Json::Fields(fields));
                    }
                }
            }
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                if self.consume(b']') {
                    return Some(Json::List(items));
                }
                loop {
                    items.push(self.value(below)?);
                    if !self.consume(b',') {
                        return self.consume(b']').then_some(Json::List(items));
                    }
                }
            }
            b'"' => {
                let written = self.quoted()?;
                // Decodes escapes into characters where they stand for printable ones.
                let text = serde_json::from_str::<String>(written).and_then(|text| serde_json::to_string(&text));
                Some(Json::Leaf(text.unwrap_or_else(|_| written.to_owned())))
            }
            _ => self.plain(),
        }
    }

    /// Consumes a string with its quotes.
    fn quoted(&mut self) -> Option<&str> {
        let start = self.at;
        if self.next() != Some(b'"') {
            return None;
        }
        self.at += 1;
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.text.get(start..self.at)
    }

    /// Consumes an unquoted value.
    fn plain(&mut self) -> Option<Json> {
        let rest = self.text.get(self.at..)?;
        let end = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        let known = matches!(word, "true" | "false" | "null") || is_number(word);
        known.then(|| Json::Leaf(word.to_owned()))
    }
}

fn is_number(word: &str) -> bool {
    // Only the form matters here, not the magnitude.
    matches!(word.as_bytes().first(), Some(b'-' | b'0'..=b'9'))
        && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
        && word.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaf(text: &str) -> Json {
        Json::Leaf(text.to_owned())
    }

    #[test]
    fn numbers_keep_their_digits_and_repeated_names_stay() {
        let read =
            parse(r#" {"a": 12345678901234567890123456, "b":[1.10, -0, 1E400], "a" : "\u65e5\n", "c":{}, "d":[]} "#);
        let fields = vec![
            ("a".to_owned(), leaf("12345678901234567890123456")),
            ("b".to_owned(), Json::List(vec![leaf("1.10"), leaf("-0"), leaf("1E400")])),
            ("a".to_owned(), leaf("\"日\\n\"")),
            ("c".to_owned(), Json::Fields(Vec::new())),
            ("d".to_owned(), Json::List(Vec::new())),
        ];
        assert_eq!(read, Some(Json::Fields(fields)));
    }

    #[test]
    fn invalid_json_is_none_and_deep_nesting_is_safe() {
        for text in ["", "{", "[1,]", "{\"a\"}", "{\"a\":1} x", "[oops", "[\"a]", "{a:1}", "[1 2]", "\"\\", "[NaN]"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(1_000_000)), None);
    }

    proptest! {
        #[test]
        fn json_is_accepted_exactly_if_serde_accepts_it(text in "[\\[\\]{}\",:0-9a-e\\\\. tru-]{0,30}") {
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(parse(&text).is_some(), "{}", text);
            }
        }
    }
}
