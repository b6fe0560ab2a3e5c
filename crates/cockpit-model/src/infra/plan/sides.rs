//! One side of a change, before or after: its values with what is masked and what is not known yet in their places.

use super::secret::{SENSITIVE, Secrets};
use serde_json::Value;

/// Terraform's own words.
pub(super) const UNKNOWN: &str = "(known after apply)";

/// A value, or what stands for it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    /// It is not there.
    Null,
    /// It is known after the apply.
    Unknown,
    /// It is sensitive. What it is may be compared, and never printed.
    Secret(&'a Value),
    /// A number, a truth value or a text of one line.
    Scalar(String),
    /// A text of several lines.
    Text(&'a str),
    /// A text that is JSON, and what it says.
    Json(&'a str, Box<Node<'static>>),
    /// An object or a map.
    Map(Vec<(String, Node<'a>)>),
    /// A list, a set or a tuple.
    List(Vec<Node<'a>>),
}

/// Masks of a side.
#[derive(Debug, Clone, Copy)]
pub(super) struct Masks<'a> {
    pub sensitive: &'a Value,
    pub unknown: &'a Value,
}

static NOTHING: Value = Value::Null;

impl<'a> Masks<'a> {
    /// The masks of a part.
    fn part(self, name: &str) -> Self {
        let of = |mask: &'a Value| mask.get(name).unwrap_or(&NOTHING);
        Self { sensitive: of(self.sensitive), unknown: of(self.unknown) }
    }

    fn element(self, number: usize) -> Self {
        let of = |mask: &'a Value| mask.get(number).unwrap_or(&NOTHING);
        Self { sensitive: of(self.sensitive), unknown: of(self.unknown) }
    }
}

/// A value under its masks.
pub(super) fn node<'a>(value: &'a Value, masks: Masks<'a>, secrets: &Secrets) -> Node<'a> {
    if *masks.sensitive == Value::Bool(true) {
        return Node::Secret(value);
    }
    if *masks.unknown == Value::Bool(true) {
        return Node::Unknown;
    }
    match value {
        Value::Null => match (masks.unknown, masks.sensitive) {
            // Parts of it are known later, and nothing else of it is told.
            (Value::Object(parts), _) if parts.values().any(holds) => parts_of(value, masks, secrets),
            (Value::Array(parts), _) if parts.iter().any(holds) => Node::Unknown,
            _ => Node::Null,
        },
        Value::String(text) => written(value, text, secrets),
        Value::Number(number) if secrets.has(number) => Node::Secret(value),
        Value::Bool(_) | Value::Number(_) => Node::Scalar(value.to_string()),
        Value::Array(parts) => {
            let known = parts.iter().enumerate().map(|(at, part)| node(part, masks.element(at), secrets));
            Node::List(known.collect())
        }
        Value::Object(_) => parts_of(value, masks, secrets),
    }
}

/// The parts of an object: those with a value, and those that only a mask names.
fn parts_of<'a>(value: &'a Value, masks: Masks<'a>, secrets: &Secrets) -> Node<'a> {
    let mut parts: Vec<(String, Node<'a>)> = Vec::new();
    for (name, part) in value.as_object().into_iter().flatten() {
        parts.push((name.clone(), node(part, masks.part(name), secrets)));
    }
    for (name, mask) in masks.unknown.as_object().into_iter().flatten() {
        if holds(mask) && value.get(name).is_none() {
            parts.push((name.clone(), node(&NOTHING, masks.part(name), secrets)));
        }
    }
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    Node::Map(parts)
}

/// Whether a mask marks anything.
fn holds(mask: &Value) -> bool {
    match mask {
        Value::Bool(marked) => *marked,
        Value::Array(parts) => parts.iter().any(holds),
        Value::Object(parts) => parts.values().any(holds),
        Value::Null | Value::Number(_) | Value::String(_) => false,
    }
}

/// A text: of one line, of several, or JSON, of which only what is secret in it is masked.
fn written<'a>(value: &'a Value, text: &'a str, secrets: &Secrets) -> Node<'a> {
    let holds = secrets.within(text);
    if text.starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str::<Value>(text)
        && (inner.is_object() || inner.is_array())
    {
        let mut masked = false;
        let inner = said(&inner, secrets, &mut masked);
        // A secret that is not one of its texts is one with its brackets.
        return if holds && !masked { Node::Secret(value) } else { Node::Json(text, Box::new(inner)) };
    }
    match text.trim_end_matches('\n').contains('\n') {
        _ if holds => Node::Secret(value),
        true => Node::Text(text),
        false => Node::Scalar(quoted(text)),
    }
}

/// The value of a JSON text.
fn said(value: &Value, secrets: &Secrets, masked: &mut bool) -> Node<'static> {
    match value {
        Value::Number(number) if secrets.has(number) => {
            *masked = true;
            Node::Scalar(SENSITIVE.to_owned())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Node::Scalar(value.to_string()),
        Value::String(text) if secrets.within(text) => {
            *masked = true;
            Node::Scalar(SENSITIVE.to_owned())
        }
        Value::String(text) => Node::Scalar(quoted(text)),
        Value::Array(parts) => Node::List(parts.iter().map(|part| said(part, secrets, masked)).collect()),
        Value::Object(parts) => {
            let mut out: Vec<(String, Node<'static>)> = Vec::with_capacity(parts.len());
            for (name, part) in parts {
                *masked |= secrets.within(name);
                out.push((secrets.masked(name), said(part, secrets, masked)));
            }
            out.sort_by(|a, b| a.0.cmp(&b.0));
            Node::Map(out)
        }
    }
}

/// A text as Terraform writes it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_else(|_| String::from("\"\""))
}

impl Node<'_> {
    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Node::Null)
    }

    /// The value in one line, masked.
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
