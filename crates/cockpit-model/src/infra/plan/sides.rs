//! One side of a change, before or after: its values, with sensitive and unknown ones replaced.

use super::secret::{SENSITIVE, Secrets};
use serde_json::Value;

/// The replacement for an unknown value, in Terraform's own words.
pub(super) const UNKNOWN: &str = "(known after apply)";

/// A value or its replacement.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    /// No value.
    Null,
    /// A value that is known only after the apply.
    Unknown,
    /// A sensitive value, which may be compared but never printed.
    Secret(&'a Value),
    /// A number, a boolean or a text of one line.
    Scalar(String),
    /// A text of several lines.
    Text(&'a str),
    /// A text that contains JSON, and the parsed value.
    Json(&'a str, Box<Node<'static>>),
    /// An object or a map.
    Map(Vec<(String, Node<'a>)>),
    /// A list, a set or a tuple.
    List(Vec<Node<'a>>),
}

/// The masks of one side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Masks<'a> {
    pub sensitive: &'a Value,
    pub unknown: &'a Value,
}

static NOTHING: Value = Value::Null;

impl<'a> Masks<'a> {
    /// Returns the masks of a part.
    fn part(self, name: &str) -> Self {
        let of = |mask: &'a Value| mask.get(name).unwrap_or(&NOTHING);
        Self { sensitive: of(self.sensitive), unknown: of(self.unknown) }
    }

    fn element(self, number: usize) -> Self {
        let of = |mask: &'a Value| mask.get(number).unwrap_or(&NOTHING);
        Self { sensitive: of(self.sensitive), unknown: of(self.unknown) }
    }
}

/// Applies masks to a value.
pub(super) fn node<'a>(value: &'a Value, masks: Masks<'a>, secrets: &Secrets) -> Node<'a> {
    if *masks.sensitive == Value::Bool(true) {
        return Node::Secret(value);
    }
    if *masks.unknown == Value::Bool(true) {
        return Node::Unknown;
    }
    match value {
        Value::Null => match (masks.unknown, masks.sensitive) {
            // Some of its parts are unknown; nothing else is known about it.
            (Value::Object(parts), _) if parts.values().any(marks_any) => parts_of(value, masks, secrets),
            (Value::Array(parts), _) if parts.iter().any(marks_any) => Node::Unknown,
            _ => Node::Null,
        },
        Value::String(text) => text_node(value, text, secrets),
        Value::Number(number) if secrets.has(number) => Node::Secret(value),
        Value::Bool(_) | Value::Number(_) => Node::Scalar(value.to_string()),
        Value::Array(parts) => {
            let known = parts.iter().enumerate().map(|(at, part)| node(part, masks.element(at), secrets));
            Node::List(known.collect())
        }
        Value::Object(_) => parts_of(value, masks, secrets),
    }
}

/// Returns the parts of an object: those with a value, and those that only occur in a mask.
fn parts_of<'a>(value: &'a Value, masks: Masks<'a>, secrets: &Secrets) -> Node<'a> {
    let mut parts: Vec<(String, Node<'a>)> = Vec::new();
    for (name, part) in value.as_object().into_iter().flatten() {
        parts.push((name.clone(), node(part, masks.part(name), secrets)));
    }
    for (name, mask) in masks.unknown.as_object().into_iter().flatten() {
        if marks_any(mask) && value.get(name).is_none() {
            parts.push((name.clone(), node(&NOTHING, masks.part(name), secrets)));
        }
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    Node::Map(parts)
}

/// Whether a mask marks anything.
fn marks_any(mask: &Value) -> bool {
    match mask {
        Value::Bool(marked) => *marked,
        Value::Array(parts) => parts.iter().any(marks_any),
        Value::Object(parts) => parts.values().any(marks_any),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

/// Converts a text: one line, several lines, or JSON, of which only the secrets are masked.
fn text_node<'a>(value: &'a Value, text: &'a str, secrets: &Secrets) -> Node<'a> {
    let has_secret = secrets.occurs_in(text);
    if text.starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str::<Value>(text)
        && (inner.is_object() || inner.is_array())
    {
        let mut masked = false;
        let inner = json_node(&inner, secrets, &mut masked);
        // The secret spans more than a single value, so mask the whole text.
        return if has_secret && !masked { Node::Secret(value) } else { Node::Json(text, Box::new(inner)) };
    }
    match text.trim_end_matches('\n').contains('\n') {
        _ if has_secret => Node::Secret(value),
        true => Node::Text(text),
        false => Node::Scalar(quoted(text)),
    }
}

/// Converts a parsed JSON text.
fn json_node(value: &Value, secrets: &Secrets, masked: &mut bool) -> Node<'static> {
    match value {
        Value::Number(number) if secrets.has(number) => {
            *masked = true;
            Node::Scalar(SENSITIVE.to_owned())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Node::Scalar(value.to_string()),
        Value::String(text) if secrets.occurs_in(text) => {
            *masked = true;
            Node::Scalar(SENSITIVE.to_owned())
        }
        Value::String(text) => Node::Scalar(quoted(text)),
        Value::Array(parts) => Node::List(parts.iter().map(|part| json_node(part, secrets, masked)).collect()),
        Value::Object(parts) => {
            let mut out: Vec<(String, Node<'static>)> = Vec::with_capacity(parts.len());
            for (name, part) in parts {
                *masked |= secrets.occurs_in(name);
                out.push((secrets.masked(name), json_node(part, secrets, masked)));
            }
            out.sort_by(|a, b| a.0.cmp(&b.0));
            Node::Map(out)
        }
    }
}

/// Quotes a text as Terraform does.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| String::from("\"\""))
}

impl Node<'_> {
    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Node::Null)
    }

    /// Returns the value in one line, masked.
    pub fn line(&self) -> String {
        match self {
            Node::Null => "null".to_owned(),
            Node::Unknown => UNKNOWN.to_owned(),
            Node::Secret(_) => SENSITIVE.to_owned(),
            Node::Scalar(text) => text.clone(),
            Node::Text(text) => quoted(text),
            Node::Json(_, inner) => format!("jsonencode({})", inner.line()),
            Node::Map(parts) if parts.is_empty() => "{}".to_owned(),
            Node::Map(parts) => {
                let parts: Vec<String> = parts.iter().map(|(name, part)| format!("{name} = {}", part.line())).collect();
                format!("{{ {} }}", parts.join(", "))
            }
            Node::List(parts) => {
                let parts: Vec<String> = parts.iter().map(Node::line).collect();
                format!("[{}]", parts.join(", "))
            }
        }
    }

    /// Whether it is masked as a whole.
    pub fn is_secret(&self) -> bool {
        matches!(self, Node::Secret(_))
    }
}
