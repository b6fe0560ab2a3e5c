//! Checks of the invariants that need more than a list of words.

use crate::tree::Tree;
use std::collections::BTreeSet;

/// Maximum number of lines in a file.
const LONGEST: usize = 450;
/// Maximum number of lines in a product function: it fits on a screen or two.
const LONGEST_FUNCTION: usize = 90;

/// The violations outside of the allowed folders and files.
pub fn outside(found: Vec<String>, allowed: &[&str]) -> Vec<String> {
    found.into_iter().filter(|hit| !allowed.iter().any(|place| hit.starts_with(place))).collect()
}

/// Whether a violation is in a view file.
pub fn of_view(hit: &str) -> bool {
    hit.split(": ").next().is_some_and(|path| path.ends_with("view.rs"))
}

/// Places that name a pane's folder from outside of it.
pub fn panes_that_are_named(tree: &Tree) -> Vec<String> {
    let names = folders(tree, "src/panes");
    assert!(names.len() >= 5, "{names:?}");
    let mut found = Vec::new();
    for name in names {
        let own = format!("src/panes/{name}/");
        let words = [format!("panes::{name}"), format!("panes.{name}")];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        found.extend(outside(tree.naming_anywhere(&words), &[&own]));
    }
    // The state and the list of views each name the panes in one place; a session passes the table of panes in.
    found.extend(outside(tree.naming("src/app", &["crate::panes"]), &["src/app/state.rs"]));
    found.extend(outside(tree.naming("src/ui", &["crate::panes"]), &["src/ui/mod.rs"]));
    found
}

/// The names of a module's subfolders.
pub fn folders(tree: &Tree, module: &str) -> BTreeSet<String> {
    let folder =
        |path: &str| path.strip_prefix(module)?.strip_prefix('/')?.split_once('/').map(|(name, _)| name.to_owned());
    tree.under(module).filter_map(|(path, _)| folder(path)).collect()
}

/// Places that name a command's folder from outside of it.
pub fn commands_that_are_named(tree: &Tree) -> Vec<String> {
    let names = folders(tree, "src/commands");
    assert!(names.len() >= 20, "{names:?}");
    let mut found = Vec::new();
    for name in names {
        let own = format!("src/commands/{name}/");
        found.extend(outside(tree.naming_anywhere(&[&format!("commands::{name}::")]), &[&own]));
        // Files directly in src/commands could name one by a relative path; a command's folder may contain a file with
        // the name of another command.
        let beside = |hit: &String| hit.split(": ").next().is_some_and(|path| path.matches('/').count() == 2);
        found.extend(tree.naming("src/commands", &[&format!("super::{name}::")]).into_iter().filter(beside));
    }
    found
}

/// Public items without documentation.
pub fn undocumented(tree: &Tree) -> Vec<String> {
    let kinds = ["fn", "async", "const", "static", "struct", "enum", "trait", "type"];
    let public = |line: &str| {
        line.trim_start()
            .strip_prefix("pub ")
            .is_some_and(|rest| rest.split(' ').next().is_some_and(|kind| kinds.contains(&kind)))
    };
    let mut found = Vec::new();
    for (path, source) in
        ["src", "crates/cockpit-model/src", "crates/aws-sim/src", "crates/log-store/src", "crates/ssm-tunnel/src"]
            .iter()
            .flat_map(|module| tree.under(module))
    {
        let lines: Vec<&str> = source.text.lines().collect();
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| public(line)) {
            // Code that exists only in tests is not part of the product.
            if !source.product.contains(line.split('"').next().unwrap_or_default()) {
                continue;
            }
            // Go up past the attributes to the end of the preceding item.
            let above = lines[..at].iter().rev().map(|line| line.trim());
            let mut above = above.take_while(|line| !line.starts_with('}') && !line.ends_with([';', '{']));
            if !above.any(|line| line.starts_with("///") || line.starts_with("#[doc")) {
                found.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    found
}

/// Files with more lines than allowed.
pub fn too_long(tree: &Tree) -> Vec<String> {
    let folders = ["src", "crates", "tests", "benches", "examples"];
    let files = folders.into_iter().flat_map(|folder| tree.under(folder).collect::<Vec<_>>());
    let over = |(path, source): (&str, &crate::tree::Source)| {
        let lines = source.text.lines().count();
        (lines > LONGEST).then(|| format!("{path} has {lines} lines, {LONGEST} are allowed"))
    };
    files.filter_map(over).collect()
}

/// Product functions with more lines than allowed.
pub fn long_functions(tree: &Tree) -> Vec<String> {
    let files = ["src", "crates"].into_iter().flat_map(|folder| tree.under(folder).collect::<Vec<_>>());
    let mut found = Vec::new();
    for (path, source) in files {
        let code = source.product.as_str();
        for (at, word) in code.match_indices("fn ") {
            let inside = code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
            let named = &code[at + word.len()..];
            let name = named.split(|next: char| !next.is_alphanumeric() && next != '_').next().unwrap_or_default();
            if let Some(lines) = lines_of(named).filter(|lines| !inside && *lines > LONGEST_FUNCTION) {
                found.push(format!("{path}: {name} has {lines} lines, {LONGEST_FUNCTION} are allowed"));
            }
        }
    }
    found
}

/// The number of lines of the function whose code starts at its name; `None` if it has no body.
fn lines_of(code: &str) -> Option<usize> {
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    for (at, next) in code.char_indices() {
        match next {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            ';' if braces == 0 && brackets == 0 => return None,
            '{' => braces += 1,
            '}' if braces <= 1 => return Some(code[..at].matches('\n').count() + 1),
            '}' => braces -= 1,
            _ => {}
        }
    }
    None
}

/// A planted function of a hundred lines.
pub const LONG_FUNCTION: &str = concat!(
    "fn long() {\n",
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
    "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
    "}"
);
