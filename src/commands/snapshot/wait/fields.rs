//! Whether a path can be one of the snapshot's, by its schema: a field that no snapshot has would be waited for
//! until the time is up.

use super::super::report::SCHEMA;
use super::expression::{COUNT, Segment};
use crate::headless::dto::Snapshot;
use crate::headless::schema;
use crate::model::Source;
use crate::model::names::{listed, nearest};
use serde_json::Value;

/// What is wrong with a path, and what would be right.
pub(super) type Wrong = (String, String);

/// Checks a path that begins with a field of the snapshot. Elements of lists have any name: which there are is
/// only known when it is read.
pub(super) fn check(segments: &[Segment]) -> Result<(), Wrong> {
    let root = schema::of::<Snapshot>(SCHEMA);
    let mut here = &root;
    let mut walked = String::new();
    for (number, segment) in segments.iter().enumerate() {
        let last = number + 1 == segments.len();
        let Some(shape) = shape(&root, here) else { return Ok(()) };
        match (shape, segment) {
            (Shape::Fields(fields), Segment::Name(name) | Segment::Quoted(name)) => {
                let Some(next) = fields.get(name) else {
                    return Err(dotted(&segments[..number], name).unwrap_or_else(|| unknown(name, &walked, fields)));
                };
                here = next;
            }
            (Shape::Fields(fields), Segment::Place(place)) => return Err(unknown(&place.to_string(), &walked, fields)),
            (Shape::List(_), Segment::Name(name)) if last && name == COUNT => return Ok(()),
            (Shape::List(items), segment) => {
                // `services.running`: a field of its elements, and no name of one.
                if let (Segment::Name(name), true, Some(Shape::Fields(fields))) =
                    (segment, last, self::shape(&root, items))
                    && fields.contains_key(name)
                {
                    return Err((
                        format!("`{walked}` is a list, and `{name}` is a field of its entries"),
                        format!("name the entry: `{walked}.NAME.{name}`; one that is called so: `{walked}.\"{name}\"`"),
                    ));
                }
                here = items;
            }
            (Shape::Plain, segment) => {
                let name = match segment {
                    Segment::Name(name) | Segment::Quoted(name) => name.clone(),
                    Segment::Place(place) => format!("[{place}]"),
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
            Segment::Place(place) => walked.push_str(&place.to_string()),
        }
    }
    Ok(())
}

/// `sources.ecs.services.status`: a name with dots that was taken for an entry and its fields.
fn dotted(before: &[Segment], name: &str) -> Option<Wrong> {
    let [Segment::Name(list), Segment::Name(first)] = before else { return None };
    let whole = format!("{first}.{name}");
    let known = list == "sources" && Source::ALL.iter().any(|source| source.name() == whole);
    let hint = format!("the dot is part of the name: {list}.\"{whole}\"");
    known.then(|| (format!("`{list}.{first}` has no field `{name}`"), format!("{hint}, in quotation marks")))
}

fn unknown(name: &str, walked: &str, fields: &serde_json::Map<String, Value>) -> Wrong {
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    let near = nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    (format!("`{walked}` has no field `{name}`"), format!("{near}there are: {}", listed(&names)))
}

enum Shape<'a> {
    Fields(&'a serde_json::Map<String, Value>),
    List(&'a Value),
    Plain,
}

/// What a schema describes; none where it says too little to judge.
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
        // `null` or something: that something.
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
