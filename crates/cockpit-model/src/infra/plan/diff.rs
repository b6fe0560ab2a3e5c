//! The differences between the values before and after a change, by attribute.

use super::list;
use super::secret::Secrets;
use super::show::Delta;
use super::sides::{Masks, Node, node, quoted};
use super::types::{Attribute, ContainerKind, ValueChange};
use serde_json::Value;

/// The differences between two values.
#[derive(Debug, Default)]
pub(super) struct Diff {
    /// The changed attributes.
    pub attributes: Vec<Attribute>,
    /// Number of unchanged attributes.
    pub unchanged: u64,
}

/// Returns the changed attributes of a resource.
pub(super) fn of(delta: &Delta, secrets: &Secrets) -> Diff {
    let (before, after) = sides(delta, secrets);
    match (&before, &after) {
        (Node::Null | Node::Map(_), Node::Null | Node::Map(_)) => {
            marked(maps(map(&before), map(&after)), &delta.replace_paths)
        }
        // The whole resource is sensitive or unknown.
        _ => Diff { attributes: value(None, &before, &after).into_iter().collect(), unchanged: 0 },
    }
}

/// Returns the change of an output; `None` if it is unchanged.
pub(super) fn of_value(name: &str, delta: &Delta, secrets: &Secrets) -> Option<Attribute> {
    let (before, after) = sides(delta, secrets);
    value(Some(name.to_owned()), &before, &after)
}

fn sides<'a>(delta: &'a Delta, secrets: &Secrets) -> (Node<'a>, Node<'a>) {
    static KNOWN: Value = Value::Null;
    let before = Masks { sensitive: &delta.before_sensitive, unknown: &KNOWN };
    let after = Masks { sensitive: &delta.after_sensitive, unknown: &delta.after_unknown };
    // A sensitive output is masked on both sides, even if there was no value before.
    let only = |action: &str| delta.actions.len() == 1 && delta.actions[0] == action;
    let before = if only("create") { Node::Null } else { node(&delta.before, before, secrets) };
    let after = if only("delete") { Node::Null } else { node(&delta.after, after, secrets) };
    (before, after)
}

/// Marks the attributes that force a replacement.
fn marked(mut diff: Diff, paths: &[Vec<Value>]) -> Diff {
    for path in paths {
        force(&mut diff.attributes, path);
    }
    diff
}

fn force(attributes: &mut [Attribute], path: &[Value]) {
    let Some(Value::String(first)) = path.first() else { return };
    let Some(found) = attributes.iter_mut().find(|attribute| attribute.name.as_deref() == Some(first)) else { return };
    let deeper = path.get(1).is_some_and(Value::is_string);
    match &mut found.shown {
        ValueChange::Parts { of: ContainerKind::Map, parts, .. } if deeper => force(parts, &path[1..]),
        _ => found.forces = true,
    }
}

/// Returns the change of a value; `None` if it is unchanged.
fn value(name: Option<String>, before: &Node<'_>, after: &Node<'_>) -> Option<Attribute> {
    if before == after {
        return None;
    }
    let shown = shown(before, after);
    Some(Attribute { name, shown, forces: false })
}

fn shown(before: &Node<'_>, after: &Node<'_>) -> ValueChange {
    if before.is_secret() || after.is_secret() {
        return masked(before, after);
    }
    if let Some((holder, diff)) = parts(before, after) {
        let sign = match (before, after) {
            (Node::Null, _) => '+',
            (_, Node::Null) => '-',
            _ => '~',
        };
        return ValueChange::Parts { of: holder, sign, parts: diff.attributes, unchanged: diff.unchanged };
    }
    match (before, after) {
        (Node::Null, after) => ValueChange::Added { after: after.line() },
        (before, Node::Null) => ValueChange::Removed { before: before.line() },
        (before, after) => ValueChange::Changed { before: before.line(), after: after.line() },
    }
}

/// Masks both sides if either is sensitive, because the values may be the same.
fn masked(before: &Node<'_>, after: &Node<'_>) -> ValueChange {
    const SENSITIVE: &str = super::secret::SENSITIVE;
    let hidden = |node: &Node<'_>| {
        if matches!(node, Node::Unknown) { node.line() } else { SENSITIVE.to_owned() }
    };
    match (before, after) {
        (Node::Null, after) => ValueChange::Added { after: hidden(after) },
        (before, Node::Null) => ValueChange::Removed { before: hidden(before) },
        (before, after) => ValueChange::Changed { before: hidden(before), after: hidden(after) },
    }
}

/// Compares the parts of two values of the same kind; one side may be null.
fn parts(before: &Node<'_>, after: &Node<'_>) -> Option<(ContainerKind, Diff)> {
    match (before, after) {
        (Node::Null, Node::Map(after)) => Some((ContainerKind::Map, maps(&[], after))).filter(|_| !after.is_empty()),
        (Node::Map(before), Node::Null) => Some((ContainerKind::Map, maps(before, &[]))).filter(|_| !before.is_empty()),
        (Node::Map(before), Node::Map(after)) => Some((ContainerKind::Map, maps(before, after))),
        (Node::Null, Node::List(after)) => Some((ContainerKind::List, lists(&[], after))).filter(|_| !after.is_empty()),
        (Node::List(before), Node::Null) => {
            Some((ContainerKind::List, lists(before, &[]))).filter(|_| !before.is_empty())
        }
        (Node::List(before), Node::List(after)) => Some((ContainerKind::List, lists(before, after))),
        (Node::Null, Node::Json(_, after)) => parts(&Node::Null, after).map(|(_, diff)| (ContainerKind::Json, diff)),
        (Node::Json(_, before), Node::Null) => parts(before, &Node::Null).map(|(_, diff)| (ContainerKind::Json, diff)),
        (Node::Json(_, before), Node::Json(_, after)) => {
            // A difference only in whitespace or order gives no parts, and is reported as such.
            parts(before, after).map(|(_, diff)| (ContainerKind::Json, diff))
        }
        (Node::Text(before), Node::Text(after)) => Some((ContainerKind::Text, texts(before, after))),
        _ => None,
    }
}

fn map<'a, 'b>(node: &'b Node<'a>) -> &'b [(String, Node<'a>)] {
    if let Node::Map(parts) = node { parts } else { &[] }
}

/// Compares two maps, both sorted by name.
fn maps(before: &[(String, Node<'_>)], after: &[(String, Node<'_>)]) -> Diff {
    let mut diff = Diff::default();
    let (mut i, mut j) = (0, 0);
    while i < before.len() || j < after.len() {
        let name = match (before.get(i), after.get(j)) {
            (Some(left), Some(right)) => left.0.as_str().min(&right.0),
            (Some(only), None) | (None, Some(only)) => &only.0,
            (None, None) => break,
        };
        let left = before.get(i).filter(|part| part.0 == name);
        let right = after.get(j).filter(|part| part.0 == name);
        i += usize::from(left.is_some());
        j += usize::from(right.is_some());
        let (left, right) = (left.map_or(&Node::Null, |part| &part.1), right.map_or(&Node::Null, |part| &part.1));
        match value(Some(name.to_owned()), left, right) {
            Some(attribute) => diff.attributes.push(attribute),
            // A value that is null on both sides does not count as unchanged.
            None => diff.unchanged += u64::from(!left.is_null()),
        }
    }
    diff
}

fn lists(before: &[Node<'_>], after: &[Node<'_>]) -> Diff {
    let mut diff = Diff::default();
    for (left, right) in list::pairs(before, after) {
        match value(None, left.unwrap_or(&Node::Null), right.unwrap_or(&Node::Null)) {
            Some(attribute) => diff.attributes.push(attribute),
            None => diff.unchanged += 1,
        }
    }
    diff
}

fn texts(before: &str, after: &str) -> Diff {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut diff = Diff::default();
    for (left, right) in list::gaps(&before, &after) {
        if left == right {
            diff.unchanged += left.len() as u64;
            continue;
        }
        let line = |shown| Attribute { name: None, shown, forces: false };
        diff.attributes.extend(left.iter().map(|text| line(ValueChange::Removed { before: quoted(text) })));
        diff.attributes.extend(right.iter().map(|text| line(ValueChange::Added { after: quoted(text) })));
    }
    diff
}
