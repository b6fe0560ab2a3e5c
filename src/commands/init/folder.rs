//! Finds infrastructure as code in a folder: root modules of Terragrunt and of Terraform.

use crate::model::init::discovered::Code;
use std::path::Path;

/// The maximum depth of subfolders that are searched.
const MAX_DEPTH: usize = 6;
/// Folder names that are skipped, because they hold no environment.
const SKIP: &[&str] = &["modules", "node_modules", "target", "tests", "examples", "fixtures"];

/// Finds all root modules below a folder; their paths are relative to the current folder.
pub(super) fn find_code(folder: &Path) -> Vec<Code> {
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
            Ok(kind) if kind.is_dir() && !name.starts_with('.') && !SKIP.contains(&name.as_str()) => folders.push(name),
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
    if depth < MAX_DEPTH {
        for name in folders {
            walk(&folder.join(name), depth + 1, found);
        }
    }
}
