//! A value of JSON as it stands there: each number with all its digits, each name as often as it is there. `serde_json` reads numbers
//! into 64 bits, and of two fields with one name the last.

/// A JSON value, with its text as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// A number, a truth value or `null`, as it is written; a text in its quotes.
    Leaf(String),
    /// The items of an array.
    List(Vec<Json>),
    /// Names and values of an object, in their order.
    Fields(Vec<(String, Json)>),
}

/// Values within values are read so deep.
const DEPTH: usize = 128;

/// Reads a text that is a value and nothing more; none where it is no JSON.
pub fn read(text: &str) -> Option<Json> {
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

    /// Takes a sign, after blanks; whether it was there.
    fn takes(&mut self, sign: u8) -> bool {
        self.blanks();
        let is = self.next() == Some(sign);
        self.at += usize::from(is);
        is
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        let below = depth.checked_sub(1)?;
        self.blanks();
        match self.next()? {
            b'{' => {
                let mut fields = Vec::new();
                self.at += 1;
                if self.takes(b'}') {
                    return Some(Json::Fields(fields));
                }
                loop {
                    self.blanks();
                    let name = self.quoted()?;
                    let name = serde_json::from_str(name).unwrap_or_else(|_| name.to_owned());
                    if !self.takes(b':') {
                        return None;
                    }
                    fields.push((name, self.value(below)?));
                    if !self.takes(b',') {
                        return self.takes(b'}').then_some(Json::Fields(fields));
                    }
                }
            }
            b'[' => {
                let mut items = Vec::new();
                self.at += 1;
                if self.takes(b']') {
                    return Some(Json::List(items));
                }
                loop {
                    items.push(self.value(below)?);
                    if !self.takes(b',') {
                        return self.takes(b']').then_some(Json::List(items));
                    }
                }
            }
            b'"' => {
                let written = self.quoted()?;
                // Its letters, not their numbers, as far as they are letters.
                let text = serde_json::from_str::<String>(written).and_then(|text| serde_json::to_string(&text));
                Some(Json::Leaf(text.unwrap_or_else(|_| written.to_owned())))
            }
            _ => self.plain(),
        }
    }

    /// A text with its quotes.
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

    /// Reads a value without quotes.
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
    // What it reads is a number; it is not asked how large.
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
    fn numbers_have_all_their_digits_and_names_stand_as_often_as_they_are_there() {
        let read =
            read(r#" {"a": 12345678901234567890123456, "b":[1.10, -0, 1E400], "a" : "\u65e5\n", "c":{}, "d":[]} "#);
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
    fn what_is_no_json_is_none_and_no_depth_is_too_deep() {
        for text in ["", "{", "[1,]", "{\"a\"}", "{\"a\":1} x", "[oops", "[\"a]", "{a:1}", "[1 2]", "\"\\", "[NaN]"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"[".repeat(1_000_000)), None);
    }

    proptest! {
        #[test]
        fn json_is_read_as_serde_reads_it(text in "[\\[\\]{}\",:0-9a-e\\\\. tru-]{0,30}") {
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(read(&text).is_some(), "{}", text);
            }
        }
    }
}
