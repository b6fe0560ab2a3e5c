//! Dependencies between files, and cycles among them. A file that only re-exports others (`mod.rs` with its `pub use`)
//! counts like any other.

use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// The crates, by their source folders.
const CRATES: &[&str] =
    &["src", "crates/cockpit-model/src", "crates/aws-sim/src", "crates/log-store/src", "crates/ssm-tunnel/src"];

type Module = Vec<String>;

/// Every cycle, one line each.
pub fn all(tree: &Tree) -> Vec<String> {
    let circles = CRATES.iter().flat_map(|folder| circles(tree, folder));
    circles.map(|circle| circle.join(" ↔ ")).collect()
}

/// Groups of files that can all reach each other.
fn circles(tree: &Tree, folder: &str) -> Vec<Vec<String>> {
    let files: BTreeMap<Module, &str> = tree
        .under(folder)
        .filter(|(_, source)| !source.product.is_empty())
        .map(|(path, _)| (module(path, folder), path))
        .collect();
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (path, source) in tree.under(folder).filter(|(_, source)| !source.product.is_empty()) {
        let here = module(path, folder);
        let targets = paths(&source.product).into_iter().filter_map(|name| target(&name, &here, &files));
        edges.insert(path, targets.filter(|other| *other != path).collect());
    }
    let reach: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|from| (*from, reached(from, &edges))).collect();
    let mut found = BTreeSet::new();
    for (from, to) in &reach {
        let circle: Vec<String> = to
            .iter()
            .filter(|other| reach.get(*other).is_some_and(|back| back.contains(from)))
            .map(|name| (*name).to_owned())
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reached<'a>(from: &'a str, edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(at) = next.pop() {
        next.extend(edges.get(at).into_iter().flatten().filter(|other| seen.insert(**other)));
    }
    seen
}

/// The module path of a file: `src/app/logs/mod.rs` is `app::logs`.
fn module(path: &str, folder: &str) -> Module {
    let inner = path.trim_start_matches(folder).trim_start_matches('/').trim_end_matches(".rs");
    let mut parts: Module = inner.split('/').map(str::to_owned).collect();
    let root = ["src/core.rs", "src/lib.rs", "src/main.rs"].contains(&path);
    if root || parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        parts.pop();
    }
    parts
}

/// The file that a path in code refers to: its longest prefix that is a module.
fn target<'a>(name: &[String], here: &[String], files: &BTreeMap<Module, &'a str>) -> Option<&'a str> {
    let mut place: Module = Vec::new();
    let mut rest = name;
    match name.first().map(String::as_str) {
        Some("crate") => rest = &name[1..],
        Some("self") => (place, rest) = (here.to_vec(), &name[1..]),
        Some("super") => {
            place = here.to_vec();
            while rest.first().is_some_and(|part| part == "super") {
                place.pop();
                rest = &rest[1..];
            }
        }
        Some(first) => {
            place = here.to_vec();
            files.get(&[here, std::slice::from_ref(&first.to_owned())].concat())?;
        }
        None => return None,
    }
    place.extend(rest.iter().cloned());
    (0..=place.len()).rev().find_map(|length| files.get(&place[..length]).copied())
}

/// Every path in code: those of `use` statements, expanded, and those written inline.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let rest = each_use(code, &mut found, written);
    written(rest, &mut found);
    found
}

/// The expanded paths of `use` statements only.
pub fn used(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    each_use(code, &mut found, |_, _| ());
    found
}

/// Expands each `use`, passes the code before it to `between`, and returns the code after the last one.
fn each_use<'a>(code: &'a str, found: &mut Vec<Vec<String>>, between: impl Fn(&str, &mut Vec<Vec<String>>)) -> &'a str {
    let mut rest = code;
    while let Some(at) = rest.find("use ") {
        let starts = rest[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && before != '_');
        let (before, after) = (&rest[..at], &rest[at + 4..]);
        between(before, found);
        let end = if starts { after.find(';').unwrap_or(0) } else { 0 };
        expand(&[], &after[..end], found);
        rest = &after[end..];
    }
    rest
}

/// Expands `a::{b, c::{d, e as f}}` to `a::b`, `a::c::d`, `a::c::e`.
fn expand(before: &[String], tree: &str, found: &mut Vec<Vec<String>>) {
    let (mut depth, mut start) = (0_usize, 0);
    let mut parts = Vec::new();
    for (at, next) in tree.char_indices() {
        match next {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        let (head, inner) = part
            .split_once('{')
            .map_or((part, None), |(head, inner)| (head, inner.rsplit_once('}').map(|(inner, _)| inner)));
        let head = head.split(" as ").next().unwrap_or_default();
        let names = head.split("::").map(str::trim).filter(|name| !name.is_empty() && *name != "*");
        let path: Vec<String> = before.iter().cloned().chain(names.map(str::to_owned)).collect();
        match inner {
            Some(inner) => expand(&path, inner, found),
            None => found.push(path),
        }
    }
}

/// Collects inline paths such as `crate::a::b`.
fn written(code: &str, found: &mut Vec<Vec<String>>) {
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            if code[..at].ends_with("::")
                || code[..at].chars().next_back().is_some_and(|before| before.is_alphanumeric() || before == '_')
            {
                continue;
            }
            let path: String =
                code[at..].chars().take_while(|next| next.is_alphanumeric() || *next == '_' || *next == ':').collect();
            found.push(path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect());
        }
    }
}

#[test]
fn grouped_use_is_split_into_paths() {
    let found = paths("pub use crate::a::{b, c::{self, d as e}};\nfn f() { super::g::h(); }");
    let found: Vec<String> = found.iter().map(|path| path.join("::")).collect();
    assert_eq!(found, ["crate::a::b", "crate::a::c::self", "crate::a::c::d", "super::g::h"]);
}
