//! Finds environments that would write the same state, from the configuration and the code.

use super::terraform;
use crate::config::EnvironmentConfig;
use crate::model::infra::Tool;
use crate::model::infra::shared_state::{self, StateLocation, StateOwner};
use std::path::Path;

/// Returns a sentence for each two environments that would write the same state. Nothing is started; states whose code is
/// missing, or which are known only when they are planned, are not compared.
pub fn warnings(environments: &[EnvironmentConfig]) -> Vec<String> {
    let states: Vec<StateLocation> = environments.iter().flat_map(states_of).collect();
    shared_state::environment_warnings(&states)
}

fn states_of(environment: &EnvironmentConfig) -> Vec<StateLocation> {
    let of = |of| StateLocation {
        environment: environment.name.clone(),
        endpoint: environment.endpoint_url.clone(),
        owner: of,
    };
    match environment.infra.kind {
        None => Vec::new(),
        Some(Tool::Terragrunt) => {
            let dir = environment.infra.dir.iter().filter_map(|dir| Path::new(dir).canonicalize().ok());
            dir.map(|dir| of(StateOwner::Folder(dir))).collect()
        }
        Some(Tool::Terraform) => {
            let units = environment.infra.units.iter().filter_map(|listed| terraform::locate(listed).ok());
            units
                .map(|unit| {
                    let own = terraform::referenced_states(&unit).own().cloned();
                    of(StateOwner::Unit(Box::new(unit), own))
                })
                .collect()
        }
    }
}
