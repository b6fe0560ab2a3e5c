//! Resources of units to be destroyed whose destruction their code forbids. They are reported before anything is destroyed, not
//! only when everything that depends on them is gone.

use super::find::Discovered;
use super::run::state_endpoints;
use super::terraform;
use super::unit_queries::Access;
use super::unit_reads;
use crate::model::infra::path::plain;
use crate::model::infra::plan::resource_of;
use crate::model::infra::prevent_destroy::parse;
use crate::model::infra::{InfraError, InfraErrorKind, Tool, Unit};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The maximum depth of nested modules to follow; no real configuration is deeper.
const MAX_DEPTH: usize = 16;

/// Existing resources whose destruction the code forbids, as pairs of unit and address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prevented(Vec<(String, String)>);

/// Finds them. If a state cannot be read, the plan of its unit will report what is wrong.
pub async fn find_prevented(found: &Discovered) -> Prevented {
    let mut prevented = Prevented::default();
    for unit in found.graph.units().iter().filter(|unit| may_prevent(unit)) {
        let access = Access::new(found, unit);
        let Ok(dir) = access.dir().await else { continue };
        let protected = protected(&dir);
        if protected.is_empty() {
            continue;
        }
        let Ok(resources) = unit_reads::addresses(&access).await else { continue };
        let managed = resources.into_iter().filter(|resource| !resource.is_data).map(|resource| resource.address);
        let kept = managed.filter(|address| protected.contains(&resource_of(address)));
        prevented.0.extend(kept.map(|address| (unit.name.clone(), address)));
    }
    prevented
}

impl Prevented {
    /// Returns why nothing is destroyed; `None` if nothing is forbidden.
    pub fn refusal(&self) -> Option<InfraError> {
        if self.0.is_empty() {
            return None;
        }
        let trouble =
            InfraError::new(InfraErrorKind::Refused, "nothing was destroyed: code forbids destroying a part of it");
        let causes = self.0.iter().map(|(unit, address)| format!("{unit}: {address} has `prevent_destroy`"));
        Some(
            trouble
                .causes(causes)
                .hint("take `prevent_destroy` out of the code, or name with --unit the units that are to be destroyed"),
        )
    }
}

/// Whether the code of a unit may forbid a destruction. With Terragrunt that code is in Terraform's working folder; a unit
/// without such code need not be queried.
fn may_prevent(unit: &Unit) -> bool {
    match unit.tool {
        Tool::Terraform => !protected(&unit.dir).is_empty(),
        Tool::Terragrunt => state_endpoints::working_dirs(unit).iter().any(|(dir, _)| !protected(dir).is_empty()),
    }
}

/// Returns the addresses that the code in a folder and its local modules protect, without instance keys.
fn protected(dir: &Path) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![(dir.to_owned(), String::new(), 0)]);
    while let Some((dir, path, deep)) = open.pop() {
        for file in code(&dir) {
            let parsed = parse(&std::fs::read_to_string(file).unwrap_or_default());
            for resource in &parsed.allowed {
                found.remove(&format!("{path}{resource}"));
            }
            found.extend(parsed.resources.iter().map(|resource| format!("{path}{resource}")));
            let modules = parsed.modules.iter().filter(|_| deep < MAX_DEPTH);
            open.extend(
                modules.map(|(name, source)| (plain(&dir.join(source)), format!("{path}module.{name}."), deep + 1)),
            );
        }
    }
    found
}

/// Returns the code files of a folder in the order in which Terraform reads them: overrides come last.
fn code(dir: &Path) -> Vec<PathBuf> {
    let mut files = terraform::files(dir);
    files.retain(|path| terraform::is_hcl(path) && path.is_file());
    files.sort_by_key(|path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        stem == "override" || stem.ends_with("_override")
    });
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_resources_are_found_in_modules_and_named() {
        let root = std::env::temp_dir().join(format!("cockpit-prevented-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let file = root.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        let kept = "resource \"aws_vpc\" \"kept\" {\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n";
        write("unit/main.tf", &format!("{kept}module \"db\" {{\n  source = \"../db\"\n}}\n"));
        // A module that calls itself is not followed for ever.
        write("db/main.tf", &format!("{kept}module \"in\" {{\n  source = \"./\"\n}}\n"));
        // Overrides are read last, whatever their names.
        let over = |value: bool, name: &str| {
            format!("resource \"aws_vpc\" \"{name}\" {{\n  lifecycle {{\n    prevent_destroy = {value}\n  }}\n}}\n")
        };
        write("unit/z.tf", &(over(true, "lifted") + &over(false, "held")));
        write("unit/.backup.tf", &over(true, "backup"));
        write("unit/a_override.tf", &(over(false, "lifted") + &over(true, "held")));
        let protected = protected(&root.join("unit"));
        std::fs::remove_dir_all(&root).unwrap();
        assert!(protected.contains("aws_vpc.held") && !protected.contains("aws_vpc.lifted"), "{protected:?}");
        assert!(!protected.contains("aws_vpc.backup"), "Terraform does not read backup files: {protected:?}");
        for address in ["aws_vpc.kept", "module.db.aws_vpc.kept", "module.db.module.in.aws_vpc.kept"] {
            assert!(protected.contains(address), "{protected:?}");
        }
        assert_eq!(Prevented::default().refusal(), None);
        let refused = Prevented(vec![("net".into(), "aws_vpc.kept[0]".into())]).refusal().unwrap();
        assert_eq!(
            (refused.kind, &refused.causes[0][..]),
            (InfraErrorKind::Refused, "net: aws_vpc.kept[0] has `prevent_destroy`")
        );
    }
}
