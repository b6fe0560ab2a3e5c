//! `import` blocks in the code of a unit.

use super::run::world::working_dirs;
use crate::model::infra::declared::named;
use crate::model::infra::{Trouble, TroubleKind, Unit, import};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Writes the block that imports a resource into a unit, at an address that somebody typed; its file. None where the unit has one
/// of that address already.
///
/// # Errors
/// As for [`add_made`]; the address is one of nothing that the code declares, or another file of the unit imports it.
pub fn add(unit: &Unit, address: &str, id: &str) -> Result<Option<PathBuf>, Trouble> {
    block(address, id)?;
    if let Some(file) = elsewhere(unit, address) {
        let text = format!("{} imports {address} already: every plan would fail with two of it", file.display());
        return Err(Trouble::new(TroubleKind::Usage, text).hint("apply that one, or take it out first"));
    }
    if declared(unit, address) == Some(false) {
        let (kind, name, modules) = named(address);
        let missing = match modules.first() {
            Some(module) => format!("module \"{module}\""),
            None => format!("resource \"{kind}\" \"{name}\""),
        };
        let text =
            format!("the code of {} has no {missing}: every plan would fail with an import of {address}", unit.name);
        return Err(Trouble::new(TroubleKind::Usage, text).hint("write its block first, or correct the address"));
    }
    add_made(unit, address, id)
}

fn block(address: &str, id: &str) -> Result<String, Trouble> {
    import::block(address, id).map_err(|why| {
        Trouble::new(TroubleKind::Usage, format!("`{address}` is not the address of a resource: {why}"))
            .hint("write it as aws_vpc.main or module.a.aws_vpc.main[0]")
    })
}

/// The same for a resource that a run created, at the address that its plan had.
///
/// # Errors
/// The address is none; the file cannot be read, so that nobody knows what it imports already, or it cannot be written.
pub fn add_made(unit: &Unit, address: &str, id: &str) -> Result<Option<PathBuf>, Trouble> {
    let block = block(address, id)?;
    let path = unit.dir.join(import::FILE);
    let before = before(&path)?;
    if import::has(&before, address) {
        return Ok(None);
    }
    let gap = if before.is_empty() || before.ends_with("\n\n") { "" } else { "\n" };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    let written = file.and_then(|mut file| file.write_all(format!("{gap}{block}").as_bytes()));
    written.map_err(|error| {
        Trouble::new(TroubleKind::Failed, format!("{} cannot be written", path.display())).cause(error.to_string())
    })?;
    Ok(Some(path))
}

/// Whether the code of a unit has what an address names; none where that is not known: the code is fetched and was not yet, or it
/// cannot be read here.
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

/// The file of a unit, beside that of the blocks that are written here, which has an import of an address.
fn elsewhere(unit: &Unit, address: &str) -> Option<PathBuf> {
    let files = std::fs::read_dir(&unit.dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut others = files.filter(|path| {
        let is_code = path.extension().is_some_and(|ending| ending == "tf");
        is_code && path.file_name().is_some_and(|name| name != import::FILE)
    });
    others.find(|path| std::fs::read_to_string(path).is_ok_and(|code| import::has(&code, address)))
}

/// The content of a file of imports; nothing where it is not there.
fn before(path: &Path) -> Result<String, Trouble> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => {
            let text = format!("{} cannot be read: what it imports is not known", path.display());
            Err(Trouble::new(TroubleKind::Failed, text).cause(error.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::infra::Around;
    use crate::model::infra::Tool;

    #[test]
    fn a_block_is_written_once_and_each_apart_from_the_others() {
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
        assert_eq!(wrong.kind, TroubleKind::Usage);
    }

    #[test]
    fn what_the_code_does_not_declare_is_not_imported() {
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
        assert!(add(&unit, "aws_vpc.b", "vpc-2").unwrap().is_some(), "what is in it is not known here");
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_read_is_no_empty_one() {
        let folder = std::env::temp_dir().join(format!("cockpit-imports-unread-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("imports.tf");
        assert_eq!(before(&file).unwrap(), "");
        std::fs::write(&file, b"\xff\xfe").unwrap();
        let trouble = before(&file).unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(trouble.message.contains("what it imports is not known"), "{trouble:?}");
    }
}
