//! Databases: Aurora clusters and RDS instances, joined into one type.
//!
//! `DescribeDBClusters` knows which member is the writer but not the state of each instance; `DescribeDBInstances`
//! knows the state of an instance but not its role. [`join`] combines the two.

use jiff::Timestamp;

/// A cluster as `DescribeDBClusters` returns it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct DbCluster {
    /// The cluster's identifier.
    pub id: String,
    /// `aurora-postgresql`, …
    pub engine: String,
    /// The version of the engine.
    pub version: String,
    /// `available`, `failing-over`, …
    pub status: String,
    /// The writer endpoint.
    pub endpoint: Option<String>,
    pub reader_endpoint: Option<String>,
    pub port: Option<u16>,
    /// The name of the first database.
    pub database: Option<String>,
    /// Serverless capacity range in ACU.
    pub acu: Option<(f64, f64)>,
    pub backup: Backup,
    /// Whether deletion protection is on.
    pub protected: bool,
    /// Whether the storage is encrypted.
    pub encrypted: bool,
    /// Maintenance window, UTC.
    pub maintenance: Option<String>,
    /// Pending changes: setting and new value.
    pub pending: Vec<(String, String)>,
    /// Members: identifier, whether it is the writer, promotion tier (0 is promoted first).
    pub members: Vec<(String, bool, Option<u32>)>,
}

/// An instance as `DescribeDBInstances` returns it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct DbInstance {
    /// The instance's identifier.
    pub id: String,
    /// The cluster it belongs to.
    pub cluster: Option<String>,
    /// `postgres`, …
    pub engine: String,
    /// The version of the engine.
    pub version: String,
    /// `available`, `stopped`, `rebooting`, …
    pub status: String,
    /// `db.t4g.micro`, `db.serverless`, …
    pub class: String,
    /// Availability zone.
    pub az: Option<String>,
    /// The endpoint of this instance only.
    pub endpoint: Option<String>,
    pub port: Option<u16>,
    /// The name of the first database.
    pub database: Option<String>,
    /// Whether it has a standby in another zone.
    pub multi_az: bool,
    pub storage_gib: Option<u32>,
    /// Automated backups; for a member of a cluster they are the cluster's.
    pub backup: Backup,
    /// Whether deletion protection is on.
    pub protected: bool,
    /// Whether the storage is encrypted.
    pub encrypted: bool,
    /// Maintenance window, UTC.
    pub maintenance: Option<String>,
    /// Identifier of the instance it replicates.
    pub replica_of: Option<String>,
    /// Pending changes: setting and new value.
    pub pending: Vec<(String, String)>,
}

/// Automated backups: retention and restorable times.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Backup {
    /// Retention in days; 0 means no backups.
    pub retention_days: Option<u32>,
    /// Daily window, UTC.
    pub window: Option<String>,
    /// The earliest restorable time.
    pub earliest: Option<Timestamp>,
    /// The latest restorable time.
    pub latest: Option<Timestamp>,
}

/// Whether a database is a cluster or an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum DatabaseKind {
    /// An Aurora cluster.
    Aurora,
    /// One RDS instance.
    Rds,
}

impl DatabaseKind {
    /// `aurora` or `rds`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aurora => "aurora",
            Self::Rds => "rds",
        }
    }
}

/// The role of an instance in its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Role {
    /// The instance that accepts writes.
    Writer,
    /// An instance that is read-only.
    Reader,
    /// An instance that belongs to no cluster.
    Instance,
}

impl Role {
    /// `writer`, `reader` or `instance`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Reader => "reader",
            Self::Instance => "instance",
        }
    }
}

/// A database of the environment.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Database {
    /// Identifier of the cluster or of the instance.
    pub id: String,
    /// Aurora or RDS.
    pub kind: DatabaseKind,
    pub engine: String,
    pub version: String,
    pub status: String,
    /// Endpoint for writes.
    pub endpoint: Option<String>,
    /// Endpoint for reads.
    pub reader_endpoint: Option<String>,
    pub port: Option<u16>,
    /// The name of the first database.
    pub database: Option<String>,
    /// Capacity range in ACU.
    pub acu: Option<(f64, f64)>,
    /// Storage in GiB, RDS only.
    pub storage_gib: Option<u32>,
    /// Whether it has a standby in another zone, RDS only.
    pub multi_az: bool,
    pub backup: Backup,
    /// Whether deletion protection is on.
    pub protected: bool,
    /// Whether the storage is encrypted.
    pub encrypted: bool,
    /// Maintenance window, UTC.
    pub maintenance: Option<String>,
    /// Changes that wait for a restart or the maintenance window: setting and new value.
    pub pending: Vec<(String, String)>,
    /// Writer first, then readers by promotion tier.
    pub members: Vec<Member>,
}

/// An instance of a database.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Member {
    /// The instance's identifier.
    pub id: String,
    /// Writer, reader or instance.
    pub role: Role,
    /// The status; `None` while the instances cannot be read.
    pub status: Option<String>,
    pub class: Option<String>,
    /// Availability zone.
    pub az: Option<String>,
    /// Its promotion tier: 0 is promoted first.
    pub tier: Option<u32>,
    /// The endpoint of this instance only.
    pub endpoint: Option<String>,
    /// Changes that wait for a restart or the maintenance window: setting and new value.
    pub pending: Vec<(String, String)>,
}

/// Joins clusters and instances into databases, sorted by identifier. `instances` is `None` while they cannot be read;
/// members then have no status.
pub fn join(clusters: &[DbCluster], instances: Option<&[DbInstance]>) -> Vec<Database> {
    let by_id = |id: &str| instances.and_then(|instances| instances.iter().find(|instance| instance.id == id));
    let mut databases: Vec<Database> = clusters
        .iter()
        .map(|cluster| {
            let mut members: Vec<Member> = cluster
                .members
                .iter()
                .map(|(id, writes, tier)| {
                    let instance = by_id(id);
                    Member {
                        id: id.clone(),
                        role: if *writes { Role::Writer } else { Role::Reader },
                        status: instance.map(|instance| instance.status.clone()),
                        class: instance.map(|instance| instance.class.clone()),
                        az: instance.and_then(|instance| instance.az.clone()),
                        tier: *tier,
                        endpoint: instance.and_then(|instance| instance.endpoint.clone()),
                        pending: instance.map(|instance| instance.pending.clone()).unwrap_or_default(),
                    }
                })
                .collect();
            members
                .sort_by(|a, b| (a.role != Role::Writer, a.tier, &a.id).cmp(&(b.role != Role::Writer, b.tier, &b.id)));
            Database {
                id: cluster.id.clone(),
                kind: DatabaseKind::Aurora,
                engine: cluster.engine.clone(),
                version: cluster.version.clone(),
                status: cluster.status.clone(),
                endpoint: cluster.endpoint.clone(),
                reader_endpoint: cluster.reader_endpoint.clone(),
                port: cluster.port,
                database: cluster.database.clone(),
                acu: cluster.acu,
                storage_gib: None,
                multi_az: false,
                backup: cluster.backup.clone(),
                protected: cluster.protected,
                encrypted: cluster.encrypted,
                maintenance: cluster.maintenance.clone(),
                pending: cluster.pending.clone(),
                members,
            }
        })
        .collect();
    for instance in instances.unwrap_or_default().iter().filter(|instance| instance.cluster.is_none()) {
        databases.push(Database {
            id: instance.id.clone(),
            kind: DatabaseKind::Rds,
            engine: instance.engine.clone(),
            version: instance.version.clone(),
            status: instance.status.clone(),
            endpoint: instance.endpoint.clone(),
            reader_endpoint: None,
            port: instance.port,
            database: instance.database.clone(),
            acu: None,
            storage_gib: instance.storage_gib,
            multi_az: instance.multi_az,
            backup: instance.backup.clone(),
            protected: instance.protected,
            encrypted: instance.encrypted,
            maintenance: instance.maintenance.clone(),
            pending: instance.pending.clone(),
            members: vec![Member {
                id: instance.id.clone(),
                role: if instance.replica_of.is_some() { Role::Reader } else { Role::Instance },
                status: Some(instance.status.clone()),
                class: Some(instance.class.clone()),
                az: instance.az.clone(),
                tier: None,
                endpoint: instance.endpoint.clone(),
                pending: instance.pending.clone(),
            }],
        });
    }
    databases.sort_by(|a, b| a.id.cmp(&b.id));
    // Two pages of a list may contain the same database.
    databases.dedup_by(|a, b| a.id == b.id && a.kind == b.kind);
    databases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_without_its_instance_has_no_status() {
        let cluster = DbCluster {
            id: "c".into(),
            members: vec![("c-2".into(), false, Some(1)), ("c-1".into(), true, Some(0))],
            ..DbCluster::default()
        };
        let joined = join(std::slice::from_ref(&cluster), None);
        assert_eq!(joined[0].members[0].id, "c-1");
        assert_eq!(joined[0].members[0].role, Role::Writer);
        assert_eq!(joined[0].members[1].status, None);
        let instance = DbInstance {
            id: "c-2".into(),
            cluster: Some("c".into()),
            status: "available".into(),
            ..DbInstance::default()
        };
        let lone = DbInstance { id: "a".into(), ..DbInstance::default() };
        let joined = join(&[cluster.clone(), cluster], Some(&[instance, lone.clone(), lone]));
        assert_eq!(joined.len(), 2, "each once");
        assert_eq!(joined[0].id, "a");
        assert_eq!(joined[1].members[1].status.as_deref(), Some("available"));
    }
}
