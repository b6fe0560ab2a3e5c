//! Infrastructure as code in a folder: roots of Terragrunt and of Terraform.

use crate::model::init::seen::Code;
use std::path::Path;

/// The deepest level of folders that is searched.
const DEEPEST: usize = 6;
/// Folders that hold no environment.
const NOT: &[&str] = &["modules", "node_modules", "target", "tests", "examples", "fixtures"];

/// Everything below a folder, by its path as seen from where the program was started.
pub(super) fn look(folder: &Path) -> Vec<Code> {
    let mut found = Vec::new();
    walk(folder, 0, &mut found);
    found.sort_by(|a, b| a.dir().cmp(b.dir()));
    found
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<Code>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !name.starts_with('.') && !NOT.contains(&name.as_str()) => folders.push(name),
            Ok(kind) if kind.is_file() => files.push(name),
            _ => {}
        }
    }
    let dir = folder.to_string_lossy().trim_start_matches("./").to_owned();
    if folders.iter().any(|name| folder.join(name).join("terragrunt.hcl").is_file()) {
        found.push(Code::Terragrunt { dir });
        return;
    }
    if files.iter().any(|name| Path::new(name).extension().is_some_and(|ending| ending == "tf")) {
        let mut var_files: Vec<String> = files.into_iter().filter(|name| name.ends_with(".tfvars")).collect();
        var_files.sort();
        found.push(Code::Terraform { dir, var_files });
        return;
    }
    if depth < DEEPEST {
        for name in folders {
            walk(&folder.join(name), depth + 1, found);
        }
    }
}
