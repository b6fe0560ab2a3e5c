//! Evaluates a condition with three possible results: true, false, and not known.

use crate::model::names;

use super::expression::{COUNT, Node, Operand, Operator, Path, Segment};
use serde_json::Value;
use std::cmp::Ordering;

/// The result of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// True, false, or `None`: not known.
    pub result: Option<bool>,
    /// The paths of the condition with their values, in the order of the text, each once.
    pub values: Vec<PathValue>,
}

/// A path of a condition with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct PathValue {
    /// The path as it was written.
    pub path: String,
    /// The value; `None` if it does not exist or is not known.
    pub value: Option<Value>,
}

impl Verdict {
    /// Whether the condition certainly holds.
    pub fn holds(&self) -> bool {
        self.result == Some(true)
    }

    /// Lists the values for the error after a timeout: `services.web.running is 1, services.web.desired is 2`.
    pub fn describe_values(&self) -> String {
        let one = |seen: &PathValue| match &seen.value {
            None => format!("{} is not there, or not known now", seen.path),
            Some(Value::Null) => format!("{} is not known (null)", seen.path),
            Some(Value::Array(all)) => format!("{} has {} entries", seen.path, all.len()),
            Some(Value::Object(_)) => format!("{} is an object", seen.path),
            Some(value) => format!("{} is {value}", seen.path),
        };
        self.values.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

pub(super) fn evaluate(node: &Node, snapshot: &Value) -> Verdict {
    let mut seen = Vec::new();
    let known = answer(node, snapshot, &mut seen);
    Verdict { result: known, values: seen }
}

fn answer(node: &Node, snapshot: &Value, seen: &mut Vec<PathValue>) -> Option<bool> {
    match node {
        // All parts are evaluated, so that the error after a timeout can list each path.
        Node::Or(all) => combine(&all.iter().map(|node| answer(node, snapshot, seen)).collect::<Vec<_>>(), true),
        Node::And(all) => combine(&all.iter().map(|node| answer(node, snapshot, seen)).collect::<Vec<_>>(), false),
        Node::Not(inside) => answer(inside, snapshot, seen).map(|known| !known),
        Node::Truth(operand) => value(operand, snapshot, seen)?.as_bool(),
        Node::Compare(left, operator, right) => {
            let (a, b) = (value(left, snapshot, seen), value(right, snapshot, seen));
            compare(&a?, *operator, &b?, loose(left) || loose(right), is_null(left) || is_null(right))
        }
    }
}

/// Whether the node can evaluate to `to` at all while some paths stay unknown, whatever the other values are.
pub(super) fn can_become(node: &Node, to: bool, unknown: &dyn Fn(&Path) -> bool) -> bool {
    let known = |operand: &Operand| !matches!(operand, Operand::Path(path) if unknown(path));
    match node {
        // A disjunction needs one true part; it is false only if all parts are.
        Node::Or(all) if to => all.iter().any(|node| can_become(node, to, unknown)),
        Node::And(all) if !to => all.iter().any(|node| can_become(node, to, unknown)),
        Node::Or(all) | Node::And(all) => all.iter().all(|node| can_become(node, to, unknown)),
        Node::Not(inside) => can_become(inside, !to, unknown),
        Node::Truth(operand) => known(operand),
        Node::Compare(left, _, right) => known(left) && known(right),
    }
}

/// Returns the paths in a condition.
pub(super) fn paths(node: &Node) -> Vec<&Path> {
    fn of(operand: &Operand) -> Option<&Path> {
        match operand {
            Operand::Path(path) => Some(path),
            Operand::Literal { .. } => None,
        }
    }
    match node {
        Node::Or(all) | Node::And(all) => all.iter().flat_map(paths).collect(),
        Node::Not(inside) => paths(inside),
        Node::Truth(operand) => of(operand).into_iter().collect(),
        Node::Compare(left, _, right) => of(left).into_iter().chain(of(right)).collect(),
    }
}

/// Combines answers with three-valued logic: `decisive` decides alone, else an unknown answer leaves the result
/// unknown.
fn combine(answers: &[Option<bool>], decisive: bool) -> Option<bool> {
    if answers.contains(&Some(decisive)) {
        Some(decisive)
    } else if answers.contains(&None) {
        None
    } else {
        Some(!decisive)
    }
}

fn loose(operand: &Operand) -> bool {
    matches!(operand, Operand::Literal { loose: true, .. })
}

fn is_null(operand: &Operand) -> bool {
    matches!(operand, Operand::Literal { value: Value::Null, .. })
}

fn value(operand: &Operand, snapshot: &Value, seen: &mut Vec<PathValue>) -> Option<Value> {
    match operand {
        Operand::Literal { value, .. } => Some(value.clone()),
        Operand::Path(path) => {
            let value = find(path, snapshot);
            if !seen.iter().any(|one| one.path == path.text) {
                seen.push(PathValue { path: path.text.clone(), value: value.clone() });
            }
            value
        }
    }
}

fn find(path: &Path, snapshot: &Value) -> Option<Value> {
    let mut value = snapshot;
    for (number, segment) in path.segments.iter().enumerate() {
        value = match (value, segment) {
            (Value::Object(fields), Segment::Name(name) | Segment::Quoted(name)) => fields.get(name)?,
            (Value::Array(all), Segment::Index(place)) => all.get(*place)?,
            (Value::Array(all), Segment::Name(name)) if name == COUNT && number + 1 == path.segments.len() => {
                return Some(all.len().into());
            }
            (Value::Array(all), Segment::Name(name) | Segment::Quoted(name)) => element(all, name)?,
            (Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => return None,
        };
    }
    Some(value.clone())
}

/// The fields by which an element can be found, in this order.
const NAMES: [&str; 6] = ["name", "short", "id", "where", "service", "severity"];

/// Returns the element with that name, short name or id, or the only one whose name contains these words.
pub(super) fn element<'a>(all: &'a [Value], segment: &str) -> Option<&'a Value> {
    for field in NAMES {
        let mut same = all.iter().filter(|one| one.get(field).and_then(Value::as_str) == Some(segment));
        // Of several elements with the same name, only an index selects one.
        if let (Some(found), None) = (same.next(), same.next()) {
            return Some(found);
        }
    }
    ["name", "id"].iter().find_map(|field| {
        let called = |one: &'a Value| one.get(field).and_then(Value::as_str);
        let names: Vec<&str> = all.iter().filter_map(called).collect();
        let found = names::find(segment, &names).ok()?;
        let mut same = all.iter().filter(|one| called(one) == Some(found));
        // Of several elements with the same name, only an index selects one.
        same.next().filter(|_| same.next().is_none())
    })
}

fn compare(a: &Value, operator: Operator, b: &Value, loose: bool, asks_null: bool) -> Option<bool> {
    if asks_null {
        let same = a.is_null() && b.is_null();
        return match operator {
            Operator::Equal => Some(same),
            Operator::Unequal => Some(!same),
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => None,
        };
    }
    // `null` means not known: it is neither equal nor unequal to anything.
    if a.is_null() || b.is_null() {
        return None;
    }
    let number = |value: &Value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if loose => text.parse().ok(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let both_text = match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    };
    let numeric = || number(a)?.partial_cmp(&number(b)?);
    let order = if loose { numeric().or(both_text) } else { both_text.or_else(numeric) };
    match operator {
        Operator::Equal => Some(order.map_or(a == b, |order| order == Ordering::Equal)),
        Operator::Unequal => Some(order.map_or(a != b, |order| order != Ordering::Equal)),
        Operator::Less => order.map(|order| order == Ordering::Less),
        Operator::LessOrEqual => order.map(|order| order != Ordering::Greater),
        Operator::Greater => order.map(|order| order == Ordering::Greater),
        Operator::GreaterOrEqual => order.map(|order| order != Ordering::Less),
    }
}
