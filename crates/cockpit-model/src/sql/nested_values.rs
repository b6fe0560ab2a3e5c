//! Values that contain others, in the server's text format: arrays (`{1,2,NULL}`), composites (`(1,"a b",)`), hstore pairs
//! (`"a"=>"1", "b"=>NULL`), and bytes (`\x00ff`).
use std::fmt::Write as _;

/// A value that may contain others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nested {
    Null,
    /// A plain value.
    Text(String),
    /// The elements of an array.
    List(Vec<Nested>),
    /// The fields of a composite, in order.
    Fields(Vec<Nested>),
    /// The pairs of an hstore.
    Pairs(Vec<(String, Nested)>),
}

/// The type `bytea`.
pub const BYTES: u32 = 17;
/// The type of an anonymous composite.
const RECORD: u32 = 2249;
/// The type `box[]`, whose elements contain commas.
const BOXES: u32 = 1020;
/// The built-in array types. Source: PostgreSQL's `pg_type.dat` (`array_type_oid`).
const ARRAYS: [u32; 70] = [
    143, 199, 210, 271, 629, 651, 719, 775, 791, 1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011,
    1012, 1013, 1014, 1015, 1016, 1017, 1018, 1019, 1020, 1021, 1022, 1027, 1028, 1034, 1040, 1041, 1115, 1182, 1183,
    1185, 1187, 1231, 1263, 1270, 1561, 1563, 2201, 2207, 2208, 2209, 2210, 2211, 2287, 2949, 2951, 3221, 3643, 3644,
    3645, 3735, 3770, 3807, 3905, 3907, 3909, 3911, 3913, 3927, 4073, 4090,
];
/// The first object id of user-defined types. Only the form of their values shows what they are.
const OWN: u32 = 16_384;
/// Maximum nesting depth.
const DEPTH: usize = 32;

/// Parses the parts of a value of a type; `None` if it has none, or is not in the expected form.
pub fn parse(type_oid: u32, text: &str) -> Option<Nested> {
    let own = type_oid >= OWN;
    if ARRAYS.contains(&type_oid) || own && text.starts_with(['{', '[']) {
        let inside = own || type_oid == 2287;
        array(text, if type_oid == BOXES { ';' } else { ',' }, inside)
    } else if own && text.starts_with('"') {
        pairs(text)
    } else if type_oid == RECORD || own {
        composite(text, DEPTH)
    } else {
        None
    }
}

/// Parses an array as written by `array_out`, possibly preceded by its bounds. With `inside`, elements may be composites.
fn array(text: &str, between: char, inside: bool) -> Option<Nested> {
    let body = if text.starts_with('[') { text.split_once('=')?.1 } else { text };
    let mut reader = Reader { rest: body, between, inside };
    let list = reader.list(DEPTH)?;
    reader.rest.is_empty().then_some(list)
}

struct Reader<'a> {
    rest: &'a str,
    between: char,
    inside: bool,
}

impl Reader<'_> {
    fn consume(&mut self, letter: char) -> bool {
        let rest = self.rest.strip_prefix(letter);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn list(&mut self, depth: usize) -> Option<Nested> {
        if depth == 0 || !self.consume('{') {
            return None;
        }
        let mut list = Vec::new();
        if self.consume('}') {
            return Some(Nested::List(list));
        }
        loop {
            list.push(if self.rest.starts_with('{') { self.list(depth - 1)? } else { self.element(depth - 1)? });
            if self.consume('}') {
                return Some(Nested::List(list));
            }
            if !self.consume(self.between) {
                return None;
            }
        }
    }

    fn element(&mut self, depth: usize) -> Option<Nested> {
        if !self.consume('"') {
            let end = self.rest.find([self.between, '}', '{', '"'])?;
            let (word, rest) = self.rest.split_at(end);
            self.rest = rest;
            return match word {
                "" => None,
                "NULL" => Some(Nested::Null),
                word => Some(Nested::Text(word.replace('\\', ""))),
            };
        }
        let text = quoted(&mut self.rest)?;
        Some(within(text, self.inside, depth))
    }
}

/// Interprets a string inside another value.
fn within(text: String, inside: bool, depth: usize) -> Nested {
    let composite = if inside && depth > 0 { composite(&text, depth - 1) } else { None };
    composite.unwrap_or(Nested::Text(text))
}

/// Consumes the rest of a quoted string; `\` escapes a character, and so does a doubled quote.
fn quoted(rest: &mut &str) -> Option<String> {
    let mut text = String::new();
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => text.push(letters.next()?.1),
            '"' if rest[at + 1..].starts_with('"') => {
                letters.next();
                text.push('"');
            }
            '"' => {
                *rest = &rest[at + 1..];
                return Some(text);
            }
            _ => text.push(letter),
        }
    }
    None
}

/// Parses a composite as written by `record_out`; an empty field is NULL.
fn composite(text: &str, depth: usize) -> Option<Nested> {
    let mut rest = text.strip_prefix('(')?;
    let mut fields = Vec::new();
    if depth == 0 {
        return None;
    }
    loop {
        let field = if let Some(inside) = rest.strip_prefix('"') {
            rest = inside;
            within(quoted(&mut rest)?, true, depth)
        } else {
            let end = rest.find([',', ')', '(', '"'])?;
            let (word, after) = rest.split_at(end);
            rest = after;
            if word.is_empty() { Nested::Null } else { Nested::Text(word.replace('\\', "")) }
        };
        fields.push(field);
        if rest == ")" {
            return Some(Nested::Fields(fields));
        }
        rest = rest.strip_prefix(',')?;
    }
}

/// Parses pairs as written by `hstore_out`: names and values in quotes, except NULL.
fn pairs(text: &str) -> Option<Nested> {
    let mut rest = text;
    let mut pairs = Vec::new();
    loop {
        rest = rest.strip_prefix('"')?;
        let name = quoted(&mut rest)?;
        rest = rest.strip_prefix("=>")?;
        let value = if let Some(inside) = rest.strip_prefix('"') {
            rest = inside;
            Nested::Text(quoted(&mut rest)?)
        } else {
            rest = rest.strip_prefix("NULL")?;
            Nested::Null
        };
        pairs.push((name, value));
        if rest.is_empty() {
            return Some(Nested::Pairs(pairs));
        }
        rest = rest.strip_prefix(", ")?;
    }
}

/// Decodes a hexadecimal text (`\x00ff`), ignoring half a byte at its end; `None` if it is in another format.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?.as_bytes();
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// Formats bytes as lines of sixteen: the offset, the bytes in hexadecimal, and the printable ASCII characters.
pub fn dump(bytes: &[u8]) -> Vec<String> {
    let line = |(number, line): (usize, &[u8])| {
        let half = |half: &[u8]| {
            half.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, " {byte:02x}");
                text
            })
        };
        let (left, right) = line.split_at(line.len().min(8));
        let hex = format!("{} {}", half(left), half(right));
        let letter = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
        let text: String = line.iter().map(letter).collect();
        format!("{:08x} {hex:<49}  |{text}|", number * 16)
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[&str]) -> Vec<Nested> {
        list.iter().map(|text| if *text == "NULL" { Nested::Null } else { Nested::Text((*text).to_owned()) }).collect()
    }

    #[test]
    fn arrays_are_parsed_into_their_elements() {
        assert_eq!(parse(1007, "{1,NULL,3}"), Some(Nested::List(texts(&["1", "NULL", "3"]))));
        assert_eq!(parse(1009, r"{}"), Some(Nested::List(Vec::new())));
        let odd = r#"{"a,b","","say \"日本\"","back\\slash","{x}",plain}"#;
        let wanted: Vec<Nested> = ["a,b", "", "say \"日本\"", "back\\slash", "{x}", "plain"]
            .map(|text| Nested::Text(text.to_owned()))
            .to_vec();
        assert_eq!(parse(1009, odd), Some(Nested::List(wanted)));
        // NULL in quotes is a string.
        assert_eq!(parse(1009, r#"{"NULL"}"#), Some(Nested::List(vec![Nested::Text("NULL".into())])));
        let rows = Nested::List(vec![Nested::List(texts(&["1", "2"])), Nested::List(texts(&["3", "4"]))]);
        assert_eq!(parse(1007, "{{1,2},{3,4}}"), Some(rows.clone()));
        assert_eq!(parse(1007, "[0:1][5:6]={{1,2},{3,4}}"), Some(rows));
        assert_eq!(
            parse(1020, "{(2,2),(1,1);(4,4),(3,3)}"),
            Some(Nested::List(texts(&["(2,2),(1,1)", "(4,4),(3,3)"])))
        );
        for (oid, text) in [(25, "{1,2}"), (1009, "{1,2"), (1009, "{1,}"), (1009, "{1}x"), (114, "{}"), (1009, "")] {
            assert_eq!(parse(oid, text), None, "{oid} {text}");
        }
    }

    #[test]
    fn composites_are_parsed_into_fields_and_may_be_nested() {
        let own = OWN + 7;
        assert_eq!(parse(own, r#"(1,,"a ""b"", c","")"#), {
            let mut fields = texts(&["1", "NULL", "a \"b\", c"]);
            fields.push(Nested::Text(String::new()));
            Some(Nested::Fields(fields))
        });
        let inner = |n: &str| Nested::Fields(texts(&[n, "x y"]));
        assert_eq!(parse(own, r#"{"(1,\"x y\")","(2,\"x y\")"}"#), Some(Nested::List(vec![inner("1"), inner("2")])));
        assert_eq!(parse(2249, r#"("(1,""x y"")",7)"#), {
            Some(Nested::Fields(vec![inner("1"), Nested::Text("7".into())]))
        });
        // A user-defined type may be an enum or a range as well.
        for text in ["happy", "[1,5)", "(1,5]", "", "(", "{"] {
            assert_eq!(parse(own, text), None, "{text}");
        }
    }

    #[test]
    fn hstore_is_parsed_into_pairs() {
        let pair = |name: &str, value: Nested| (name.to_owned(), value);
        assert_eq!(
            parse(OWN + 9, r#""a"=>"1", "日 \"本\""=>NULL, "c"=>"", "d, \\"=>"x=>y""#),
            Some(Nested::Pairs(vec![
                pair("a", Nested::Text("1".into())),
                pair("日 \"本\"", Nested::Null),
                pair("c", Nested::Text(String::new())),
                pair("d, \\", Nested::Text("x=>y".into())),
            ]))
        );
        for text in ["\"a\"", "\"a\"=>", "\"a\"=>\"1\",", "\"a\"=>nil", "\"a"] {
            assert_eq!(parse(OWN + 9, text), None, "{text}");
        }
        assert_eq!(parse(25, "\"a\"=>\"1\""), None, "a text is a text");
    }

    #[test]
    fn bytes_are_dumped_as_hexadecimal_and_ascii() {
        let read = bytes("\\x89504e470d0a1a0a0000000d4948445200").unwrap();
        assert_eq!(
            dump(&read),
            [
                "00000000  89 50 4e 47 0d 0a 1a 0a  00 00 00 0d 49 48 44 52  |.PNG........IHDR|",
                "00000010  00                                                |.|",
            ]
        );
        assert_eq!(bytes("\\x").unwrap(), Vec::<u8>::new());
        assert_eq!(bytes("\\x0af"), Some(vec![0x0a]), "it was cut");
        assert!(bytes("abc\\377").is_none() && bytes("\\xzz").is_none());
    }
}
