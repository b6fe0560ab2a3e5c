//! Plans as table rows: figures beside the tree, with marks on what stands out. One plan, or two side by side.

use super::explain::{Pair, Plan, compare, count, milliseconds};

/// A row of the tree: a node with its columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    /// The branches of the tree and the label: `│ └ Seq Scan on t`.
    pub tree: String,
    /// The time including children; if the plan was not run, the total cost.
    pub time: String,
    /// The node's own time; empty if the plan was not run.
    pub own: String,
    /// The share of the total time, from 0 to 1.
    pub share: f64,
    /// Rows per loop; empty if it was not run.
    pub rows: String,
    /// Estimated rows.
    pub estimated: String,
    /// The marks: `slowest`, `estimate 500× off`, `3 times`, `never run`.
    pub marks: Vec<String>,
    /// Whether it has the most time of its own.
    pub slowest: bool,
    /// Whether it has the worst row estimate.
    pub misestimated: bool,
}

/// Returns a plan as rows, one per node.
pub fn lines(plan: &Plan) -> Vec<Line> {
    let branches = branches(plan);
    let total: f64 = plan.nodes.iter().filter_map(|node| node.measured).map(|real| real.own).sum();
    let mut lines = Vec::with_capacity(plan.nodes.len());
    for (at, (node, branch)) in plan.nodes.iter().zip(branches).enumerate() {
        let mut line = Line {
            tree: branch + &node.label,
            time: format!("{:.2}", node.cost.1),
            estimated: count(node.estimated),
            slowest: plan.slowest == Some(at),
            misestimated: plan.misestimated == Some(at),
            ..Line::default()
        };
        if let Some(real) = node.measured {
            line.time = milliseconds(real.total);
            line.own = milliseconds(real.own);
            line.share = if total > 0.0 { real.own / total } else { 0.0 };
            line.rows = count(real.rows);
            if real.loops == 0.0 {
                (line.time, line.own, line.rows) = (String::new(), String::new(), String::new());
                line.marks.push("never run".to_owned());
            } else if real.loops > 1.0 {
                line.marks.push(format!("{} times", count(real.loops)));
            }
            if real.temporary > 0 {
                line.marks.push(format!("{} temporary blocks", count(real.temporary as f64)));
            }
        }
        if line.slowest {
            line.marks.push("slowest".to_owned());
        }
        if line.misestimated {
            line.marks.push(format!("estimate {}× off", count(node.error().unwrap_or(1.0).round())));
        }
        lines.push(line);
    }
    lines
}

/// Returns the branches before each node, from its depth and the nodes after it.
fn branches(plan: &Plan) -> Vec<String> {
    // From the end: whether the current parent has another child at this depth further down.
    let mut later: Vec<bool> = Vec::new();
    let mut branches: Vec<String> = Vec::with_capacity(plan.nodes.len());
    for node in plan.nodes.iter().rev() {
        later.resize(node.depth + 1, false);
        let mut branch = String::new();
        for goes_on in later.iter().take(node.depth).skip(1) {
            branch.push_str(if *goes_on { "│ " } else { "  " });
        }
        if node.depth > 0 {
            branch.push_str(if later[node.depth] { "├ " } else { "└ " });
        }
        later[node.depth] = true;
        branches.push(branch);
    }
    branches.reverse();
    branches
}

/// Returns all details of a node, as lines.
pub fn node_details(plan: &Plan, at: usize) -> Vec<String> {
    let Some(node) = plan.nodes.get(at) else { return Vec::new() };
    let mut about = vec![format!("{}  {}", node.label, plan.figures(at))];
    if let Some(real) = node.measured.filter(|real| real.hit + real.read > 0) {
        let (hit, read) = (count(real.hit as f64), count(real.read as f64));
        about.push(format!("Buffers: {hit} blocks from memory, {read} read"));
    }
    if node.measured.is_some() {
        about.push(format!("Cost: {:.2}..{:.2}", node.cost.0, node.cost.1));
    }
    about.extend(node.details.iter().cloned());
    about
}

/// Summarizes a plan: execution and planning times, triggers.
pub fn summary(plan: &Plan) -> String {
    let mut parts = Vec::new();
    parts.extend(plan.execution.map(|time| format!("execution {}", milliseconds(time))));
    parts.extend(plan.planning.map(|time| format!("planning {}", milliseconds(time))));
    parts.extend(plan.jit.map(|time| format!("JIT {}", milliseconds(time))));
    for (name, calls, time) in &plan.triggers {
        parts.push(format!("trigger {name} {} ({calls}×)", milliseconds(*time)));
    }
    if parts.is_empty() { "not run: costs alone".to_owned() } else { parts.join(" · ") }
}

/// Returns two plans side by side: each row has the node of the first plan, of the second, or both.
pub fn aligned(before: &Plan, after: &Plan) -> Vec<(Option<Line>, Option<Line>)> {
    let (first, second) = (lines(before), lines(after));
    let line = |of: &[Line], at: Option<usize>| at.and_then(|at| of.get(at).cloned());
    let pairs = compare(before, after).into_iter();
    pairs.map(|Pair { before, after }| (line(&first, before), line(&second, after))).collect()
}

/// Compares two plans in words: by execution time, or by cost if one was not run.
pub fn comparison(before: &Plan, after: &Plan) -> String {
    let change = |what: &str, was: f64, is: f64, shown: (String, String)| {
        let words = if was <= 0.0 || is <= 0.0 || (was / is - 1.0).abs() < 0.05 {
            "about the same".to_owned()
        } else if was > is {
            format!("{} times less", count((was / is * 10.0).round() / 10.0))
        } else {
            format!("{} times more", count((is / was * 10.0).round() / 10.0))
        };
        format!("{what} {} → {}: {words}", shown.0, shown.1)
    };
    if let (Some(was), Some(is)) = (before.execution, after.execution) {
        return change("execution", was, is, (milliseconds(was), milliseconds(is)));
    }
    let cost = |plan: &Plan| plan.nodes.first().map_or(0.0, |node| node.cost.1);
    let (was, is) = (cost(before), cost(after));
    change("cost", was, is, (format!("{was:.2}"), format!("{is:.2}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::explain::{Measurements, Node};

    fn plan(nodes: &[(usize, &str, f64)]) -> Plan {
        let node = |(depth, label, own): &(usize, &str, f64)| Node {
            depth: *depth,
            label: (*label).to_owned(),
            cost: (0.0, 9.5),
            estimated: 10.0,
            measured: Some(Measurements { rows: 10.0, loops: 1.0, total: *own, own: *own, ..Measurements::default() }),
            changes: None,
            details: Vec::new(),
            stopped: false,
        };
        Plan { nodes: nodes.iter().map(node).collect(), execution: Some(8.0), ..Plan::default() }
    }

    #[test]
    fn tree_branches_end_at_the_last_child() {
        let plan = plan(&[
            (0, "Sort", 1.0),
            (1, "Join", 1.0),
            (2, "Scan a", 4.0),
            (2, "Hash", 0.0),
            (3, "Scan b", 2.0),
            (1, "Other", 0.0),
            (2, "Last", 0.0),
        ]);
        let trees: Vec<String> = lines(&plan).into_iter().map(|line| line.tree).collect();
        assert_eq!(trees, ["Sort", "├ Join", "│ ├ Scan a", "│ └ Hash", "│   └ Scan b", "└ Other", "  └ Last"]);
        let share: f64 = lines(&plan).iter().map(|line| line.share).sum();
        assert!((share - 1.0).abs() < 1e-9, "{share}");
    }

    #[test]
    fn slow_and_misestimated_nodes_are_marked() {
        let mut plan = plan(&[(0, "Join", 1.0), (1, "Scan", 7.0), (1, "Index", 0.0)]);
        plan.slowest = Some(1);
        plan.misestimated = Some(1);
        plan.nodes[1].measured =
            Some(Measurements { rows: 5000.0, loops: 3.0, own: 7.0, total: 7.0, ..Measurements::default() });
        plan.nodes[2].measured = Some(Measurements::default());
        let lines = lines(&plan);
        assert_eq!(lines[1].marks, ["3 times", "slowest", "estimate 500× off"]);
        assert_eq!((lines[2].marks.join(""), lines[2].rows.as_str()), ("never run".to_owned(), ""));
        assert_eq!(summary(&plan), "execution 8.00 ms");
    }

    #[test]
    fn plan_that_was_not_run_shows_costs() {
        let mut plan = plan(&[(0, "Scan", 1.0)]);
        (plan.nodes[0].measured, plan.execution) = (None, None);
        let lines = lines(&plan);
        assert_eq!((lines[0].time.as_str(), lines[0].own.as_str(), lines[0].rows.as_str()), ("9.50", "", ""));
        assert_eq!(summary(&plan), "not run: costs alone");
    }

    #[test]
    fn two_plans_are_aligned_and_compared() {
        let before = plan(&[(0, "Join", 1.0), (1, "Seq Scan", 7.0)]);
        let mut after = plan(&[(0, "Join", 1.0), (1, "Index Scan", 1.0)]);
        after.execution = Some(2.0);
        let pairs = aligned(&before, &after);
        let names = |line: &Option<Line>| line.as_ref().map(|line| line.tree.clone()).unwrap_or_default();
        let rows: Vec<(String, String)> = pairs.iter().map(|(a, b)| (names(a), names(b))).collect();
        assert_eq!(
            rows,
            [
                ("Join".to_owned(), "Join".to_owned()),
                ("└ Seq Scan".to_owned(), String::new()),
                (String::new(), "└ Index Scan".to_owned())
            ]
        );
        assert_eq!(comparison(&before, &after), "execution 8.00 ms → 2.00 ms: 4 times less");
        assert_eq!(comparison(&after, &before), "execution 2.00 ms → 8.00 ms: 4 times more");
        after.execution = None;
        assert_eq!(comparison(&before, &after), "cost 9.50 → 9.50: about the same");
    }
}
