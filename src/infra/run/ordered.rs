//! Creates the order of a run from the units that were found.

use crate::config::EnvironmentConfig;
use crate::infra::find::Discovered;
use crate::model::infra::RunOrder;
use crate::model::infra::run_event::{Actor, Goal};

/// Returns the order of a run over these units.
pub fn build_order(
    found: &Discovered,
    environment: &EnvironmentConfig,
    goal: Goal,
    by: Actor,
    command: String,
) -> RunOrder {
    RunOrder {
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
        terraform_said: found.tools.terraform_version_output.clone(),
        terragrunt: found.tools.terragrunt.as_ref().map(|(program, _)| program.clone()),
        plugin_dir: found.tools.plugin_dir.clone(),
        profile: environment.profile.clone(),
        region: environment.region.clone(),
        endpoint_url: environment.endpoint_url.clone(),
        world: super::state_endpoints::from_environment(&found.child_environment),
        declared: environment.endpoint_url.is_some() && !environment.endpoint_typed,
        reads: found.read_only_dependencies.clone(),
        ahead: found.plan_ahead.clone(),
        skip_snapshots: false,
        command,
    }
}
