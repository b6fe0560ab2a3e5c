//! The plan of a statement, from `EXPLAIN (FORMAT JSON)`: a tree with each node's own time, estimated and actual rows, the
//! slowest node and the worst estimate marked. Also aligns two plans for comparison.

use super::token;
use crate::text::sanitize;
use serde_json::Value;
use std::fmt::Write as _;

/// Returns the statement that explains another one; `analyze` also runs it.
pub fn statement(of: &str, analyze: bool) -> String {
    if analyze {
        format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {of}")
    } else {
        format!("EXPLAIN (FORMAT JSON) {of}")
    }
}

/// Returns the statement to explain. If the text is an EXPLAIN already, that keyword and its options are removed.
pub fn subject(text: &str) -> &str {
    let words = token::significant_tokens(text);
    if !words.first().is_some_and(|first| first.is(text, "explain")) {
        return text;
    }
    let mut at = 1;
    if words.get(at).is_some_and(|word| word.kind == token::Kind::Opening) {
        let end = words.iter().position(|word| word.kind == token::Kind::Closing);
        at = end.map_or(words.len(), |end| end + 1);
    }
    let option = |word: &token::Token| ["analyze", "analyse", "verbose"].iter().any(|option| word.is(text, option));
    while words.get(at).is_some_and(option) {
        at += 1;
    }
    words.get(at).map_or(text, |word| &text[word.start..])
}

/// A plan of `EXPLAIN (FORMAT JSON)`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The nodes in display order.
    pub nodes: Vec<Node>,
    /// Planning time in milliseconds, if known.
    pub planning: Option<f64>,
    /// Execution time in milliseconds, if it was run.
    pub execution: Option<f64>,
    /// Milliseconds of JIT compilation, which belong to no node, if there was any.
    pub jit: Option<f64>,
    /// Triggers that fired: name, calls and milliseconds.
    pub triggers: Vec<(String, u64, f64)>,
    /// The node with the most time of its own.
    pub slowest: Option<usize>,
    /// The node with the worst row estimate, if it is off by a factor of ten or more.
    pub misestimated: Option<usize>,
}

/// A node of a plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// The depth in the tree; 0 is the root.
    pub depth: usize,
    /// The node's type and object: `Index Scan using i on t a`.
    pub label: String,
    /// Startup and total cost.
    pub cost: (f64, f64),
    /// Estimated rows per loop.
    pub estimated: f64,
    /// The measured values, if it was run.
    pub measured: Option<Measurements>,
    /// Estimated number of rows that it changes, if it changes any.
    pub changes: Option<f64>,
    /// Further details, as printed by EXPLAIN: `Filter: (a > 1)`.
    pub details: Vec<String>,
    /// Whether a `LIMIT` above may have stopped it early, so that fewer rows than estimated are no estimation error.
    pub stopped: bool,
}

/// The measurements of a node that was run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measurements {
    /// Actual rows per loop.
    pub rows: f64,
    /// Number of loops; 0 means it never ran.
    pub loops: f64,
    /// Milliseconds, including its children.
    pub total: f64,
    /// Milliseconds, excluding its children.
    pub own: f64,
    /// Number of 8 KiB blocks found in the cache.
    pub hit: u64,
    /// Number of blocks read.
    pub read: u64,
    /// Number of blocks of temporary files, read and written.
    pub temporary: u64,
}

impl Node {
    /// Returns the factor by which the row estimate is wrong: 10 means ten times too few or too many. `None` if the node was
    /// not run.
    pub fn error(&self) -> Option<f64> {
        let real = self.measured.filter(|real| real.loops > 0.0)?;
        let (estimated, rows) = (self.estimated.max(1.0), real.rows.max(1.0));
        if self.stopped && rows < estimated {
            return None;
        }
        Some(if rows > estimated { rows / estimated } else { estimated / rows })
    }
}

/// The error factor from which an estimate is bad.
const BAD: f64 = 10.0;
/// The maximum depth of plans; deeper nodes are left out.
const DEEPEST: usize = 500;

/// Parses the result of EXPLAIN.
///
/// # Errors
/// The reason it is not such a result.
pub fn parse(json: &str) -> Result<Plan, String> {
    let value: Value = serde_json::from_str(json).map_err(|error| format!("the plan is not JSON: {error}"))?;
    let document = value.get(0).unwrap_or(&value);
    let root = document.get("Plan").ok_or("it contains no plan")?;
    let mut plan = Plan {
        planning: number(document, "Planning Time"),
        execution: number(document, "Execution Time"),
        jit: document.get("JIT").and_then(|jit| number(jit.get("Timing")?, "Total")),
        ..Plan::default()
    };
    for trigger in document.get("Triggers").and_then(Value::as_array).into_iter().flatten() {
        let name = trigger.get("Trigger Name").and_then(Value::as_str).unwrap_or("?");
        let calls = trigger.get("Calls").and_then(Value::as_u64).unwrap_or(0);
        plan.triggers.push((sanitize(name).into_owned(), calls, number(trigger, "Time").unwrap_or(0.0)));
    }
    add(&mut plan.nodes, root, 0, 1.0, false);
    plan.mark();
    Ok(plan)
}

fn number(value: &Value, name: &str) -> Option<f64> {
    value.get(name)?.as_f64()
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// Adds a node and its children; returns its total milliseconds. `workers` is the number of processes running it in parallel.
fn add(nodes: &mut Vec<Node>, value: &Value, depth: usize, workers: f64, stopped: bool) -> f64 {
    let place = nodes.len();
    let real = number(value, "Actual Total Time").map(|time| {
        let loops = number(value, "Actual Loops").unwrap_or(0.0);
        let blocks = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or(0);
        Measurements {
            rows: number(value, "Actual Rows").unwrap_or(0.0),
            loops,
            total: time * loops / workers,
            own: 0.0,
            hit: blocks("Shared Hit Blocks") + blocks("Local Hit Blocks"),
            read: blocks("Shared Read Blocks") + blocks("Local Read Blocks"),
            temporary: blocks("Temp Read Blocks") + blocks("Temp Written Blocks"),
        }
    });
    nodes.push(Node {
        depth,
        label: sanitize(&label(value)).into_owned(),
        cost: (number(value, "Startup Cost").unwrap_or(0.0), number(value, "Total Cost").unwrap_or(0.0)),
        estimated: number(value, "Plan Rows").unwrap_or(0.0),
        measured: real,
        changes: changes(value),
        details: more(value),
        stopped,
    });
    // The workers run at the same time, each on a part of the rows.
    let launched = number(value, "Workers Launched").map_or(workers, |launched| launched + 1.0);
    let mut below = 0.0;
    if depth < DEEPEST {
        for child in value.get("Plans").and_then(Value::as_array).into_iter().flatten() {
            below += add(nodes, child, depth + 1, launched, stops(value, child, stopped));
        }
    }
    let Some(real) = &mut nodes[place].measured else { return 0.0 };
    real.own = (real.total - below).max(0.0);
    real.total
}

/// Returns whether a child may stop before its rows are exhausted: below a `LIMIT`, unless a node in between reads all its
/// input first.
fn stops(value: &Value, child: &Value, stopped: bool) -> bool {
    let reads_all_input = match (text(value, "Node Type"), text(value, "Strategy")) {
        (Some("Limit"), _) => return true,
        (Some("Aggregate"), strategy) => strategy != Some("Sorted"),
        (kind, _) => matches!(kind, Some("Sort" | "Hash")),
    };
    let before = text(child, "Subplan Name").is_some_and(|name| !name.starts_with("CTE"));
    stopped && !reads_all_input && !before
}

/// Returns the rows that a node changes. Those are the rows of its input, which before PostgreSQL 14 is one plan per
/// partition; its own row count is the number of rows returned. Named subplans (`CTE a`, `SubPlan 1`) are not its input.
fn changes(value: &Value) -> Option<f64> {
    if text(value, "Node Type") != Some("ModifyTable") {
        return None;
    }
    let below = value.get("Plans").and_then(Value::as_array).into_iter().flatten();
    let gives = below.filter(|child| child.get("Subplan Name").is_none());
    Some(gives.filter_map(|child| number(child, "Plan Rows")).sum())
}

fn label(value: &Value) -> String {
    let mut label = String::new();
    if let Some(name) = text(value, "Subplan Name") {
        label.push_str(name);
        label.push_str(": ");
    }
    if value.get("Parallel Aware").and_then(Value::as_bool) == Some(true) {
        label.push_str("Parallel ");
    }
    let kind = text(value, "Node Type").unwrap_or("?");
    match (kind, text(value, "Strategy"), text(value, "Operation"), text(value, "Join Type")) {
        ("Aggregate", Some("Hashed"), ..) => label.push_str("HashAggregate"),
        ("Aggregate", Some("Sorted"), ..) => label.push_str("GroupAggregate"),
        ("Aggregate", Some("Mixed"), ..) => label.push_str("MixedAggregate"),
        ("ModifyTable", _, Some(operation), _) => label.push_str(operation),
        (kind, _, _, Some(join)) if join != "Inner" => {
            let (first, last) = kind.rsplit_once(' ').unwrap_or((kind, ""));
            let before = if last == "Join" { first } else { kind };
            let _ = write!(label, "{before} {join} Join");
        }
        _ => label.push_str(kind),
    }
    if let Some(index) = text(value, "Index Name") {
        let word = if kind == "Bitmap Index Scan" { "on" } else { "using" };
        let _ = write!(label, " {word} {index}");
    }
    let object =
        ["Relation Name", "Function Name", "CTE Name", "Table Function Name"].iter().find_map(|name| text(value, name));
    if let Some(object) = object {
        let _ = write!(label, " on {object}");
        if let Some(alias) = text(value, "Alias").filter(|alias| *alias != object) {
            let _ = write!(label, " {alias}");
        }
    }
    label
}

/// The details shown for a node besides its figures, in this order.
const MORE: &[&str] = &[
    "Sort Key",
    "Presorted Key",
    "Group Key",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Index Cond",
    "Recheck Cond",
    "Filter",
    "One-Time Filter",
    "Rows Removed by Filter",
    "Rows Removed by Join Filter",
    "Rows Removed by Index Recheck",
    "Heap Fetches",
    "Exact Heap Blocks",
    "Lossy Heap Blocks",
    "Sort Method",
    "Sort Space Used",
    "Sort Space Type",
    "Hash Batches",
    "Peak Memory Usage",
    "Disk Usage",
    "Workers Planned",
    "Workers Launched",
    "Cache Hits",
    "Cache Misses",
    "Subplans Removed",
    "Conflict Resolution",
    "Tuples Inserted",
    "Conflicting Tuples",
];

fn more(value: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for name in MORE {
        let shown = match value.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(parts)) => parts
                .iter()
                .map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned))
                .collect::<Vec<_>>()
                .join(", "),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        // Leave out figures that have their usual value.
        let usual = match *name {
            "Hash Batches" => shown == "1",
            _ => name.starts_with("Rows Removed") && shown == "0",
        };
        if !usual {
            lines.push(format!("{name}: {}", sanitize(&shown)));
        }
    }
    lines
}

impl Plan {
    fn mark(&mut self) {
        let slowest = self.nodes.iter().enumerate().filter_map(|(at, node)| Some((at, node.measured?.own)));
        self.slowest = slowest.filter(|(_, own)| *own > 0.0).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at);
        let wrong = self.nodes.iter().enumerate().filter_map(|(at, node)| Some((at, node.error()?)));
        self.misestimated =
            wrong.filter(|(_, error)| *error >= BAD).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at);
    }

    /// Returns the estimated number of rows that a statement changes, including the parts in a `WITH`. `None` if no part
    /// changes any.
    pub fn rows_touched(&self) -> Option<f64> {
        let changes: Vec<f64> = self.nodes.iter().filter_map(|node| node.changes).collect();
        (!changes.is_empty()).then(|| changes.iter().sum())
    }

    /// Returns the tree as text, with a line per node and per detail.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let indent = "  ".repeat(node.depth);
            let _ = writeln!(text, "{indent}{}  {}", node.label, self.figures(at));
            for line in &node.details {
                let _ = writeln!(text, "{indent}    {line}");
            }
        }
        for (name, calls, time) in &self.triggers {
            let _ = writeln!(text, "Trigger {name}: {calls} calls, {}", milliseconds(*time));
        }
        if let Some(time) = self.jit {
            let _ = writeln!(text, "JIT: {}", milliseconds(time));
        }
        if let Some(time) = self.planning {
            let _ = writeln!(text, "Planning: {}", milliseconds(time));
        }
        if let Some(time) = self.execution {
            let _ = writeln!(text, "Execution: {}", milliseconds(time));
        }
        text
    }

    /// Returns the figures of a node with their marks.
    pub fn figures(&self, at: usize) -> String {
        let Some(node) = self.nodes.get(at) else { return String::new() };
        let Some(real) = node.measured else {
            return format!("cost {:.2}..{:.2}, {} rows", node.cost.0, node.cost.1, count(node.estimated));
        };
        if real.loops == 0.0 {
            return "never run".into();
        }
        let mut parts = vec![
            format!("{} ({} itself)", milliseconds(real.total), milliseconds(real.own)),
            format!("{} rows of {} estimated", count(real.rows), count(node.estimated)),
        ];
        if real.loops > 1.0 {
            parts.push(format!("{} times", count(real.loops)));
        }
        if real.read > 0 {
            parts.push(format!("{} of {} blocks read", real.read, real.hit + real.read));
        }
        if real.temporary > 0 {
            parts.push(format!("{} temporary blocks", real.temporary));
        }
        if self.slowest == Some(at) {
            parts.push("slowest".into());
        }
        if self.misestimated == Some(at) {
            parts.push(format!("estimate {}× off", count(node.error().unwrap_or(1.0))));
        }
        parts.join(", ")
    }
}

/// Formats milliseconds for people.
pub fn milliseconds(time: f64) -> String {
    if time >= 1_000.0 { format!("{:.2} s", time / 1_000.0) } else { format!("{time:.2} ms") }
}

/// Formats a number of rows, with thousands separators.
pub fn count(number: f64) -> String {
    if number.fract().abs() < 0.005 || number >= 100.0 {
        super::format::cell::grouped(&format!("{number:.0}"))
    } else {
        format!("{number:.2}")
    }
}

/// An aligned pair of nodes of two plans: the same node in both, or one that only one plan has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The index of the node in the first plan.
    pub before: Option<usize>,
    /// The index of the node in the second plan.
    pub after: Option<usize>,
}

/// Aligns two plans: nodes with the same depth and label share a line, in the order of both plans.
pub fn compare(before: &Plan, after: &Plan) -> Vec<Pair> {
    let (a, b) = (&before.nodes, &after.nodes);
    let same = |i: usize, j: usize| (a[i].depth, &a[i].label) == (b[j].depth, &b[j].label);
    // Longest common subsequence. Plans have hundreds of nodes at most; larger ones are listed one after the other.
    if a.len().saturating_mul(b.len()) > 4_000_000 {
        let first = (0..a.len()).map(|at| Pair { before: Some(at), after: None });
        return first.chain((0..b.len()).map(|at| Pair { before: None, after: Some(at) })).collect();
    }
    let mut length = vec![vec![0_u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            length[i][j] = if same(i, j) { length[i + 1][j + 1] + 1 } else { length[i + 1][j].max(length[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < a.len() || j < b.len() {
        let pair = if i < a.len() && j < b.len() && same(i, j) {
            Pair { before: Some(i), after: Some(j) }
        } else if j >= b.len() || (i < a.len() && length[i + 1][j] >= length[i][j + 1]) {
            Pair { before: Some(i), after: None }
        } else {
            Pair { before: None, after: Some(j) }
        };
        i += usize::from(pair.before.is_some());
        j += usize::from(pair.after.is_some());
        pairs.push(pair);
    }
    pairs
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
