//! AWS JSON 1.0 and 1.1: times are epoch seconds with a fraction. Headers are set elsewhere.

use super::Node;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Decodes a request body; an empty one is an empty map.
pub(crate) fn decode(body: &[u8]) -> Result<Node, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Node::empty());
    }
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    match value {
        serde_json::Value::Object(_) => Ok(from_value(value)),
        _ => Err("the body is not an object".to_owned()),
    }
}

fn from_value(value: serde_json::Value) -> Node {
    match value {
        serde_json::Value::Null => Node::Null,
        serde_json::Value::Bool(b) => Node::Bool(b),
        serde_json::Value::Number(n) => n.as_i64().map_or_else(|| Node::Float(n.as_f64().unwrap_or(0.0)), Node::Int),
        serde_json::Value::String(s) => Node::Str(s),
        serde_json::Value::Array(items) => Node::List("member", items.into_iter().map(from_value).collect()),
        serde_json::Value::Object(fields) => {
            Node::Map(fields.into_iter().map(|(k, v)| (Cow::Owned(k), from_value(v))).collect())
        }
    }
}

/// Encodes a node as JSON.
pub(crate) fn encode(node: &Node) -> Vec<u8> {
    let mut out = String::with_capacity(512 + written(node));
    write(node, &mut out);
    out.into_bytes()
}

/// The length in bytes of the parts that are already encoded.
fn written(node: &Node) -> usize {
    match node {
        Node::Json(text) => text.len(),
        Node::Map(fields) => fields.iter().map(|(_, value)| written(value)).sum(),
        _ => 0,
    }
}

fn write(node: &Node, out: &mut String) {
    match node {
        Node::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Node::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Node::Float(f) if f.is_finite() => {
            let _ = write!(out, "{f:?}");
        }
        // JSON has no other form for these.
        Node::Null | Node::Float(_) => out.push_str("null"),
        Node::Str(s) => string(s, out),
        Node::Json(text) => out.push_str(text),
        Node::Time(t) => {
            let ms = t.as_millisecond();
            let _ = write!(out, "{}.{:03}", ms.div_euclid(1000), ms.rem_euclid(1000));
        }
        Node::List(_, items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Node::Map(fields) => {
            out.push('{');
            let mut first = true;
            for (key, value) in fields.iter().filter(|(_, v)| *v != Node::Null) {
                if !first {
                    out.push(',');
                }
                first = false;
                string(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Bytes that must be escaped in a string.
const ESCAPED: [bool; 256] = {
    let mut escaped = [false; 256];
    let mut byte = 0;
    while byte < 32 {
        escaped[byte] = true;
        byte += 1;
    }
    escaped[b'"' as usize] = true;
    escaped[b'\\' as usize] = true;
    escaped
};

/// Appends a JSON string literal; stretches without escapes are copied as a whole.
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut copied = 0;
    while let Some(next) = text.as_bytes()[copied..].iter().position(|byte| ESCAPED[usize::from(*byte)]) {
        let at = copied + next;
        // The byte is ASCII, so both ends are character boundaries.
        out.push_str(&text[copied..at]);
        copied = at + 1;
        let byte = text.as_bytes()[at];
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                out.push_str("\\u00");
                out.extend([byte >> 4, byte & 15].map(|digit| char::from(HEX[usize::from(digit)])));
            }
        }
    }
    out.push_str(&text[copied..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::{list, map};
    use super::*;
    use crate::clock::timestamp;

    #[test]
    fn encoded_json_is_readable_by_serde() {
        let node = map! {
            "s": "日本語 🚀 \u{1b}[31m \"q\" \\ \n", "i": 3, "f": 0.5, "b": true, "none": None::<String>,
            "t": timestamp(1_700_000_000_005), "l": list(["a", "b"]), "big": 1e21,
        };
        let value: serde_json::Value = serde_json::from_slice(&encode(&node)).unwrap();
        assert_eq!(value["s"], "日本語 🚀 \u{1b}[31m \"q\" \\ \n");
        assert_eq!(value["t"].as_f64(), Some(1_700_000_000.005));
        assert_eq!(value["l"], serde_json::json!(["a", "b"]));
        assert_eq!(value["big"].as_f64(), Some(1e21));
        assert!(value.get("none").is_none());
    }

    #[test]
    fn json_requests_are_decoded() {
        let node = decode(br#"{"services":["a"],"maxResults":5,"on":true,"nil":null}"#).unwrap();
        assert_eq!(node.strings("services"), ["a"]);
        assert_eq!(node.int("maxResults"), Some(5));
        assert_eq!(node.bool("on"), Some(true));
        assert_eq!(node.get("nil"), None);
        assert_eq!(decode(b" ").unwrap(), Node::empty());
        assert!(decode(b"[1]").is_err());
        assert!(decode(b"{\"a\":").is_err());
    }
}
