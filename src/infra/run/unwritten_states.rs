//! States that Terraform could not write at the end of an apply and stored as `errored.tfstate` beside the code.

use super::state_endpoints;
use crate::model::infra::{Tool, Unit};
use std::path::PathBuf;

pub use state_endpoints::ERRORED;

/// Returns such states of a unit, from its folder and from Terraform's working folders.
pub fn errored_states(unit: &Unit) -> Vec<PathBuf> {
    let mut dirs = vec![unit.dir.clone()];
    if unit.tool == Tool::Terragrunt {
        dirs.extend(state_endpoints::working_dirs(unit).into_iter().map(|(dir, _)| dir));
    }
    dirs.into_iter().map(|dir| dir.join(ERRORED)).filter(|path| path.is_file()).collect()
}
