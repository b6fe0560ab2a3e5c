//! What Terraform and Terragrunt keep beside the code of units. A local backend keeps the state of a workspace in
//! Terragrunt's cache, so that no cache is taken for one that can be made again before it was looked through.

use crate::model::infra::{Tool, Unit};
use std::path::{Path, PathBuf};

/// A folder that can be made again, if there is no state in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// Where it is.
    pub path: PathBuf,
    /// What is in it, links not followed.
    pub bytes: u64,
    /// A state in it, which is nowhere else.
    pub state: Option<PathBuf>,
}

/// The caches of a unit that are there. With Terragrunt those of Terraform are in its own.
pub fn of(unit: &Unit) -> Vec<Cache> {
    let names: &[&str] = match unit.tool {
        Tool::Terragrunt => &[".terragrunt-cache", ".terraform"],
        Tool::Terraform => &[".terraform"],
    };
    let paths = names.iter().map(|name| unit.dir.join(name)).filter(|path| path.is_dir() && !path.is_symlink());
    paths.map(|path| look(&path)).collect()
}

fn look(path: &Path) -> Cache {
    let mut cache = Cache { path: path.to_owned(), bytes: 0, state: None };
    let mut next = vec![path.to_owned()];
    while let Some(folder) = next.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
            let (path, kind) = (entry.path(), entry.file_type());
            if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
                next.push(path);
            } else if kind.is_ok_and(|kind| kind.is_file()) {
                cache.bytes += entry.metadata().map_or(0, |file| file.len());
                if cache.state.is_none() && is_state(&path) {
                    cache.state = Some(path);
                }
            }
        }
    }
    cache
}

/// Whether a file is a state. In a folder of data, `terraform.tfstate` says which backend is meant, and nothing else.
fn is_state(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !(name.ends_with(".tfstate") || name.ends_with(".tfstate.backup")) {
        return false;
    }
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { return !text.trim().is_empty() };
    // That of a backend has the version 3 and a backend; a state without resources and outputs says nothing.
    let full = |key: &str| value[key].as_array().is_some_and(|all| !all.is_empty());
    let outputs = value["outputs"].as_object().is_some_and(|all| !all.is_empty());
    value["backend"].is_null() && (full("resources") || outputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_with_a_state_in_it_says_so() {
        let root = std::env::temp_dir().join(format!("cockpit-caches-{}", std::process::id()));
        let unit = Unit {
            name: "a".into(),
            tool: Tool::Terragrunt,
            dir: root.clone(),
            workspace: None,
            var_files: Vec::new(),
            depends_on: Vec::new(),
            hooks: false,
        };
        let work = root.join(".terragrunt-cache/h/h/module");
        std::fs::create_dir_all(work.join(".terraform")).unwrap();
        std::fs::write(work.join(".terraform/terraform.tfstate"), r#"{"version":3,"backend":{"type":"s3"}}"#).unwrap();
        std::fs::write(work.join("terraform.tfstate"), r#"{"version":4,"resources":[],"outputs":{}}"#).unwrap();
        assert_eq!(of(&unit).iter().map(|cache| cache.state.clone()).collect::<Vec<_>>(), [None]);
        let state = work.join("terraform.tfstate.d/dev/terraform.tfstate");
        std::fs::create_dir_all(state.parent().unwrap()).unwrap();
        std::fs::write(&state, r#"{"version":4,"resources":[{"type":"x"}]}"#).unwrap();
        let found = of(&unit);
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(found.iter().map(|cache| cache.state.clone()).collect::<Vec<_>>(), [Some(state)]);
        assert!(found[0].bytes > 0);
    }
}
