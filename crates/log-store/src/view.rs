//! Which lines are shown: those that pass a filter and are not muted. Kept by block and brought up to
//! date piece by piece, newest first, so that a change of the filter shows its first lines at once and
//! never holds anything up.

use crate::block::{Block, mark};
use crate::filter::Filter;
use crate::search::Search;
use crate::shape::{self, Shape};
use crate::store::{Pos, Store};
use std::collections::{HashMap, HashSet};

/// The rule that decides which lines are shown.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// Only lines that pass this filter.
    pub filter: Filter,
    /// Patterns that are not shown.
    pub muted: HashSet<Shape>,
    /// Only lines that have this too.
    pub search: Option<Search>,
    /// Streams' services that are not shown, by name.
    pub hidden: HashSet<String>,
}

impl Rule {
    /// Whether all lines pass.
    pub fn is_open(&self) -> bool {
        self.filter.is_empty() && self.muted.is_empty() && self.search.is_none() && self.hidden.is_empty()
    }
}

#[derive(Debug, Clone, Default)]
struct Part {
    version: u32,
    seen: usize,
    rows: Vec<u16>,
}

/// The lines that pass a rule.
#[derive(Debug, Clone, Default)]
pub struct View {
    rule: Rule,
    parts: HashMap<u64, Part>,
    /// Counts up to the end of each block, in the order of the store.
    sums: Vec<usize>,
    behind: usize,
}

impl View {
    /// A view of the lines that pass the rule.
    pub fn new(rule: Rule) -> Self {
        Self { rule, ..Self::default() }
    }

    /// The rule that lines pass.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Another rule; what was known is forgotten.
    pub fn set(&mut self, rule: Rule) {
        *self = Self::new(rule);
    }

    /// Examines up to `budget` rows that are not known yet, newest first. Returns whether all are known now.
    pub fn update(&mut self, store: &Store, budget: usize) -> bool {
        let blocks = store.blocks();
        self.sums.clear();
        if self.rule.is_open() {
            let mut sum = 0;
            self.sums.extend(blocks.iter().map(|block| {
                sum += block.len();
                sum
            }));
            self.behind = 0;
            return true;
        }
        let mut left = budget;
        self.behind = 0;
        for (n, block) in blocks.iter().enumerate().rev() {
            let part = self.parts.entry(block.id).or_insert_with(|| Part { version: block.version, ..Part::default() });
            if part.version != block.version {
                *part = Part { version: block.version, ..Part::default() };
            }
            if part.seen < block.len() {
                if left == 0 {
                    self.behind += block.len() - part.seen;
                    continue;
                }
                left = left.saturating_sub(block.len() - part.seen);
                look(&self.rule, store, n, block, part);
            }
        }
        if self.parts.len() > blocks.len() + 64 {
            let there: HashSet<u64> = blocks.iter().map(|block| block.id).collect();
            self.parts.retain(|id, _| there.contains(id));
        }
        let mut sum = 0;
        for block in blocks {
            sum += self.parts.get(&block.id).map_or(0, |part| part.rows.len());
            self.sums.push(sum);
        }
        self.behind == 0
    }

    /// Rows that were not looked at yet.
    pub fn behind(&self) -> usize {
        self.behind
    }

    /// How many lines are shown.
    pub fn len(&self) -> usize {
        self.sums.last().copied().unwrap_or(0)
    }

    /// Whether no line passes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place in the store of the n-th line that is shown.
    pub fn nth(&self, store: &Store, n: usize) -> Option<Pos> {
        let block = self.sums.partition_point(|sum| *sum <= n);
        if block >= self.sums.len() {
            return None;
        }
        let within = n - block.checked_sub(1).map_or(0, |before| self.sums[before]);
        if self.rule.is_open() {
            return Some(Pos { block, row: within });
        }
        let part = self.parts.get(&store.blocks().get(block)?.id)?;
        part.rows.get(within).map(|row| Pos { block, row: usize::from(*row) })
    }

    /// How many shown lines stand before a place.
    pub fn rank(&self, store: &Store, pos: Pos) -> usize {
        let before = pos.block.checked_sub(1).and_then(|n| self.sums.get(n)).copied().unwrap_or(0);
        if self.rule.is_open() {
            return before + pos.row;
        }
        let part = store.blocks().get(pos.block).and_then(|block| self.parts.get(&block.id));
        before + part.map_or(0, |part| part.rows.partition_point(|row| usize::from(*row) < pos.row))
    }

    /// How many lines are shown in each of some equal stretches of the list: marks for a scroll bar.
    pub fn marks(&self, other: &View, store: &Store, bins: usize) -> Vec<u32> {
        let mut out = vec![0; bins];
        let total = other.len();
        if total == 0 || bins == 0 {
            return out;
        }
        for n in 0..self.sums.len() {
            let count = self.sums[n] - n.checked_sub(1).map_or(0, |before| self.sums[before]);
            if count == 0 {
                continue;
            }
            // A block is a small part of a bar: its middle stands for it, its ends for few blocks.
            let few = self.sums.len() < bins * 2;
            let from = self.sums[n] - count;
            let step = if few { 1 } else { count };
            for k in (from..self.sums[n]).step_by(step.max(1)).take(512) {
                if let Some(pos) = self.nth(store, k) {
                    let bin = other.rank(store, pos) * bins / total;
                    out[bin.min(bins - 1)] += if few { 1 } else { count as u32 };
                }
            }
        }
        out
    }
}

/// Looks at the rows of a block that are not known yet.
fn look(rule: &Rule, store: &Store, n: usize, block: &Block, part: &mut Part) {
    let begin = part.seen;
    part.seen = block.len();
    let found = rule.search.as_ref().map(|search| {
        let mut rows = Vec::new();
        search.rows(block, begin, &mut rows);
        rows
    });
    // Whether the last line of a stream that stands by itself passes: its trace goes with it.
    let mut heads: HashMap<u32, bool> = HashMap::new();
    let narrow = !rule.filter.is_empty() || !rule.muted.is_empty() || !rule.hidden.is_empty();
    let mut found = found.as_deref().map(|rows| rows.iter().copied().peekable());
    for row in begin..block.len() {
        let searched = match &mut found {
            None => true,
            Some(rows) => rows.next_if_eq(&(row as u16)).is_some(),
        };
        if !narrow {
            if searched {
                part.rows.push(row as u16);
            }
            continue;
        }
        let marks = block.marks(row);
        let stream = block.stream(row);
        let passes = if marks & mark::CONTINUES != 0 {
            // A trace goes with its error; a frame that passes is shown without it, too.
            *heads.entry(stream).or_insert_with(|| {
                let head = store.head(Pos { block: n, row });
                passes(rule, store, head)
            }) || passes(rule, store, Pos { block: n, row })
        } else {
            let passes = passes(rule, store, Pos { block: n, row });
            heads.insert(stream, passes);
            passes
        };
        if passes && searched {
            part.rows.push(row as u16);
        }
    }
}

fn passes(rule: &Rule, store: &Store, pos: Pos) -> bool {
    let Some(line) = store.line(pos) else { return false };
    if !rule.hidden.is_empty() && rule.hidden.contains(&line.source.service) {
        return false;
    }
    // What is missing is never hidden by a filter.
    if line.is(mark::GAP | mark::SAMPLED) {
        return true;
    }
    rule.filter.matches(&line)
        && (rule.muted.is_empty() || !rule.muted.contains(&shape::shape(&crate::fields::message(line.text, line.kind))))
}
