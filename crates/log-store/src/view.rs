//! The lines shown: those that match a filter and are not muted. Kept per block and updated in steps, newest first, so that a
//! changed filter shows its first lines at once and never blocks.

use crate::block::{Block, mark};
use crate::filter::Filter;
use crate::search::Search;
use crate::shape::{self, Shape};
use crate::store::{Pos, Store};
use std::collections::{HashMap, HashSet};

/// The rule that decides which lines are shown.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// Shows only lines that match this filter.
    pub filter: Filter,
    /// Hides lines with these patterns.
    pub muted: HashSet<Shape>,
    /// Shows only lines that match this search, too.
    pub search: Option<Search>,
    /// Hides streams of these services.
    pub hidden: HashSet<String>,
}

impl Rule {
    /// Returns whether all lines are shown.
    pub fn shows_all(&self) -> bool {
        self.filter.is_empty() && self.muted.is_empty() && self.search.is_none() && self.hidden.is_empty()
    }
}

#[derive(Debug, Clone, Default)]
struct Part {
    version: u32,
    seen: usize,
    rows: Vec<u16>,
}

/// The lines that match a rule.
#[derive(Debug, Clone, Default)]
pub struct View {
    rule: Rule,
    parts: HashMap<u64, Part>,
    /// Cumulative counts up to the end of each block, in the order of the store.
    sums: Vec<usize>,
    behind: usize,
}

impl View {
    /// Returns a view with this rule.
    pub fn new(rule: Rule) -> Self {
        Self { rule, ..Self::default() }
    }

    /// Returns the rule.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }

    /// Sets another rule, which discards all results.
    pub fn set(&mut self, rule: Rule) {
        *self = Self::new(rule);
    }

    /// Examines up to `budget` unexamined rows, newest first. Returns whether all rows are examined.
    pub fn update(&mut self, store: &Store, budget: usize) -> bool {
        let blocks = store.blocks();
        self.sums.clear();
        if self.rule.shows_all() {
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
                examine(&self.rule, store, n, block, part);
            }
        }
        if self.parts.len() > blocks.len() + 64 {
            let existing: HashSet<u64> = blocks.iter().map(|block| block.id).collect();
            self.parts.retain(|id, _| existing.contains(id));
        }
        let mut sum = 0;
        for block in blocks {
            sum += self.parts.get(&block.id).map_or(0, |part| part.rows.len());
            self.sums.push(sum);
        }
        self.behind == 0
    }

    /// Returns the number of rows not yet examined.
    pub fn unexamined(&self) -> usize {
        self.behind
    }

    /// Returns the number of lines shown.
    pub fn len(&self) -> usize {
        self.sums.last().copied().unwrap_or(0)
    }

    /// Returns whether no line is shown.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the position in the store of the n-th line shown.
    pub fn nth(&self, store: &Store, n: usize) -> Option<Pos> {
        let block = self.sums.partition_point(|sum| *sum <= n);
        if block >= self.sums.len() {
            return None;
        }
        let within = n - block.checked_sub(1).map_or(0, |before| self.sums[before]);
        if self.rule.shows_all() {
            return Some(Pos { block, row: within });
        }
        let part = self.parts.get(&store.blocks().get(block)?.id)?;
        part.rows.get(within).map(|row| Pos { block, row: usize::from(*row) })
    }

    /// Returns the number of shown lines before a position.
    pub fn rank(&self, store: &Store, pos: Pos) -> usize {
        let before = pos.block.checked_sub(1).and_then(|n| self.sums.get(n)).copied().unwrap_or(0);
        if self.rule.shows_all() {
            return before + pos.row;
        }
        let part = store.blocks().get(pos.block).and_then(|block| self.parts.get(&block.id));
        before + part.map_or(0, |part| part.rows.partition_point(|row| usize::from(*row) < pos.row))
    }

    /// Counts the shown lines in equal sections of `other`'s list, as marks for a scroll bar.
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
            // A block is a small part of the bar, so one line stands for all of it; with few blocks each line is counted.
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

/// Examines the new rows of a block.
fn examine(rule: &Rule, store: &Store, n: usize, block: &Block, part: &mut Part) {
    let begin = part.seen;
    part.seen = block.len();
    let found = rule.search.as_ref().map(|search| {
        let mut rows = Vec::new();
        search.rows(block, begin, &mut rows);
        rows
    });
    // Whether the last line of a stream that is not a continuation passes; its trace is shown with it.
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
            // A trace is shown with its error; a frame that passes by itself is shown without it, too.
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
    // Gaps are never hidden by a filter.
    if line.is(mark::GAP | mark::SAMPLED) {
        return true;
    }
    rule.filter.matches(&line)
        && (rule.muted.is_empty() || !rule.muted.contains(&shape::shape(&crate::fields::message(line.text, line.kind))))
}
