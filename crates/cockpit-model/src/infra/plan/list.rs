//! Matching of the elements of two lists.

use super::sides::Node;

/// Longer lists are compared by position, because the work grows with the product of both lengths.
const MAX_LENGTH: usize = 400;

/// Two matching elements, or one without a counterpart.
pub(super) type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

/// Pairs the elements: equal ones by the longest common subsequence, then those between them by `name`, then in order
/// if both are maps.
pub(super) fn pairs<'a>(before: &'a [Node<'a>], after: &'a [Node<'a>]) -> Vec<Pair<'a, Node<'a>>> {
    let mut out = Vec::new();
    for (left, right) in gaps(before, after) {
        match (left, right) {
            ([before], [after]) if before == after => out.push((Some(before), Some(after))),
            _ => between(left, right, &mut out),
        }
    }
    out
}

/// Pairs the elements between two equal ones: by their name or, if both are maps, in order.
fn between<'a>(before: &'a [Node<'a>], after: &'a [Node<'a>], out: &mut Vec<Pair<'a, Node<'a>>>) {
    let mut taken = vec![false; after.len()];
    let named = before.iter().chain(after).any(|node| name(node).is_some());
    for (at, left) in before.iter().enumerate() {
        let other = if named {
            name(left).and_then(|own| after.iter().position(|right| name(right) == Some(own)))
        } else {
            after.get(at).filter(|right| matches!((left, *right), (Node::Map(_), Node::Map(_)))).map(|_| at)
        };
        let other = other.filter(|other| !taken[*other]);
        if let Some(other) = other {
            taken[other] = true;
        }
        out.push((Some(left), other.map(|other| &after[other])));
    }
    out.extend(after.iter().zip(taken).filter(|(_, taken)| !taken).map(|(right, _)| (None, Some(right))));
}

/// Returns the identifying name of an object, as of containers and variables in a task definition.
fn name<'a>(node: &'a Node<'_>) -> Option<&'a str> {
    const NAMES: &[&str] = &["name", "Name", "Sid", "sid", "key", "Key"];
    let Node::Map(parts) = node else { return None };
    let part = NAMES.iter().find_map(|name| parts.iter().find(|(part, _)| part == name));
    part.and_then(|(_, node)| if let Node::Scalar(text) = node { Some(text.as_str()) } else { None })
}

/// Returns consecutive slices of both lists: one equal element on each side, or the elements between two such pairs.
pub(super) fn gaps<'a, T: PartialEq>(before: &'a [T], after: &'a [T]) -> Vec<(&'a [T], &'a [T])> {
    let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let tail = before[same..].iter().rev().zip(after[same..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (left, right) = (&before[same..before.len() - tail], &after[same..after.len() - tail]);
    let mut out: Vec<(&[T], &[T])> = (0..same).map(|at| (&before[at..=at], &after[at..=at])).collect();
    if left.len() <= MAX_LENGTH && right.len() <= MAX_LENGTH {
        common(left, right, &mut out);
    } else {
        let places = left.len().max(right.len());
        let at = |list: &'a [T], place: usize| list.get(place..=place).unwrap_or_default();
        out.extend((0..places).map(|place| (at(left, place), at(right, place))));
    }
    let (left, right) = (&before[before.len() - tail..], &after[after.len() - tail..]);
    out.extend((0..tail).map(|at| (&left[at..=at], &right[at..=at])));
    out
}

/// Computes the longest common subsequence.
fn common<'a, T: PartialEq>(left: &'a [T], right: &'a [T], out: &mut Vec<(&'a [T], &'a [T])>) {
    let row_length = right.len() + 1;
    let mut lengths = vec![0_u32; (left.len() + 1) * row_length];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            lengths[i * row_length + j] = if left[i] == right[j] {
                lengths[(i + 1) * row_length + j + 1] + 1
            } else {
                lengths[(i + 1) * row_length + j].max(lengths[i * row_length + j + 1])
            };
        }
    }
    let (mut i, mut j, mut from) = (0, 0, (0, 0));
    while i < left.len() && j < right.len() {
        if left[i] == right[j] {
            if from != (i, j) {
                out.push((&left[from.0..i], &right[from.1..j]));
            }
            out.push((&left[i..=i], &right[j..=j]));
            (i, j) = (i + 1, j + 1);
            from = (i, j);
        } else if lengths[(i + 1) * row_length + j] >= lengths[i * row_length + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    if from != (left.len(), right.len()) {
        out.push((&left[from.0..], &right[from.1..]));
    }
}
