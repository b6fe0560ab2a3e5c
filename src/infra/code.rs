//! Finds the file and line of a resource in the code.

use super::environment::data_dir;
use crate::model::infra::Unit;
use crate::model::infra::declared::address_parts;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Returns `FILE:LINE` of a resource's block, if it is found. `dir` is the folder in which Terraform works for the unit.
pub fn declaration_place(unit: &Unit, dir: &Path, address: &str) -> Option<String> {
    let (kind, name, modules) = address_parts(address);
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

/// Returns the folder of a module, from Terraform's record of it.
fn module(unit: &Unit, dir: &Path, key: &str) -> Option<PathBuf> {
    let data = data_dir(unit).unwrap_or_else(|| dir.join(".terraform"));
    let listed: Value = serde_json::from_slice(&std::fs::read(data.join("modules/modules.json")).ok()?).ok()?;
    let one = listed["Modules"].as_array()?.iter().find(|module| module["Key"] == key)?;
    Some(dir.join(one["Dir"].as_str()?))
}

/// Returns a path without the folders of Terragrunt's cache, in which the code is copied.
fn short(path: &Path) -> String {
    let plain = crate::model::infra::path::plain(path);
    let text = plain.display().to_string();
    match text.split_once("/.terragrunt-cache/") {
        Some((_, rest)) => rest.splitn(3, '/').nth(2).unwrap_or(rest).to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::Around;
    use crate::model::infra::Tool;

    #[test]
    fn resource_is_found_in_root_module_and_terragrunt_cache() {
        let root = std::env::temp_dir().join(format!("cockpit-code-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let write = |name: &str, text: &str| {
            let file = root.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        write("unit/a.tf", "locals {}\n\nresource \"aws_lb\" \"web\" {\n}\n");
        write("unit/b.txt", "resource \"aws_lb\" \"api\" {\n");
        write("modules/net/main.tf", "# the network\nresource \"aws_vpc\" \"this\" {}\n");
        let listed = r#"{"Modules": [{"Key": "", "Dir": "."}, {"Key": "net.inner", "Dir": "../modules/net"}]}"#;
        write("unit/.terraform/modules/modules.json", listed);
        write("copy/.terragrunt-cache/one/two/net/main.tf", "resource \"aws_vpc\" \"this\" {}\n");
        let unit = Unit {
            name: "unit".into(),
            tool: Tool::Terragrunt,
            dir: root.join("unit"),
            workspace: None,
            var_files: Vec::new(),
            depends_on: Vec::new(),
            around: Around::default(),
        };
        let at = |dir: &str, address: &str| declaration_place(&unit, &root.join(dir), address);
        let file = |name: &str| root.join(name).display().to_string();
        assert_eq!(at("unit", "aws_lb.web[0]"), Some(format!("{}:3", file("unit/a.tf"))));
        assert_eq!(at("unit", "aws_lb.api"), None, "no file declares the resource");
        let inner = at("unit", "module.net[\"a.b\"].module.inner.aws_vpc.this");
        assert_eq!(inner, Some(format!("{}:2", file("modules/net/main.tf"))));
        assert_eq!(at("unit", "module.other.aws_vpc.this"), None);
        assert_eq!(at("copy/.terragrunt-cache/one/two/net", "aws_vpc.this").as_deref(), Some("net/main.tf:1"));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
