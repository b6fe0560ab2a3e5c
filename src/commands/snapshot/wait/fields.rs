//! Checks paths against the snapshot's schema: otherwise a condition on a nonexistent field would wait until the
//! timeout.

use super::super::report::SCHEMA;
use super::expression::{COUNT, Segment};
use crate::headless::dto::Snapshot;
use crate::headless::schema;
use crate::model::Source;
use crate::model::names::{list_names, nearest};
use serde_json::Value;

/// An error message and a hint.
pub(super) type ErrorAndHint = (String, String);

/// The kind of value that a path leads to, as far as the schema determines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of these words.
    Words(Vec<String>),
    Text,
    Number,
    /// A non-negative integer.
    Count,
    Truth,
    List,
    Fields,
    /// The schema does not determine it.
    Any,
}

/// Checks a path that starts with a field of the snapshot, and returns the kind of its value. Elements of lists may
/// have any name, because the elements are only known once the snapshot is read.
pub(super) fn check(segments: &[Segment]) -> Result<Kind, ErrorAndHint> {
    let root = schema::of::<Snapshot>(SCHEMA);
    let mut current = &root;
    let mut walked = String::new();
    for (number, segment) in segments.iter().enumerate() {
        let last = number + 1 == segments.len();
        let Some(shape) = shape(&root, current) else { return Ok(Kind::Any) };
        match (shape, segment) {
            (Shape::Fields(fields), Segment::Name(name) | Segment::Quoted(name)) => {
                let Some(next) = fields.get(name) else {
                    return Err(dotted(&segments[..number], name).unwrap_or_else(|| unknown(name, &walked, fields)));
                };
                current = next;
            }
            (Shape::Fields(fields), Segment::Index(place)) => return Err(unknown(&place.to_string(), &walked, fields)),
            (Shape::List(_), Segment::Name(name)) if last && name == COUNT => return Ok(Kind::Count),
            (Shape::List(_), Segment::Name(name)) if name == "*" => {
                return Err((
                    format!("no entry of `{walked}` is called `*`, and nothing is compared for all of them at once"),
                    format!("name each: `{walked}.ONE… and {walked}.OTHER…`; how many there are is `{walked}.{COUNT}`"),
                ));
            }
            (Shape::List(items), segment) => {
                // `services.running`: a field of the elements was used as an element's name.
                if let (Segment::Name(name), true, Some(Shape::Fields(fields))) =
                    (segment, last, self::shape(&root, items))
                    && fields.contains_key(name)
                {
                    return Err((
                        format!("`{walked}` is a list, and `{name}` is a field of its entries"),
                        format!("name the entry: `{walked}.NAME.{name}`; one that is called so: `{walked}.\"{name}\"`"),
                    ));
                }
                current = items;
            }
            (Shape::Plain, segment) => {
                let name = match segment {
                    Segment::Name(name) | Segment::Quoted(name) => name.clone(),
                    Segment::Index(place) => format!("[{place}]"),
                };
                return Err((
                    format!("`{walked}` has no `{name}`: it is a single value"),
                    "a name with a dot in it is written in quotation marks: sources.\"ecs.services\".status".to_owned(),
                ));
            }
        }
        if !walked.is_empty() {
            walked.push('.');
        }
        match segment {
            Segment::Name(name) | Segment::Quoted(name) => walked.push_str(name),
            Segment::Index(place) => walked.push_str(&place.to_string()),
        }
    }
    Ok(kind(&root, current))
}

/// Returns an error if a path of this kind can never equal this value. `exact` is set for `==` and `!=`, as opposed to
/// comparisons by order. `null` is always accepted.
pub(super) fn impossible_value(
    path: &str,
    kind: &Kind,
    value: &Value,
    (loose, exact): (bool, bool),
) -> Option<ErrorAndHint> {
    let is_count = |text: &str| text.parse::<f64>().is_ok_and(|number| number >= 0.0 && number.fract() == 0.0);
    let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let wrong = |what: &str, hint: &str| Some((format!("`{path}` is {what}, and never `{shown}`"), hint.to_owned()));
    match (kind, value) {
        (Kind::Any, _) | (_, Value::Null) | (Kind::Truth, Value::Bool(_)) | (Kind::Text, Value::String(_)) => None,
        (Kind::Words(words), Value::String(text)) if words.contains(text) => None,
        (Kind::Words(words), _) => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let near = nearest(&shown.to_lowercase(), words.iter().copied());
            let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            wrong("one of a few words", &format!("{near}there are: {}", list_names(&words)))
        }
        (Kind::Count, Value::String(text)) if loose && exact && !is_count(text) => {
            wrong("a whole number", "write one, from 0 on, or ask what is above or below")
        }
        (Kind::Number | Kind::Count, Value::String(_)) if loose => None,
        (Kind::Number | Kind::Count, Value::String(text)) if text.parse::<f64>().is_ok() => {
            wrong("a number", "a number is written without quotation marks")
        }
        (Kind::Number | Kind::Count, _) => wrong("a number", "compare it with a number, or with another path"),
        (Kind::Truth, _) => wrong("true or false", "write it alone, or behind `not`"),
        (Kind::Text, _) => wrong("a text", "write the text in quotation marks"),
        (Kind::List, _) => wrong("a list", &format!("its length is `{path}.{COUNT}`, an entry `{path}.NAME`")),
        (Kind::Fields, _) => wrong("an object", &format!("name one of its fields: `{path}.FIELD`")),
    }
}

/// Returns the kind of value that a schema describes.
fn kind(root: &Value, schema: &Value) -> Kind {
    if let Some(of) = schema["$ref"].as_str() {
        let found = of.strip_prefix('#').and_then(|place| root.pointer(place));
        return found.map_or(Kind::Any, |found| kind(root, found));
    }
    match shape(root, schema) {
        None => return Kind::Any,
        Some(Shape::Fields(_)) => return Kind::Fields,
        Some(Shape::List(_)) => return Kind::List,
        Some(Shape::Plain) => {}
    }
    let words = |all: Vec<&Value>| -> Option<Vec<String>> {
        let words: Option<Vec<String>> = all.into_iter().map(|word| word.as_str().map(str::to_owned)).collect();
        words.filter(|words| !words.is_empty())
    };
    if let Some(words) =
        schema["enum"].as_array().and_then(|all| words(all.iter().filter(|one| !one.is_null()).collect()))
    {
        return Kind::Words(words);
    }
    for several in ["anyOf", "oneOf"] {
        let parts = schema[several].as_array().into_iter().flatten().filter(|part| part["type"] != "null");
        let parts: Vec<&Value> = parts.collect();
        match parts[..] {
            [] => {}
            [only] if only.get("const").is_none() => return kind(root, only),
            _ => {
                let has_values = |part: &&Value| part.get("const").is_some() || part.get("enum").is_some();
                if !parts.iter().all(has_values) {
                    return Kind::Any;
                }
                let values = parts.iter().flat_map(|part| match part["enum"].as_array() {
                    Some(all) => all.iter().collect(),
                    None => vec![&part["const"]],
                });
                return words(values.collect()).map_or(Kind::Any, Kind::Words);
            }
        }
    }
    let has_type = |name: &str| match &schema["type"] {
        Value::Array(types) => types.iter().filter(|one| *one != "null").all(|one| one == name),
        one => one == name,
    };
    if schema.get("const").is_some() || has_type("string") {
        Kind::Text
    } else if has_type("boolean") {
        Kind::Truth
    } else if has_type("integer") && schema["minimum"] == 0 {
        Kind::Count
    } else if has_type("integer") || has_type("number") {
        Kind::Number
    } else {
        Kind::Any
    }
}

/// Explains `sources.ecs.services.status`: a name with dots was parsed as an element and its fields.
fn dotted(before: &[Segment], name: &str) -> Option<ErrorAndHint> {
    let [Segment::Name(list), Segment::Name(first)] = before else { return None };
    let full_name = format!("{first}.{name}");
    let known = list == "sources" && Source::ALL.iter().any(|source| source.name() == full_name);
    let hint = format!("the dot is part of the name: {list}.\"{full_name}\"");
    known.then(|| (format!("`{list}.{first}` has no field `{name}`"), format!("{hint}, in quotation marks")))
}

fn unknown(name: &str, walked: &str, fields: &serde_json::Map<String, Value>) -> ErrorAndHint {
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let near = nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    (format!("`{walked}` has no field `{name}`"), format!("{near}there are: {}", list_names(&names)))
}

enum Shape<'a> {
    Fields(&'a serde_json::Map<String, Value>),
    List(&'a Value),
    Plain,
}

/// Returns the shape that a schema describes; `None` if the schema does not determine it.
fn shape<'a>(root: &'a Value, schema: &'a Value) -> Option<Shape<'a>> {
    if let Some(reference) = schema["$ref"].as_str() {
        return shape(root, root.pointer(reference.strip_prefix('#')?)?);
    }
    if let Some(fields) = schema["properties"].as_object() {
        return Some(Shape::Fields(fields));
    }
    if schema.get("items").is_some() {
        return Some(Shape::List(&schema["items"]));
    }
    for several in ["anyOf", "oneOf"] {
        // A union of `null` and one other type: the other type.
        let parts = schema[several].as_array().into_iter().flatten().filter(|part| part["type"] != "null");
        let parts: Vec<&Value> = parts.collect();
        match parts[..] {
            [] => {}
            [only] => return shape(root, only),
            _ if parts.iter().all(|part| part.get("const").is_some()) => return Some(Shape::Plain),
            _ => return None,
        }
    }
    let plain = |name: &Value| ["string", "integer", "number", "boolean"].iter().any(|plain| *name == **plain);
    match &schema["type"] {
        Value::String(_) if plain(&schema["type"]) => Some(Shape::Plain),
        Value::Array(types) if types.iter().all(|name| plain(name) || name == "null") => Some(Shape::Plain),
        _ => None,
    }
}
