//! RDS: clusters, instances, events, and the failover. The duration of a failover is part of the world.

use crate::clock::timestamp;
use crate::rng;
use crate::services::{ApiError, Call, token};
use crate::wire::{Node, map, named_list};
use crate::world::databases::DbEvent;
use crate::world::{DAY, MINUTE, World};

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::client("InvalidParameterValue", message)
}

/// Returns a page of keyed nodes as `{LIST, Marker}`: `MaxRecords` is 20 to 100, by default 100.
pub(super) fn paged(
    call: &Call<'_>,
    name: &'static str,
    item: &'static str,
    rows: impl Iterator<Item = (String, Node)>,
) -> Result<Node, ApiError> {
    let size = match call.input.int("MaxRecords") {
        None if call.input.get("MaxRecords").is_some() => return Err(invalid("MaxRecords is not a number")),
        None => 100,
        Some(n) => usize::try_from(n)
            .ok()
            .filter(|n| (20..=100).contains(n))
            .ok_or_else(|| invalid(format!("Invalid value {n} for MaxRecords. Must be between 20 and 100")))?,
    };
    let (items, next) =
        token::page(rows, call.input.str("Marker"), size).ok_or_else(|| invalid("The marker is not valid"))?;
    let mut answer = map! {"Marker": next};
    answer.set(name, named_list(item, items));
    Ok(answer)
}

/// Parses the filters of a call; an unknown filter is an error.
fn filter<'a>(call: &Call<'a>, known: &[&str]) -> Result<Vec<(&'a str, Vec<&'a str>)>, ApiError> {
    let mut filters = Vec::new();
    for f in call.input.items("Filters") {
        let name = f.str("Name").unwrap_or_default();
        if !known.contains(&name) {
            return Err(invalid(format!("Unrecognized filter name: {name}")));
        }
        filters.push((name, f.strings("Values")));
    }
    Ok(filters)
}

pub(super) fn clusters(call: &Call<'_>) -> Result<Node, ApiError> {
    let filters = filter(call, &["db-cluster-id", "engine", "domain", "clone-group-id", "db-cluster-resource-id"])?;
    let id = call.input.str("DBClusterIdentifier");
    let mut rows = Vec::new();
    for (at, c) in call.world.databases.clusters.iter().enumerate().filter(|(_, c)| c.region == call.region) {
        let arn = c.arn();
        let matches = filters.iter().all(|(name, values)| match *name {
            "db-cluster-id" => matches_name(values, &c.id, &arn),
            "engine" => values.contains(&"aurora-postgresql"),
            _ => false,
        });
        if matches && id.is_none_or(|id| matches_name(&[id], &c.id, &arn)) {
            rows.push((c.id.clone(), cluster(call.world, at)));
        }
    }
    if let Some(id) = id.filter(|_| rows.is_empty()) {
        return Err(ApiError::not_found("DBClusterNotFoundFault", format!("DBCluster {id} not found.")));
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    paged(call, "DBClusters", "DBCluster", rows.into_iter())
}

fn resource_id(prefix: &str, id: &str) -> String {
    let text: String = rng::Rng::new(10, id).token(26).to_uppercase().replace(['-', '_'], "A");
    format!("{prefix}-{text}")
}

fn security_groups(id: &str) -> Node {
    let group = format!("sg-{:017x}", rng::hash(11, id) & 0xff_ffff_ffff_ffff);
    named_list("VpcSecurityGroupMembership", [map! {"VpcSecurityGroupId": group, "Status": "active"}])
}

fn tags(id: &str) -> Node {
    let environment = if id.contains("prod") { "prod" } else { "staging" };
    named_list("Tag", [map! {"Key": "Environment", "Value": environment}])
}

pub(super) fn cluster(world: &World, at: usize) -> Node {
    let c = &world.databases.clusters[at];
    let writer = c.writer();
    let members = c.members.iter().map(|m| {
        let i = &world.databases.instances[*m];
        map! {
            "DBInstanceIdentifier": &i.id,
            "IsClusterWriter": *m == writer,
            "DBClusterParameterGroupStatus": "in-sync",
            "PromotionTier": i.tier,
        }
    });
    let zones = c.members.iter().map(|m| world.databases.instances[*m].zone);
    map! {
        "AllocatedStorage": 1,
        "AvailabilityZones": named_list("AvailabilityZone", zones),
        "BackupRetentionPeriod": c.backup_days,
        "DatabaseName": "bookmarkdb",
        "DBClusterIdentifier": &c.id,
        "DBClusterParameterGroup": "default.aurora-postgresql17",
        "DBSubnetGroup": format!("{}-subnets", c.id),
        "Status": c.status,
        "EarliestRestorableTime": timestamp(world.now - i64::from(c.backup_days) * DAY),
        "Endpoint": c.host(false),
        "ReaderEndpoint": c.host(true),
        "MultiAZ": c.members.len() > 1,
        "Engine": "aurora-postgresql",
        "EngineVersion": c.version,
        "LatestRestorableTime": timestamp(world.now - 4 * MINUTE),
        "Port": 5432,
        "MasterUsername": "dbadmin",
        "PreferredBackupWindow": "17:00-18:00",
        "PreferredMaintenanceWindow": "sun:18:30-sun:19:30",
        "DBClusterMembers": named_list("DBClusterMember", members),
        "VpcSecurityGroups": security_groups(&c.id),
        "HostedZoneId": "Z24O6O9L7SGTNB",
        "StorageEncrypted": true,
        "DbClusterResourceId": resource_id("cluster", &c.id),
        "DBClusterArn": c.arn(),
        "IAMDatabaseAuthenticationEnabled": false,
        "ClusterCreateTime": timestamp(c.created),
        "EngineMode": "provisioned",
        "DeletionProtection": c.deletion_protection,
        "HttpEndpointEnabled": false,
        "CopyTagsToSnapshot": true,
        "CrossAccountClone": false,
        "TagList": tags(&c.id),
        "ServerlessV2ScalingConfiguration": map! {"MinCapacity": c.min_acu, "MaxCapacity": c.max_acu},
        "AutoMinorVersionUpgrade": true,
        "DatabaseInsightsMode": "standard",
    }
}

pub(super) fn instances(call: &Call<'_>) -> Result<Node, ApiError> {
    let filters = filter(call, &["db-cluster-id", "db-instance-id", "dbi-resource-id", "domain", "engine"])?;
    let id = call.input.str("DBInstanceIdentifier");
    let db = &call.world.databases;
    let mut rows = Vec::new();
    for (at, i) in db.instances.iter().enumerate().filter(|(_, i)| i.region == call.region) {
        let arn = i.arn();
        let cluster = i.cluster.map(|c| &db.clusters[c]);
        let engine = if cluster.is_some() { "aurora-postgresql" } else { "postgres" };
        let matches = filters.iter().all(|(name, values)| match *name {
            "db-instance-id" => matches_name(values, &i.id, &arn),
            "db-cluster-id" => cluster.is_some_and(|c| matches_name(values, &c.id, &c.arn())),
            "engine" => values.contains(&engine),
            _ => false,
        });
        if matches && id.is_none_or(|id| matches_name(&[id], &i.id, &arn)) {
            rows.push((i.id.clone(), instance(call.world, at)));
        }
    }
    if let Some(id) = id.filter(|_| rows.is_empty()) {
        return Err(ApiError::not_found("DBInstanceNotFound", format!("DBInstance {id} not found.")));
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    paged(call, "DBInstances", "DBInstance", rows.into_iter())
}

pub(super) fn instance(world: &World, at: usize) -> Node {
    let i = &world.databases.instances[at];
    let cluster = i.cluster.map(|c| &world.databases.clusters[c]);
    let aurora = cluster.is_some();
    let name = cluster.map_or(&i.id, |c| &c.id);
    map! {
        "DBInstanceIdentifier": &i.id,
        "DBInstanceClass": i.class,
        "Engine": if aurora { "aurora-postgresql" } else { "postgres" },
        "DBInstanceStatus": i.status,
        "MasterUsername": "dbadmin",
        "DBName": "bookmarkdb",
        "Endpoint": map! {
            "Address": i.host(),
            "Port": 5432,
            "HostedZoneId": "Z24O6O9L7SGTNB",
        },
        "AllocatedStorage": i.storage.unwrap_or(1),
        "InstanceCreateTime": timestamp(i.created),
        "PreferredBackupWindow": "17:00-18:00",
        "BackupRetentionPeriod": i.backup_days,
        "DBSecurityGroups": named_list("DBSecurityGroup", Vec::<Node>::new()),
        "VpcSecurityGroups": security_groups(name),
        "DBParameterGroups": named_list("DBParameterGroup", [map! {
            "DBParameterGroupName": if aurora { "default.aurora-postgresql17" } else { "default.postgres17" },
            "ParameterApplyStatus": "in-sync",
        }]),
        "AvailabilityZone": i.zone,
        "DBSubnetGroup": map! {
            "DBSubnetGroupName": format!("{name}-subnets"),
            "DBSubnetGroupDescription": "Managed by Terraform",
            "VpcId": format!("vpc-{:017x}", rng::hash(12, name) & 0xff_ffff_ffff_ffff),
            "SubnetGroupStatus": "Complete",
        },
        "PreferredMaintenanceWindow": "sun:18:30-sun:19:30",
        "PendingModifiedValues": Node::Map(i.pending.iter().map(|(k, v)| (k.clone().into(), Node::from(v))).collect()),
        "LatestRestorableTime": (!aurora).then(|| timestamp(world.now - 4 * MINUTE)),
        "MultiAZ": i.multi_az,
        "EngineVersion": i.version,
        "AutoMinorVersionUpgrade": true,
        "ReadReplicaDBInstanceIdentifiers": named_list("ReadReplicaDBInstanceIdentifier", Vec::<Node>::new()),
        "LicenseModel": "postgresql-license",
        "OptionGroupMemberships": named_list("OptionGroupMembership", [map! {
            "OptionGroupName": if aurora { "default:aurora-postgresql-17" } else { "default:postgres-17" },
            "Status": "in-sync",
        }]),
        "PubliclyAccessible": i.public,
        "StorageType": if aurora { "aurora" } else { "gp3" },
        "StorageThroughput": (!aurora).then_some(125),
        "Iops": (!aurora).then_some(3000),
        "DbInstancePort": 0,
        "DBClusterIdentifier": cluster.map(|c| &c.id),
        "StorageEncrypted": true,
        "DbiResourceId": resource_id("db", &i.id),
        "CACertificateIdentifier": "rds-ca-rsa2048-g1",
        "CopyTagsToSnapshot": true,
        "MonitoringInterval": 0,
        "PromotionTier": aurora.then_some(i.tier),
        "DBInstanceArn": i.arn(),
        "IAMDatabaseAuthenticationEnabled": false,
        "PerformanceInsightsEnabled": true,
        "PerformanceInsightsRetentionPeriod": 7,
        "DeletionProtection": i.deletion_protection,
        "AssociatedRoles": named_list("DBInstanceRole", Vec::<Node>::new()),
        "TagList": tags(&i.id),
        "CustomerOwnedIpEnabled": false,
        "BackupTarget": "region",
        "NetworkType": "IPV4",
        "DatabaseInsightsMode": "standard",
    }
}

pub(super) fn events(call: &Call<'_>) -> Result<Node, ApiError> {
    let input = call.input;
    let source = input.str("SourceIdentifier");
    let kind = input.str("SourceType");
    if source.is_some() && kind.is_none() {
        let text = "The parameter SourceType must be provided when SourceIdentifier is specified";
        return Err(ApiError::client("InvalidParameterCombination", text));
    }
    for key in ["StartTime", "EndTime"] {
        if input.get(key).is_some() && input.time(key).is_none() {
            return Err(invalid(format!("{key} is not a time")));
        }
    }
    // One hour by default, 14 days at most.
    let minutes = input.int("Duration").unwrap_or(60).clamp(1, 20_160);
    let end = input.time("EndTime").map_or(call.world.now, jiff::Timestamp::as_millisecond);
    let start = input.time("StartTime").map_or(end - minutes * MINUTE, jiff::Timestamp::as_millisecond);
    let start = start.max(call.world.now - 14 * DAY);
    let categories = input.strings("EventCategories");
    let is_requested = |e: &&DbEvent| {
        e.region == call.region
            && (start..=end).contains(&e.at)
            && source.is_none_or(|s| s == e.source)
            && kind.is_none_or(|k| k == e.kind)
            && (categories.is_empty() || categories.contains(&e.category))
    };
    let rows = call.world.databases.events.iter().filter(is_requested).enumerate().map(|(n, e)| {
        let node = map! {
            "SourceIdentifier": &e.source,
            "SourceType": e.kind,
            "Message": &e.message,
            "EventCategories": named_list("EventCategory", [e.category]),
            "Date": timestamp(e.at),
            "SourceArn": &e.arn,
        };
        (format!("{:020}{n:06}", e.at), node)
    });
    paged(call, "Events", "Event", rows)
}

pub(super) fn failover(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let id = call.input.str("DBClusterIdentifier").ok_or_else(|| invalid("DBClusterIdentifier is missing"))?;
    let region = call.region;
    let db = &call.world.databases;
    let at = db
        .clusters
        .iter()
        .position(|c| c.region == region && matches_name(&[id], &c.id, &c.arn()))
        .ok_or_else(|| ApiError::not_found("DBClusterNotFoundFault", format!("DBCluster {id} not found.")))?;
    let c = &db.clusters[at];
    let state = |text: &str| ApiError::client("InvalidDBClusterStateFault", text);
    if c.status != "available" {
        return Err(state(&format!("DB cluster {id} is not in the available state: {}.", c.status)));
    }
    if c.members.len() < 2 {
        return Err(state(&format!("DB cluster {id} has no reader to fail over to.")));
    }
    let to = match call.input.str("TargetDBInstanceIdentifier") {
        None => None,
        Some(target) => Some(
            c.members
                .iter()
                .copied()
                .find(|m| db.instances[*m].id == target && *m != c.writer())
                .ok_or_else(|| state(&format!("DB instance {target} is not a reader of {id}.")))?,
        ),
    };
    call.world.failover_start(at, to, false);
    Ok(map! {"DBCluster": cluster(call.world, at)})
}

/// Whether `values` contain an identifier or its ARN.
pub(super) fn matches_name(values: &[&str], id: &str, arn: &str) -> bool {
    values.iter().any(|v| *v == id || *v == arn)
}
