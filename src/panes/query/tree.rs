//! Structured values line by line: JSON, arrays, composites and hstore as a tree, bytes in hexadecimal beside their text.

use crate::model::sql::Column;
use crate::model::sql::json::{self, Json};
use crate::model::sql::nested_values::{self, BYTES, Nested};
use crate::model::text::sanitize;

/// Maximum number of lines made of a value.
pub const LINES: usize = 20_000;

/// The text of a line, and the named nodes below it.
enum Node {
    Leaf(String),
    Branch(String, Vec<(String, Node)>),
}

/// The lines of a complete value, at most [`LINES`]; `None` if its plain text is all there is to show.
pub fn lines(column: &Column, text: &str) -> Option<Vec<String>> {
    if column.type_oid == BYTES {
        return bytes(column, text);
    }
    let node = match nested_values::parse(column.type_oid, text) {
        Some(value) => of_nested(value),
        None => of_json(json(text)?),
    };
    let mut lines = Vec::new();
    draw("", "", "", &node, &mut lines);
    Some(lines)
}

/// The lines of a byte string, even an incomplete one; `None` if the column has another type, or the bytes another format.
pub fn bytes(column: &Column, text: &str) -> Option<Vec<String>> {
    let bytes = Some(text).filter(|_| column.type_oid == BYTES).and_then(nested_values::bytes)?;
    Some(nested_values::dump(&bytes[..bytes.len().min(LINES * 16)]))
}

fn json(text: &str) -> Option<Json> {
    let holds = text.trim_start().starts_with(['{', '[']);
    if holds { json::parse(text) } else { None }
}

fn of_json(value: Json) -> Node {
    match value {
        Json::Fields(fields) => {
            let field = |(name, value): (String, Json)| (sanitize(&name).into_owned(), of_json(value));
            let fields: Vec<_> = fields.into_iter().map(field).collect();
            Node::Branch(format!("{{{}}}", fields.len()), fields)
        }
        Json::List(items) => {
            let items: Vec<_> =
                (0..).zip(items).map(|(at, value): (usize, _)| (at.to_string(), of_json(value))).collect();
            Node::Branch(format!("[{}]", items.len()), items)
        }
        Json::Leaf(text) => Node::Leaf(text),
    }
}

fn of_nested(value: Nested) -> Node {
    // PostgreSQL counts array elements from 1.
    let numbered = |all: Vec<Nested>| -> Vec<(String, Node)> {
        (1..).zip(all).map(|(at, value): (usize, _)| (at.to_string(), of_nested(value))).collect()
    };
    match value {
        Nested::Null => Node::Leaf("NULL".to_owned()),
        Nested::Text(text) if text.is_empty() || text == "NULL" => Node::Leaf(format!("\"{text}\"")),
        Nested::Text(text) => Node::Leaf(sanitize(&text).into_owned()),
        Nested::List(items) => Node::Branch(format!("{{{}}}", items.len()), numbered(items)),
        Nested::Fields(fields) => Node::Branch(format!("({})", fields.len()), numbered(fields)),
        Nested::Pairs(pairs) => {
            let pair = |(name, value): (String, Nested)| (sanitize(&name).into_owned(), of_nested(value));
            Node::Branch(format!("{{{}}}", pairs.len()), pairs.into_iter().map(pair).collect())
        }
    }
}

/// Draws a node: `before` is the prefix of its own line, `below` that of the lines below it.
fn draw(before: &str, below: &str, name: &str, node: &Node, lines: &mut Vec<String>) {
    if lines.len() >= LINES {
        return;
    }
    let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
    let (head, inside) = match node {
        Node::Leaf(text) => (text, &[][..]),
        Node::Branch(head, inside) => (head, inside.as_slice()),
    };
    lines.push(format!("{before}{name}{head}"));
    let last = inside.len().saturating_sub(1);
    for (number, (name, node)) in inside.iter().enumerate() {
        let (branch, rest) = if number == last { ("└ ", "  ") } else { ("├ ", "│ ") };
        draw(&format!("{below}{branch}"), &format!("{below}{rest}"), name, node, lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(type_oid: u32, text: &str) -> Option<String> {
        let column = Column { name: "c".into(), type_oid, modifier: -1, table_oid: 0, number: 0 };
        lines(&column, text).map(|lines| lines.join("\n"))
    }

    #[test]
    fn json_objects_and_arrays_become_a_tree() {
        let tree = of(3802, r#"{"tags": ["a", "日本"], "n": {"deep": null}, "empty": []}"#);
        let wanted = "{3}\n├ tags: [2]\n│ ├ 0: \"a\"\n│ └ 1: \"日本\"\n├ n: {1}\n│ └ deep: null\n└ empty: [0]";
        assert_eq!(tree.as_deref(), Some(wanted));
        let exact = of(114, r#"{"n": 12345678901234567890123456, "n": 1.10}"#).unwrap();
        assert_eq!(exact, "{2}\n├ n: 12345678901234567890123456\n└ n: 1.10", "as it stands there");
        for text in ["", "1", "\"x\"", "{1,2}", "[oops", "{\"a\": 1} x"] {
            assert_eq!(of(25, text), None, "{text}");
        }
    }

    #[test]
    fn postgresql_arrays_and_composites_become_a_tree() {
        let tree = of(1009, "{rust,NULL,\"\",\"a\nb\"}").unwrap();
        assert!(
            tree.starts_with("{4}\n├ 1: rust\n├ 2: NULL\n├ 3: \"\"\n└ 4: a") && tree.lines().count() == 5,
            "{tree}"
        );
        assert_eq!(
            of(1007, "{{1,2},{3,4}}").unwrap(),
            "{2}\n├ 1: {2}\n│ ├ 1: 1\n│ └ 2: 2\n└ 2: {2}\n  ├ 1: 3\n  └ 2: 4"
        );
        assert_eq!(of(2249, "(7,\"x, y\")").unwrap(), "(2)\n├ 1: 7\n└ 2: x, y");
        let hstore = r#""a"=>"1", "b"=>NULL, "c"=>"NULL""#;
        assert_eq!(of(70_000, hstore).unwrap(), "{3}\n├ a: 1\n├ b: NULL\n└ c: \"NULL\"");
    }

    #[test]
    fn bytes_are_shown_in_hexadecimal_and_lines_are_limited() {
        assert!(of(BYTES, "\\x48690a").unwrap().ends_with("|Hi.|"));
        assert_eq!(of(BYTES, "abc"), None, "bytea_output = escape");
        let many = format!("[{}1]", "1,".repeat(100_000));
        assert_eq!(of(114, &many).unwrap().lines().count(), LINES);
        let large = format!("\\x{}", "00".repeat(1_000_000));
        assert_eq!(of(BYTES, &large).unwrap().lines().count(), LINES);
    }
}
