//! JSON as a tree, line by line.

use serde_json::Value;

/// Longer texts are shown as they are.
const LARGEST: usize = 4 << 20;

/// The lines of a JSON object or array; none where the text is none.
pub fn lines(text: &str) -> Option<Vec<String>> {
    let trimmed = text.trim_start();
    if text.len() > LARGEST || !trimmed.starts_with(['{', '[']) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    let mut lines = vec![head("", &value)];
    children(&value, "", &mut lines);
    Some(lines)
}

fn head(name: &str, value: &Value) -> String {
    let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
    match value {
        Value::Object(fields) => format!("{name}{{{}}}", fields.len()),
        Value::Array(items) => format!("{name}[{}]", items.len()),
        other => format!("{name}{other}"),
    }
}

fn children(value: &Value, indent: &str, lines: &mut Vec<String>) {
    let named: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(number, value)| (number.to_string(), value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    };
    let last = named.len().saturating_sub(1);
    for (number, (name, value)) in named.into_iter().enumerate() {
        let (branch, below) = if number == last { ("└ ", "  ") } else { ("├ ", "│ ") };
        lines.push(format!("{indent}{branch}{}", head(&name, value)));
        children(value, &format!("{indent}{below}"), lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_arrays_are_a_tree_and_everything_else_is_none() {
        let tree = lines(r#"{"tags": ["a", "日本"], "n": {"deep": null}, "empty": []}"#).unwrap().join("\n");
        assert_eq!(tree, "{3}\n├ tags: [2]\n│ ├ 0: \"a\"\n│ └ 1: \"日本\"\n├ n: {1}\n│ └ deep: null\n└ empty: [0]");
        for text in ["", "1", "\"x\"", "{1,2}", "[oops", "{\"a\": 1} x"] {
            assert_eq!(lines(text), None, "{text}");
        }
    }
}
