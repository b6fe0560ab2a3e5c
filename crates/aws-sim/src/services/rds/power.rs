//! RDS: stopping and starting databases. The durations are in `world::power`.

use super::databases::{self, matches_name};
use crate::services::{ApiError, Call};
use crate::wire::{Node, map};
use crate::world::power::Database;

/// Runs `StopDBInstance`, `StartDBInstance`, `StopDBCluster` or `StartDBCluster`.
pub(super) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    let on = operation.starts_with("Start");
    if operation.ends_with("Cluster") { cluster(call, on) } else { instance(call, on) }
}

/// The state that the database must be in.
fn resting(on: bool) -> &'static str {
    if on { "stopped" } else { "available" }
}

fn instance(call: &mut Call<'_>, on: bool) -> Result<Node, ApiError> {
    let id = call.input.str("DBInstanceIdentifier").unwrap_or_default();
    let region = call.region;
    let all = &call.world.databases.instances;
    let at = all
        .iter()
        .position(|i| i.region == region && matches_name(&[id], &i.id, &i.arn()))
        .ok_or_else(|| ApiError::not_found("DBInstanceNotFound", format!("DBInstance {id} not found.")))?;
    if all[at].cluster.is_some() {
        let text = "aurora-postgresql DB instances are not eligible for stopping or starting.";
        return Err(ApiError::client("InvalidParameterCombination", text));
    }
    let required = resting(on);
    if all[at].status != required {
        let text = format!("Instance {id} is not in {required} state.");
        return Err(ApiError::client("InvalidDBInstanceState", text));
    }
    call.world.switch(Database::Instance(at), on);
    Ok(map! {"DBInstance": databases::instance(call.world, at)})
}

fn cluster(call: &mut Call<'_>, on: bool) -> Result<Node, ApiError> {
    let id = call.input.str("DBClusterIdentifier").unwrap_or_default();
    let region = call.region;
    let all = &call.world.databases.clusters;
    let at = all
        .iter()
        .position(|c| c.region == region && matches_name(&[id], &c.id, &c.arn()))
        .ok_or_else(|| ApiError::not_found("DBClusterNotFoundFault", format!("DBCluster {id} not found.")))?;
    let required = resting(on);
    let status = call.world.database_status(Database::Cluster(at));
    if status != required {
        let text = format!("DbCluster {id} is in {status} state but expected it to be one of {required}.");
        return Err(ApiError::client("InvalidDBClusterStateFault", text));
    }
    call.world.switch(Database::Cluster(at), on);
    Ok(map! {"DBCluster": databases::cluster(call.world, at)})
}
