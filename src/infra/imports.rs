//! `import` blocks in the code of a unit.

use crate::model::infra::{Trouble, TroubleKind, Unit, import};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Writes the block that imports a resource into a unit; its file. None where the unit has one of that address already.
///
/// # Errors
/// The address is none, the file cannot be read, so that nobody knows what it imports already, or it cannot be written.
pub fn add(unit: &Unit, address: &str, id: &str) -> Result<Option<PathBuf>, Trouble> {
    let block = import::block(address, id).map_err(|why| {
        Trouble::new(TroubleKind::Usage, format!("`{address}` is no address of a resource: {why}"))
            .hint("write it as aws_vpc.main or module.a.aws_vpc.main[0]")
    })?;
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

/// What a file of imports has; nothing where it is not there.
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
            hooks: false,
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
