//! Graph algorithms: layers, critical path, and transitive reduction.

use std::collections::{BTreeSet, VecDeque};

/// Returns the layer of each node, which is after all its dependencies. Edges that close a cycle are ignored.
pub fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let (mut waits, mut next) = (vec![0_usize; count], vec![Vec::new(); count]);
    for (from, to) in edges.iter().filter(|(from, to)| from != to && *from < count && *to < count) {
        waits[*to] += 1;
        next[*from].push(*to);
    }
    let mut layer = vec![0; count];
    let mut done = vec![false; count];
    let mut ready: VecDeque<usize> = (0..count).filter(|at| waits[*at] == 0).collect();
    let mut next_unchecked = 0;
    loop {
        let Some(at) = ready.pop_front() else {
            // A cycle: treat its first node as if it had no more dependencies.
            while next_unchecked < count && done[next_unchecked] {
                next_unchecked += 1;
            }
            if next_unchecked == count {
                return layer;
            }
            ready.push_back(next_unchecked);
            continue;
        };
        if std::mem::replace(&mut done[at], true) {
            continue;
        }
        for to in &next[at] {
            if !done[*to] {
                layer[*to] = layer[*to].max(layer[at] + 1);
                waits[*to] -= 1;
                if waits[*to] == 0 {
                    ready.push_back(*to);
                }
            }
        }
    }
}

/// Returns the nodes of the longest path from its start, given the duration of each node.
pub fn critical(count: usize, edges: &[(usize, usize)], weights: &[u64]) -> Vec<usize> {
    let layer = layers(count, edges);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| layer[*at]);
    let mut needs = vec![Vec::new(); count];
    for (from, to) in edges.iter().filter(|(from, to)| *from < count && *to < count && layer[*from] < layer[*to]) {
        needs[*to].push(*from);
    }
    let weight = |at: usize| weights.get(at).copied().unwrap_or(0);
    let mut longest: Vec<(u64, Option<usize>)> = vec![(0, None); count];
    for at in order {
        let before = needs[at].iter().copied().max_by_key(|from| longest[*from].0);
        longest[at] = (weight(at) + before.map_or(0, |from| longest[from].0), before);
    }
    let mut path = Vec::new();
    let mut at = (0..count).max_by_key(|at| (longest[*at].0, std::cmp::Reverse(*at)));
    while let Some(here) = at {
        path.push(here);
        at = longest[here].1;
    }
    path.reverse();
    path
}

/// Returns the edges that are not implied by a path of others.
pub fn reduced(count: usize, edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let layer = layers(count, edges);
    let mut next = vec![BTreeSet::new(); count];
    for (from, to) in edges.iter().filter(|(from, to)| *from < count && *to < count && layer[*from] < layer[*to]) {
        next[*from].insert(*to);
    }
    let implied = |from: usize, to: usize| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = next[from].iter().copied().filter(|other| *other != to).collect();
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            open.extend(next[at].iter().copied().filter(|other| layer[*other] <= layer[to] && seen.insert(*other)));
        }
        false
    };
    let all_edges = (0..count).flat_map(|from| next[from].iter().map(move |to| (from, *to)));
    all_edges.filter(|(from, to)| !implied(*from, *to)).collect()
}
