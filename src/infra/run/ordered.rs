//! An order made of what was found of an environment.

use crate::config::EnvironmentConfig;
use crate::infra::find::Discovered;
use crate::model::infra::Order;
use crate::model::infra::run_event::{Goal, Who};

/// The order of a run over what was found.
pub fn order(found: &Discovered, environment: &EnvironmentConfig, goal: Goal, by: Who, command: String) -> Order {
    Order {
        environment: environment.name.clone(),
        goal,
        units: found.graph.units().to_vec(),
        targets: Vec::new(),
        replace: Vec::new(),
        parallelism: None,
        guarded: environment.guarded,
        account: None,
        by,
        terraform: found.tools.terraform.clone(),
        terraform_said: found.tools.terraform_said.clone(),
        terragrunt: found.tools.terragrunt.as_ref().map(|(program, _)| program.clone()),
        plugin_dir: found.tools.plugin_dir.clone(),
        profile: environment.profile.clone(),
        region: environment.region.clone(),
        endpoint_url: environment.endpoint_url.clone(),
        world: super::world::of(&found.surroundings),
        declared: environment.endpoint_url.is_some() && !environment.endpoint_typed,
        reads: found.reads.clone(),
        ahead: found.ahead.clone(),
        skip_snapshots: false,
        command,
    }
}
