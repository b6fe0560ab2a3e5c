//! Resources of units that are to be destroyed and whose destruction their code forbids: told before anything is destroyed, and not
//! when all that needs them is gone.

use super::access::Access;
use super::find::Discovered;
use super::look;
use super::run::world;
use super::terraform;
use crate::model::infra::path::plain;
use crate::model::infra::plan::resource_of;
use crate::model::infra::prevented::read;
use crate::model::infra::{Tool, Trouble, TroubleKind, Unit};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Deeper chains of modules are not followed: no configuration has them.
const DEEPEST: usize = 16;

/// Resources that are there and whose destruction code forbids: unit and address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prevented(Vec<(String, String)>);

/// Looks for them. Where a state cannot be read, the plan of its unit says what is wrong.
pub async fn prevented(found: &Discovered) -> Prevented {
    let mut all = Prevented::default();
    for unit in found.graph.units().iter().filter(|unit| may_prevent(unit)) {
        let access = Access::new(found, unit);
        let Ok(dir) = access.dir().await else { continue };
        let named = named(&dir);
        if named.is_empty() {
            continue;
        }
        let Ok(resources) = look::addresses(&access).await else { continue };
        let there = resources.into_iter().filter(|resource| !resource.is_data).map(|resource| resource.address);
        let kept = there.filter(|address| named.contains(&resource_of(address)));
        all.0.extend(kept.map(|address| (unit.name.clone(), address)));
    }
    all
}

impl Prevented {
    /// Why nothing is destroyed; none where nothing is forbidden.
    pub fn refused(&self) -> Option<Trouble> {
        if self.0.is_empty() {
            return None;
        }
        let trouble = Trouble::new(TroubleKind::Refused, "nothing was destroyed: code forbids destroying a part of it");
        let causes = self.0.iter().map(|(unit, address)| format!("{unit}: {address} has `prevent_destroy`"));
        Some(
            trouble
                .causes(causes)
                .hint("take `prevent_destroy` out of the code, or name with --unit the units that are to be destroyed"),
        )
    }
}

/// Whether the code of a unit may forbid anything. That of Terragrunt's is where Terraform works; it need not be asked where there
/// is nothing.
fn may_prevent(unit: &Unit) -> bool {
    match unit.tool {
        Tool::Terraform => !named(&unit.dir).is_empty(),
        Tool::Terragrunt => world::working_dirs(unit).iter().any(|(dir, _)| !named(dir).is_empty()),
    }
}

/// The addresses whose destruction the code in a folder and its modules on this machine forbid, without those of instances.
fn named(dir: &Path) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![(dir.to_owned(), String::new(), 0)]);
    while let Some((dir, path, deep)) = open.pop() {
        for file in code(&dir) {
            let said = read(&std::fs::read_to_string(file).unwrap_or_default());
            for resource in &said.allowed {
                found.remove(&format!("{path}{resource}"));
            }
            found.extend(said.resources.iter().map(|resource| format!("{path}{resource}")));
            let modules = said.modules.iter().filter(|_| deep < DEEPEST);
            open.extend(
                modules.map(|(name, source)| (plain(&dir.join(source)), format!("{path}module.{name}."), deep + 1)),
            );
        }
    }
    found
}

/// The files of code in a folder, in the order in which Terraform reads them: those that override others come last.
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
    fn what_code_forbids_is_found_in_modules_too_and_names_unit_and_address() {
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
        // What overrides it is read last, whatever it is called.
        let over = |value: bool, name: &str| {
            format!("resource \"aws_vpc\" \"{name}\" {{\n  lifecycle {{\n    prevent_destroy = {value}\n  }}\n}}\n")
        };
        write("unit/z.tf", &(over(true, "lifted") + &over(false, "held")));
        write("unit/.backup.tf", &over(true, "backup"));
        write("unit/a_override.tf", &(over(false, "lifted") + &over(true, "held")));
        let named = named(&root.join("unit"));
        std::fs::remove_dir_all(&root).unwrap();
        assert!(named.contains("aws_vpc.held") && !named.contains("aws_vpc.lifted"), "{named:?}");
        assert!(!named.contains("aws_vpc.backup"), "Terraform does not read it: {named:?}");
        for address in ["aws_vpc.kept", "module.db.aws_vpc.kept", "module.db.module.in.aws_vpc.kept"] {
            assert!(named.contains(address), "{named:?}");
        }
        assert_eq!(Prevented::default().refused(), None);
        let refused = Prevented(vec![("net".into(), "aws_vpc.kept[0]".into())]).refused().unwrap();
        assert_eq!(
            (refused.kind, &refused.causes[0][..]),
            (TroubleKind::Refused, "net: aws_vpc.kept[0] has `prevent_destroy`")
        );
    }
}
