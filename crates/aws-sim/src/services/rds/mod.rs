//! RDS: the table of operations. Clusters, instances, events and the failover are in `databases`, stopping and
//! starting in `power`, snapshots and reboots in `snapshots`. The durations are part of the world.

mod databases;
mod power;
mod snapshots;

use super::{ApiError, Call};
use crate::wire::Node;

/// Runs an RDS operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "DescribeDBClusters" => databases::clusters(call),
        "DescribeDBInstances" => databases::instances(call),
        "DescribeEvents" => databases::events(call),
        "FailoverDBCluster" => databases::failover(call),
        "RebootDBInstance" => snapshots::reboot(call),
        "CreateDBClusterSnapshot" => snapshots::create(call, true),
        "CreateDBSnapshot" => snapshots::create(call, false),
        "DescribeDBClusterSnapshots" => snapshots::list(call, true),
        "DescribeDBSnapshots" => snapshots::list(call, false),
        "StopDBInstance" | "StartDBInstance" | "StopDBCluster" | "StartDBCluster" => power::call(operation, call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}
