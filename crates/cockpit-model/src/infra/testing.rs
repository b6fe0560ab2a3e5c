//! Units for tests.

use super::{Around, Tool, Unit};
use std::path::Path;

/// Returns a Terraform unit in a folder of its name, with these dependencies.
pub(crate) fn unit(name: &str, depends_on: &[&str]) -> Unit {
    Unit {
        name: name.into(),
        tool: Tool::Terraform,
        dir: Path::new("/units").join(name),
        workspace: None,
        var_files: Vec::new(),
        depends_on: depends_on.iter().map(|needs| (*needs).to_owned()).collect(),
        around: Around::default(),
    }
}
