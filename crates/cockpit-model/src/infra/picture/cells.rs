//! Lines as box-drawing characters.

use super::layout::Layout;
use std::collections::{BTreeMap, HashMap};

const UP: u8 = 1;
const DOWN: u8 = 2;
const LEFT: u8 = 4;
const RIGHT: u8 = 8;

/// A cell of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stroke {
    /// Its column.
    pub x: usize,
    /// Its row.
    pub y: usize,
    /// Its character.
    pub sign: char,
    /// Whether it belongs to an edge between two marked boxes.
    pub marked: bool,
}

/// Returns the cells of all lines, sorted by row and column.
pub fn strokes(layout: &Layout, marked: impl Fn((usize, usize)) -> bool) -> Vec<Stroke> {
    let mut found: BTreeMap<(usize, usize), (HashMap<usize, u8>, bool)> = BTreeMap::new();
    for line in &layout.lines {
        let mark = marked(line.edge);
        for (at, cell) in line.cells.iter().enumerate() {
            let mut bits = 0;
            let beside = [at.checked_sub(1), Some(at + 1)].map(|at| at.and_then(|at| line.cells.get(at)));
            for (number, other) in beside.into_iter().enumerate() {
                bits |= match other {
                    Some(other) => side(*cell, *other),
                    // The ends of a line are next to boxes.
                    None => [LEFT, RIGHT][number],
                };
            }
            let (owners, any) = found.entry((cell.1, cell.0)).or_default();
            *owners.entry(line.edge.0).or_default() |= bits;
            *any |= mark;
        }
    }
    let ends: std::collections::HashSet<(usize, usize)> =
        layout.lines.iter().filter_map(|line| line.cells.last().copied()).collect();
    let stroke = |((y, x), (owners, marked)): ((usize, usize), (HashMap<usize, u8>, bool))| {
        let sign = if ends.contains(&(x, y)) { '▶' } else { sign(&owners) };
        Stroke { x, y, sign, marked }
    };
    found.into_iter().map(stroke).collect()
}

fn side(from: (usize, usize), to: (usize, usize)) -> u8 {
    match (to.0.cmp(&from.0), to.1.cmp(&from.1)) {
        (std::cmp::Ordering::Less, _) => LEFT,
        (std::cmp::Ordering::Greater, _) => RIGHT,
        (_, std::cmp::Ordering::Less) => UP,
        (_, std::cmp::Ordering::Greater) => DOWN,
        _ => 0,
    }
}

/// Returns the character of a cell. Crossing lines of different boxes do not join: the vertical one passes over the
/// other.
fn sign(owners: &HashMap<usize, u8>) -> char {
    let joined = owners.values().fold(0, |joined, bits| joined | bits);
    let has_vertical = owners.values().any(|bits| *bits == UP | DOWN);
    let all_straight = owners.values().all(|bits| *bits == UP | DOWN || *bits == LEFT | RIGHT);
    if owners.len() > 1 && has_vertical && all_straight {
        return '│';
    }
    match joined {
        bits if bits & (UP | DOWN) == 0 => '─',
        bits if bits & (LEFT | RIGHT) == 0 => '│',
        bits if bits == DOWN | RIGHT => '┌',
        bits if bits == DOWN | LEFT => '┐',
        bits if bits == UP | RIGHT => '└',
        bits if bits == UP | LEFT => '┘',
        bits if bits == UP | DOWN | RIGHT => '├',
        bits if bits == UP | DOWN | LEFT => '┤',
        bits if bits == DOWN | LEFT | RIGHT => '┬',
        bits if bits == UP | LEFT | RIGHT => '┴',
        _ => '┼',
    }
}
