//! RDS: snapshots and reboots. The durations are in `world::snapshots`.

use super::databases::{self, invalid, matches_name, paged};
use crate::account::ACCOUNT;
use crate::clock::{Ms, timestamp};
use crate::services::{ApiError, Call};
use crate::wire::{Node, map};
use crate::world::World;
use crate::world::power::Database;
use crate::world::snapshots::Snapshot;

fn cluster_at(call: &Call<'_>, id: &str) -> Result<usize, ApiError> {
    let mut all = call.world.databases.clusters.iter();
    all.position(|c| c.region == call.region && matches_name(&[id], &c.id, &c.arn()))
        .ok_or_else(|| ApiError::not_found("DBClusterNotFoundFault", format!("DBCluster {id} not found.")))
}

fn instance_at(call: &Call<'_>, id: &str) -> Result<usize, ApiError> {
    let mut all = call.world.databases.instances.iter();
    all.position(|i| i.region == call.region && matches_name(&[id], &i.id, &i.arn()))
        .ok_or_else(|| ApiError::not_found("DBInstanceNotFound", format!("DBInstance {id} not found.")))
}

/// Runs `RebootDBInstance`.
pub(super) fn reboot(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let id = call.input.str("DBInstanceIdentifier").unwrap_or_default().to_owned();
    let at = instance_at(call, &id)?;
    let failover = call.input.bool("ForceFailover").unwrap_or(false);
    let instance = &call.world.databases.instances[at];
    if instance.status != "available" {
        let text = format!("Instance {id} is not in available state.");
        return Err(ApiError::client("InvalidDBInstanceState", text));
    }
    if failover && !instance.multi_az {
        let text = "ForceFailover cannot be specified since the instance is not configured for either MultiAZ or High Availability";
        return Err(ApiError::client("InvalidParameterCombination", text));
    }
    call.world.reboot_start(at, failover);
    Ok(map! {"DBInstance": databases::instance(call.world, at)})
}

/// Runs `CreateDBClusterSnapshot` and `CreateDBSnapshot`.
pub(super) fn create(call: &mut Call<'_>, cluster: bool) -> Result<Node, ApiError> {
    let (of_key, name_key) = if cluster {
        ("DBClusterIdentifier", "DBClusterSnapshotIdentifier")
    } else {
        ("DBInstanceIdentifier", "DBSnapshotIdentifier")
    };
    let id = call.input.str(of_key).ok_or_else(|| invalid(format!("{of_key} is missing")))?.to_owned();
    let name = call.input.str(name_key).ok_or_else(|| invalid(format!("{name_key} is missing")))?.to_ascii_lowercase();
    let of =
        if cluster { Database::Cluster(cluster_at(call, &id)?) } else { Database::Instance(instance_at(call, &id)?) };
    let status = call.world.database_status(of);
    if status != "available" {
        let code = if cluster { "InvalidDBClusterStateFault" } else { "InvalidDBInstanceState" };
        return Err(ApiError::client(code, format!("{id} is not in available state: {status}.")));
    }
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if !begins || !name.chars().all(letters) || name.ends_with('-') || name.contains("--") {
        return Err(invalid(format!("The parameter {name_key} is not a valid identifier.")));
    }
    if call.world.databases.snapshots.iter().any(|s| s.id == name && matches!(s.of, Database::Cluster(_)) == cluster) {
        let code = if cluster { "DBClusterSnapshotAlreadyExistsFault" } else { "DBSnapshotAlreadyExists" };
        return Err(ApiError::client(code, format!("Cannot create the snapshot because {name} already exists.")));
    }
    call.world.snapshot_start(name, of);
    let snapshot = call.world.databases.snapshots.last().map(|s| manual(call.world, s));
    let element = if cluster { "DBClusterSnapshot" } else { "DBSnapshot" };
    let mut answer = map! {};
    answer.set(element, snapshot.unwrap_or(Node::Null));
    Ok(answer)
}

/// Runs `DescribeDBClusterSnapshots` and `DescribeDBSnapshots`.
pub(super) fn list(call: &Call<'_>, cluster: bool) -> Result<Node, ApiError> {
    let (of_key, name_key) = if cluster {
        ("DBClusterIdentifier", "DBClusterSnapshotIdentifier")
    } else {
        ("DBInstanceIdentifier", "DBSnapshotIdentifier")
    };
    let (of, name) = (call.input.str(of_key), call.input.str(name_key));
    let kind = call.input.str("SnapshotType");
    let db = &call.world.databases;
    let all: Vec<(Database, String)> = if cluster {
        let in_region = db.clusters.iter().enumerate().filter(|(_, c)| c.region == call.region);
        in_region.map(|(at, c)| (Database::Cluster(at), c.id.clone())).collect()
    } else {
        let in_region = db.instances.iter().enumerate().filter(|(_, i)| i.region == call.region && i.cluster.is_none());
        in_region.map(|(at, i)| (Database::Instance(at), i.id.clone())).collect()
    };
    let mut rows = Vec::new();
    for (database, id) in all.into_iter().filter(|(_, id)| of.is_none_or(|of| of == id)) {
        if kind.is_none_or(|kind| kind == "automated") {
            for at in call.world.automated_snapshots(database) {
                let day = timestamp(at).strftime("%Y-%m-%d-%H-%M").to_string();
                let name = format!("rds:{id}-{day}");
                rows.push((name.clone(), node(call.world, database, &name, at, "automated", ("available", 100))));
            }
        }
        if kind.is_none_or(|kind| kind == "manual") {
            let manual_snapshots = db.snapshots.iter().filter(|s| s.of == database);
            rows.extend(manual_snapshots.map(|s| (s.id.clone(), manual(call.world, s))));
        }
    }
    if let Some(name) = name {
        rows.retain(|(id, _)| id == name);
        if rows.is_empty() {
            let code = if cluster { "DBClusterSnapshotNotFoundFault" } else { "DBSnapshotNotFound" };
            return Err(ApiError::not_found(code, format!("{name} not found.")));
        }
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    if cluster {
        paged(call, "DBClusterSnapshots", "DBClusterSnapshot", rows.into_iter())
    } else {
        paged(call, "DBSnapshots", "DBSnapshot", rows.into_iter())
    }
}

fn manual(world: &World, snapshot: &Snapshot) -> Node {
    let percent = snapshot.percent(world.now);
    let status = if percent == 100 { "available" } else { "creating" };
    node(world, snapshot.of, &snapshot.id, snapshot.begun, "manual", (status, percent))
}

fn node(world: &World, of: Database, name: &str, at: Ms, kind: &str, (status, percent): (&str, i64)) -> Node {
    match of {
        Database::Cluster(cluster) => {
            let c = &world.databases.clusters[cluster];
            map! {
                "DBClusterSnapshotIdentifier": name,
                "DBClusterIdentifier": &c.id,
                "SnapshotCreateTime": timestamp(at),
                "Engine": "aurora-postgresql",
                "EngineMode": "provisioned",
                "AllocatedStorage": 1,
                "Status": status,
                "Port": 5432,
                "ClusterCreateTime": timestamp(c.created),
                "MasterUsername": "dbadmin",
                "EngineVersion": c.version,
                "LicenseModel": "postgresql-license",
                "SnapshotType": kind,
                "PercentProgress": percent,
                "StorageEncrypted": true,
                "DBClusterSnapshotArn": format!("arn:aws:rds:{}:{ACCOUNT}:cluster-snapshot:{name}", c.region),
                "IAMDatabaseAuthenticationEnabled": false,
            }
        }
        Database::Instance(instance) => {
            let i = &world.databases.instances[instance];
            map! {
                "DBSnapshotIdentifier": name,
                "DBInstanceIdentifier": &i.id,
                "SnapshotCreateTime": timestamp(at),
                "Engine": "postgres",
                "AllocatedStorage": i.storage.unwrap_or(20),
                "Status": status,
                "Port": 5432,
                "AvailabilityZone": i.zone,
                "InstanceCreateTime": timestamp(i.created),
                "MasterUsername": "dbadmin",
                "EngineVersion": i.version,
                "LicenseModel": "postgresql-license",
                "SnapshotType": kind,
                "PercentProgress": percent,
                "StorageType": "gp3",
                "Encrypted": true,
                "DBSnapshotArn": format!("arn:aws:rds:{}:{ACCOUNT}:snapshot:{name}", i.region),
                "IAMDatabaseAuthenticationEnabled": false,
            }
        }
    }
}
