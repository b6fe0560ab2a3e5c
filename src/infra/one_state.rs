//! Where the configuration and the code say that environments keep their states, to find two that would write one.

use super::terraform;
use crate::config::EnvironmentConfig;
use crate::model::infra::Tool;
use crate::model::infra::one_state::{self, Kept, Of};
use std::path::Path;

/// A sentence for each two environments that would write one state. Nothing is asked and nothing is started: what is not
/// there, or is only known when it is planned, is not among them.
pub fn warnings(environments: &[EnvironmentConfig]) -> Vec<String> {
    let all: Vec<Kept> = environments.iter().flat_map(kept).collect();
    one_state::warnings(&all)
}

fn kept(environment: &EnvironmentConfig) -> Vec<Kept> {
    let of = |of| Kept { environment: environment.name.clone(), endpoint: environment.endpoint_url.clone(), of };
    match environment.infra.kind {
        None => Vec::new(),
        Some(Tool::Terragrunt) => {
            let dir = environment.infra.dir.iter().filter_map(|dir| Path::new(dir).canonicalize().ok());
            dir.map(|dir| of(Of::Folder(dir))).collect()
        }
        Some(Tool::Terraform) => {
            let units = environment.infra.units.iter().filter_map(|listed| terraform::placed(listed).ok());
            units
                .map(|unit| {
                    let own = terraform::states(&unit).own().cloned();
                    of(Of::Unit(Box::new(unit), own))
                })
                .collect()
        }
    }
}
