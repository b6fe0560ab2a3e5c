//! Parameter names as a tree of paths; a chain of folders without other contents is a single row.

use super::Parameter;
use std::collections::BTreeSet;

/// A row of the tree: a folder, or a parameter in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A folder, by its full path with a final slash.
    Folder {
        path: String,
        /// Number of parent rows.
        depth: usize,
        /// The label of its row: its path relative to the parent row.
        label: String,
        /// Number of parameters in it, at all levels.
        count: usize,
        /// Whether it is collapsed.
        closed: bool,
    },
    /// A parameter, by its index in the list.
    Leaf { at: usize, depth: usize, label: String },
}

/// Returns the rows of parameters sorted by name, without the contents of collapsed folders.
pub fn rows(parameters: &[Parameter], closed: &BTreeSet<String>) -> Vec<Row> {
    let mut order: Vec<usize> = (0..parameters.len()).collect();
    order.sort_by(|a, b| parameters[*a].name.cmp(&parameters[*b].name));
    let mut out = Vec::new();
    folder(parameters, &order, "", 0, closed, &mut out);
    out
}

fn folder(
    parameters: &[Parameter],
    order: &[usize],
    above: &str,
    depth: usize,
    closed: &BTreeSet<String>,
    out: &mut Vec<Row>,
) {
    let mut at = 0;
    while at < order.len() {
        let name = &parameters[order[at]].name;
        let rest = &name[above.len()..];
        // A slash at the very start belongs to the folder's own name.
        let slash = rest[1.min(rest.len())..].find('/').map(|slash| slash + 1);
        let Some(slash) = slash else {
            out.push(Row::Leaf { at: order[at], depth, label: rest.to_owned() });
            at += 1;
            continue;
        };
        let mut path = name[..=above.len() + slash].to_owned();
        let inside = order[at..].iter().take_while(|one| parameters[**one].name.starts_with(&path)).count();
        let inside = &order[at..at + inside];
        // Merge folders while everything is in one subfolder.
        while let Some(next) = parameters[inside[0]].name[path.len()..].find('/') {
            let longer = &parameters[inside[0]].name[..=path.len() + next];
            if !inside.iter().all(|one| parameters[*one].name.starts_with(longer)) {
                break;
            }
            longer.clone_into(&mut path);
        }
        let is_closed = closed.contains(&path);
        let label = path[above.len()..].to_owned();
        out.push(Row::Folder { path: path.clone(), depth, label, count: inside.len(), closed: is_closed });
        if !is_closed {
            folder(parameters, inside, &path, depth + 1, closed, out);
        }
        at += inside.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parameters(names: &[&str]) -> Vec<Parameter> {
        names.iter().map(|name| Parameter { name: (*name).into(), ..Parameter::default() }).collect()
    }

    fn labels(names: &[&str], closed: &[&str]) -> Vec<String> {
        let closed = closed.iter().map(ToString::to_string).collect();
        let row = |row: Row| match row {
            Row::Folder { depth, label, count, .. } => format!("{}{label} ({count})", "  ".repeat(depth)),
            Row::Leaf { depth, label, .. } => format!("{}{label}", "  ".repeat(depth)),
        };
        rows(&parameters(names), &closed).into_iter().map(row).collect()
    }

    #[test]
    fn chain_of_folders_is_one_row() {
        let names = ["/shop/staging/B", "/shop/staging/A", "/shop/staging/db/URL", "/datadog/api-key", "plain", "/top"];
        assert_eq!(
            labels(&names, &[]),
            ["/datadog/ (1)", "  api-key", "/shop/staging/ (3)", "  A", "  B", "  db/ (1)", "    URL", "/top", "plain"]
        );
        assert_eq!(labels(&names, &["/shop/staging/"])[2..], ["/shop/staging/ (3)", "/top", "plain"]);
    }

    proptest! {
        #[test]
        fn each_parameter_has_one_row_with_its_path(names in proptest::collection::btree_set("(/[ab]{1,2}){1,4}", 0..20)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let all = parameters(&names);
            let mut seen: Vec<usize> = Vec::new();
            let mut path: Vec<String> = Vec::new();
            for row in rows(&all, &BTreeSet::new()) {
                match row {
                    Row::Folder { depth, label, path: whole, .. } => {
                        path.truncate(depth);
                        path.push(label);
                        prop_assert_eq!(path.concat(), whole);
                    }
                    Row::Leaf { at, depth, label } => {
                        path.truncate(depth);
                        prop_assert_eq!(&format!("{}{label}", path.concat()), &all[at].name);
                        seen.push(at);
                    }
                }
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..all.len()).collect::<Vec<_>>());
        }
    }
}
