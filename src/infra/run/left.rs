//! The remains of an abnormal end beside the code: a state that Terraform could not write, which it keeps as
//! `errored.tfstate`.

use super::world;
use crate::model::infra::{Tool, Unit};
use std::path::PathBuf;

pub use world::ERRORED;

/// Such states of a unit: in its folder, and where Terraform has worked for it.
pub fn errored(unit: &Unit) -> Vec<PathBuf> {
    let mut dirs = vec![unit.dir.clone()];
    if unit.tool == Tool::Terragrunt {
        dirs.extend(world::working_dirs(unit).into_iter().map(|(dir, _)| dir));
    }
    dirs.into_iter().map(|dir| dir.join(ERRORED)).filter(|path| path.is_file()).collect()
}
