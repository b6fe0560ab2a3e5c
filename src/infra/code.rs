//! Where a resource stands in the code: file and line.

use super::surroundings::data_dir;
use crate::model::infra::Unit;
use crate::model::infra::declared::named;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// `FILE:LINE` of a resource's block; none where it is not found. `dir` is where Terraform works for the unit.
pub fn place(unit: &Unit, dir: &Path, address: &str) -> Option<String> {
    let (kind, name, modules) = named(address);
    let folder = if modules.is_empty() { dir.to_owned() } else { module(unit, dir, &modules.join("."))? };
    let block = format!("resource \"{kind}\" \"{name}\"");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let code = files.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "tf"));
    code.into_iter().find_map(|path| {
        let text = std::fs::read_to_string(&path).ok()?;
        let line = text.lines().position(|line| line.trim_start().starts_with(&block))?;
        Some(format!("{}:{}", short(&path), line + 1))
    })
}

/// The folder of a module, as Terraform wrote it down.
fn module(unit: &Unit, dir: &Path, key: &str) -> Option<PathBuf> {
    let data = data_dir(unit).unwrap_or_else(|| dir.join(".terraform"));
    let listed: Value = serde_json::from_slice(&std::fs::read(data.join("modules/modules.json")).ok()?).ok()?;
    let one = listed["Modules"].as_array()?.iter().find(|module| module["Key"] == key)?;
    Some(dir.join(one["Dir"].as_str()?))
}

/// Without the folders of Terragrunt's cache, where the code is a copy.
fn short(path: &Path) -> String {
    let plain = crate::model::infra::path::plain(path);
    let text = plain.display().to_string();
    match text.split_once("/.terragrunt-cache/") {
        Some((_, rest)) => rest.splitn(3, '/').nth(2).unwrap_or(rest).to_owned(),
        None => text,
    }
}
