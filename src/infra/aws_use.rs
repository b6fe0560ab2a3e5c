//! Detects whether the code of a unit uses AWS, so that the account of the credentials matters.

use crate::model::infra::files_read::file_references;
use crate::model::infra::path::plain;
use crate::model::infra::{Tool, Unit};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The file in which Terraform records the providers of a unit.
const PROVIDERS: &str = ".terraform.lock.hcl";

/// Whether the unit's code, its local modules, or its providers mention AWS. If AWS is only mentioned and not used, the
/// account is checked unnecessarily, which does no harm.
pub fn mentions_aws(unit: &Unit) -> bool {
    let mut unread: Vec<PathBuf> = code(&unit.dir);
    unread.push(unit.dir.join(PROVIDERS));
    if unit.tool == Tool::Terragrunt {
        // Included code is in the parent folders.
        unread.extend(unit.dir.ancestors().skip(1).flat_map(code).filter(|file| has_extension(file, &["hcl"])));
    }
    let mut modules: BTreeSet<PathBuf> = BTreeSet::new();
    while let Some(file) = unread.pop() {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        if names_aws(&text) {
            return true;
        }
        let folder = file.parent().unwrap_or(&unit.dir);
        for module in file_references(&text).modules {
            let module = plain(&folder.join(module));
            if modules.insert(module.clone()) {
                unread.extend(code(&module));
            }
        }
    }
    false
}

/// Returns the code files in a folder.
fn code(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|file| has_extension(file, &["tf", "hcl", "json"])).collect()
}

fn has_extension(file: &Path, endings: &[&str]) -> bool {
    file.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one))
}

/// Whether a text mentions AWS (`aws_vpc`, `hashicorp/aws`, a state in S3) at the beginning of a word.
fn names_aws(text: &str) -> bool {
    let has_word = |word: &str| {
        text.match_indices(word).any(|(at, _)| !text[..at].ends_with(|before: char| before.is_ascii_alphanumeric()))
    };
    has_word("aws") || has_word("\"s3\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::Around;

    #[test]
    fn use_of_aws_is_found_in_code_modules_includes_and_providers() {
        let root = std::env::temp_dir().join(format!("cockpit-uses-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&root);
        let write = |name: &str, text: &str| {
            let file = root.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        let unit = |name: &str, tool| Unit {
            name: name.into(),
            tool,
            dir: root.join(name),
            workspace: None,
            var_files: Vec::new(),
            depends_on: Vec::new(),
            around: Around::default(),
        };
        write("live/root.hcl", "remote_state {\n  backend = \"s3\"\n}\n");
        write("live/net/terragrunt.hcl", "include {}\n");
        write("plain/main.tf", "resource \"terraform_data\" \"draws\" {}\nlocals { lawsuit = 1 }\n");
        write("vpc/main.tf", "resource \"aws_vpc\" \"a\" {}\n");
        write("through/main.tf", "module \"net\" {\n  source = \"../module\"\n}\n");
        write("module/main.tf", "module \"inner\" {\n  source = \"./inner\"\n}\n");
        write("module/inner/main.tf", "provider \"aws\" {}\n");
        write("fetched/main.tf", "module \"net\" {\n  source = \"git::https://example.com/net\"\n}\n");
        write("fetched/.terraform.lock.hcl", "provider \"registry.terraform.io/hashicorp/aws\" {}\n");
        let used = ["plain", "vpc", "through", "fetched"].map(|name| mentions_aws(&unit(name, Tool::Terraform)));
        assert_eq!(used, [false, true, true, true]);
        assert!(mentions_aws(&unit("live/net", Tool::Terragrunt)));
        assert!(!mentions_aws(&unit("live/net", Tool::Terraform)), "Terraform reads no files of parent folders");
        std::fs::remove_dir_all(&root).unwrap();
    }
}
