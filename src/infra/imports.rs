//! `import` blocks in the code of a unit.

use super::run::state_endpoints::working_dirs;
use crate::model::infra::declared::address_parts;
use crate::model::infra::{InfraError, InfraErrorKind, Unit, import};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Writes the import block of a resource into a unit, at an address that a person typed. Returns the file, or `None` if the unit
/// imports that address already.
///
/// # Errors
/// As for [`add_created`]; also if the code declares nothing at the address, or another file of the unit imports it.
pub fn add(unit: &Unit, address: &str, id: &str) -> Result<Option<PathBuf>, InfraError> {
    block(address, id)?;
    if let Some(file) = other_import(unit, address) {
        let text = format!("{} imports {address} already: every plan would fail with two of it", file.display());
        return Err(InfraError::new(InfraErrorKind::Usage, text).hint("apply that one, or take it out first"));
    }
    if declared(unit, address) == Some(false) {
        let (kind, name, modules) = address_parts(address);
        let missing = match modules.first() {
            Some(module) => format!("module \"{module}\""),
            None => format!("resource \"{kind}\" \"{name}\""),
        };
        let text =
            format!("the code of {} has no {missing}: every plan would fail with an import of {address}", unit.name);
        return Err(InfraError::new(InfraErrorKind::Usage, text).hint("write its block first, or correct the address"));
    }
    add_created(unit, address, id)
}

fn block(address: &str, id: &str) -> Result<String, InfraError> {
    import::block(address, id).map_err(|why| {
        InfraError::new(InfraErrorKind::Usage, format!("`{address}` is not the address of a resource: {why}"))
            .hint("write it as aws_vpc.main or module.a.aws_vpc.main[0]")
    })
}

/// The same for a resource that a run created, at the address in its plan.
///
/// # Errors
/// If the address is invalid, or the file cannot be read (its imports are then unknown) or written.
pub fn add_created(unit: &Unit, address: &str, id: &str) -> Result<Option<PathBuf>, InfraError> {
    let block = block(address, id)?;
    let path = unit.dir.join(import::FILE);
    let imports = read_imports(&path)?;
    if import::has(&imports, address) {
        return Ok(None);
    }
    let gap = if imports.is_empty() || imports.ends_with("\n\n") { "" } else { "\n" };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(format!("{gap}{block}").as_bytes()));
    written.map_err(|error| {
        InfraError::new(InfraErrorKind::Failed, format!("{} cannot be written", path.display()))
            .cause(error.to_string())
    })?;
    Ok(Some(path))
}

/// Whether the code of a unit declares the address; `None` if unknown, because the code was not downloaded yet or cannot be
/// parsed here.
fn declared(unit: &Unit, address: &str) -> Option<bool> {
    let dirs = working_dirs(unit).into_iter().map(|(dir, _)| dir).chain([unit.dir.clone()]);
    let mut found = None;
    for dir in dirs {
        for file in std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if name.ends_with(".tf.json") {
                return None;
            }
            if !name.ends_with(".tf") || name == import::FILE {
                continue;
            }
            match std::fs::read_to_string(&file).ok().and_then(|code| import::declares(&code, address)) {
                Some(true) => return Some(true),
                Some(false) => found = Some(false),
                None => return None,
            }
        }
    }
    found
}

/// Returns the file of a unit, other than the cockpit's own, that imports an address.
fn other_import(unit: &Unit, address: &str) -> Option<PathBuf> {
    let files = std::fs::read_dir(&unit.dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut others = files.filter(|path| {
        let is_code = path.extension().is_some_and(|ending| ending == "tf");
        is_code && path.file_name().is_some_and(|name| name != import::FILE)
    });
    others.find(|path| std::fs::read_to_string(path).is_ok_and(|code| import::has(&code, address)))
}

/// Returns the content of a file of imports; empty if it does not exist.
fn read_imports(path: &Path) -> Result<String, InfraError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => {
            let text = format!("{} cannot be read: what it imports is not known", path.display());
            Err(InfraError::new(InfraErrorKind::Failed, text).cause(error.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::Around;
    use crate::model::infra::Tool;

    #[test]
    fn import_block_is_written_once_and_separated() {
        let dir = std::env::temp_dir().join(format!("cockpit-imports-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let unit = Unit {
            name: "a".into(),
            tool: Tool::Terraform,
            dir: dir.clone(),
            workspace: None,
            var_files: Vec::new(),
            depends_on: Vec::new(),
            around: Around::default(),
        };
        let file = dir.join(import::FILE);
        assert_eq!(add(&unit, "aws_vpc.a", "vpc-1").unwrap(), Some(file.clone()));
        assert_eq!(add(&unit, "aws_vpc.b", "vpc-2").unwrap(), Some(file.clone()));
        assert_eq!(add(&unit, "aws_vpc.a", "vpc-3").unwrap(), None);
        let wrong = add(&unit, "vpc", "vpc-3").unwrap_err();
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_dir_all(dir).unwrap();
        let block = |name: &str, id: &str| format!("import {{\n  to = aws_vpc.{name}\n  id = \"{id}\"\n}}\n");
        assert_eq!(text, format!("{}\n{}", block("a", "vpc-1"), block("b", "vpc-2")));
        assert_eq!(wrong.kind, InfraErrorKind::Usage);
    }

    #[test]
    fn undeclared_resource_is_not_imported() {
        let dir = std::env::temp_dir().join(format!("cockpit-imports-declared-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let unit = Unit {
            name: "a".into(),
            tool: Tool::Terraform,
            dir: dir.clone(),
            workspace: None,
            var_files: Vec::new(),
            depends_on: Vec::new(),
            around: Around::default(),
        };
        std::fs::write(dir.join("main.tf"), "resource \"aws_vpc\" \"a\" {}\n").unwrap();
        let wrong = add(&unit, "aws_vpc.b", "vpc-2").unwrap_err();
        assert!(wrong.message.contains("has no resource \"aws_vpc\" \"b\""), "{wrong:?}");
        let inner = add(&unit, "module.net.aws_vpc.b", "vpc-2").unwrap_err();
        assert!(inner.message.contains("has no module \"net\""), "{inner:?}");
        assert!(!dir.join(import::FILE).exists());
        let twice = "import {\n  to = aws_vpc.a\n  id = \"vpc-1\"\n}\n";
        std::fs::write(dir.join("adopted.tf"), twice).unwrap();
        let again = add(&unit, "aws_vpc.a", "vpc-1").unwrap_err();
        assert!(again.message.contains("adopted.tf imports aws_vpc.a already"), "{again:?}");
        assert!(!dir.join(import::FILE).exists());
        assert!(add(&unit, "aws_vpc.a[0]", "vpc-1").unwrap().is_some());
        std::fs::write(dir.join("more.tf.json"), "{}").unwrap();
        assert!(add(&unit, "aws_vpc.b", "vpc-2").unwrap().is_some(), "imports in JSON files are not read");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn unreadable_file_is_not_taken_for_an_empty_one() {
        let folder = std::env::temp_dir().join(format!("cockpit-imports-unread-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("imports.tf");
        assert_eq!(read_imports(&file).unwrap(), "");
        std::fs::write(&file, b"\xff\xfe").unwrap();
        let trouble = read_imports(&file).unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(trouble.message.contains("what it imports is not known"), "{trouble:?}");
    }
}
