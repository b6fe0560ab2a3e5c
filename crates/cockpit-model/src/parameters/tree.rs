//! Names as a tree of paths: folders that have one folder in them and nothing else are one row.

use super::Parameter;
use std::collections::BTreeSet;

/// A row of the tree: a folder, or a parameter in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A folder, by its whole path with a slash at its end.
    Folder {
        path: String,
        /// Folders above it that are rows.
        depth: usize,
        /// The text of its row: its path below the folder above.
        label: String,
        /// Parameters in it and below.
        count: usize,
        /// Whether its parameters are not shown.
        closed: bool,
    },
    /// A parameter, by its place in the list.
    Leaf { at: usize, depth: usize, label: String },
}

/// The rows of parameters in the order of their names, without what lies in a folder that is closed.
pub fn rows(parameters: &[Parameter], closed: &BTreeSet<String>) -> Vec<Row> {
    let mut order: Vec<usize> = (0..parameters.len()).collect();
    order.sort_by(|a, b| parameters[*a].name.cmp(&parameters[*b].name));
    let mut out = Vec::new();
    folder(parameters, &order, "", 0, closed, &mut out);
    out
}

fn folder(all: &[Parameter], of: &[usize], above: &str, depth: usize, closed: &BTreeSet<String>, out: &mut Vec<Row>) {
    let mut at = 0;
    while at < of.len() {
        let name = &all[of[at]].name;
        let rest = &name[above.len()..];
        // A slash at the very beginning is of the folder's own name.
        let slash = rest[1.min(rest.len())..].find('/').map(|slash| slash + 1);
        let Some(slash) = slash else {
            out.push(Row::Leaf { at: of[at], depth, label: rest.to_owned() });
            at += 1;
            continue;
        };
        let mut path = name[..=above.len() + slash].to_owned();
        let inside = of[at..].iter().take_while(|one| all[**one].name.starts_with(&path)).count();
        let inside = &of[at..at + inside];
        // Goes down as long as everything lies in one folder.
        while let Some(next) = all[inside[0]].name[path.len()..].find('/') {
            let longer = &all[inside[0]].name[..=path.len() + next];
            if !inside.iter().all(|one| all[*one].name.starts_with(longer)) {
                break;
            }
            longer.clone_into(&mut path);
        }
        let is_closed = closed.contains(&path);
        let label = path[above.len()..].to_owned();
        out.push(Row::Folder { path: path.clone(), depth, label, count: inside.len(), closed: is_closed });
        if !is_closed {
            folder(all, inside, &path, depth + 1, closed, out);
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

    fn told(names: &[&str], closed: &[&str]) -> Vec<String> {
        let closed = closed.iter().map(ToString::to_string).collect();
        let row = |row: Row| match row {
            Row::Folder { depth, label, count, .. } => format!("{}{label} ({count})", "  ".repeat(depth)),
            Row::Leaf { depth, label, .. } => format!("{}{label}", "  ".repeat(depth)),
        };
        rows(&parameters(names), &closed).into_iter().map(row).collect()
    }

    #[test]
    fn folders_with_nothing_but_a_folder_are_one_row() {
        let names = ["/shop/staging/B", "/shop/staging/A", "/shop/staging/db/URL", "/datadog/api-key", "plain", "/top"];
        assert_eq!(
            told(&names, &[]),
            ["/datadog/ (1)", "  api-key", "/shop/staging/ (3)", "  A", "  B", "  db/ (1)", "    URL", "/top", "plain"]
        );
        assert_eq!(told(&names, &["/shop/staging/"])[2..], ["/shop/staging/ (3)", "/top", "plain"]);
    }

    proptest! {
        #[test]
        fn each_parameter_has_one_row_whose_path_is_its_name(names in proptest::collection::btree_set("(/[ab]{1,2}){1,4}", 0..20)) {
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
