//! RDS: Aurora clusters and database instances.

use super::budget::Class;
use super::clients::Clients;
use super::convert::{to_count, to_port, to_timestamp};
use super::pages::AnswerSender;
use super::session::{Action, Caller, Session};
use super::writer::Writer;
use crate::app::effect::Priority;
use crate::app::operation::call::{DatabaseState, Reply};
use crate::feeds::aws::Fact;
use crate::model::Failure;
use crate::model::database::{Backup, Database, DbCluster, DbInstance, join};
use crate::model::timer::Power;
use aws_sdk_rds::types as sdk;
use futures_util::future::try_join;
use std::collections::BTreeSet;

pub(super) const DESCRIBE_DB_CLUSTERS: Action = Action { name: "rds:DescribeDBClusters", class: Class::Rds };
pub(super) const DESCRIBE_DB_INSTANCES: Action = Action { name: "rds:DescribeDBInstances", class: Class::Rds };
const STOP_DB_CLUSTER: Action = Action { name: "rds:StopDBCluster", class: Class::Rds };
const START_DB_CLUSTER: Action = Action { name: "rds:StartDBCluster", class: Class::Rds };
const STOP_DB_INSTANCE: Action = Action { name: "rds:StopDBInstance", class: Class::Rds };
const START_DB_INSTANCE: Action = Action { name: "rds:StartDBInstance", class: Class::Rds };
/// Items per page: the maximum of the API.
pub(super) const PAGE: i32 = 100;
/// Maximum number of clusters, and of instances, read; the default quota of AWS is 40 each.
const MAX: usize = 2_000;

fn is_selected(patterns: &[String], id: &str) -> bool {
    patterns.iter().any(|pattern| log_store::pattern::matches(pattern, id))
}

/// Sends the clusters of the account and region.
pub(super) async fn clusters(caller: &Caller<'_>, answers: &AnswerSender<'_>) -> Result<(), Failure> {
    caller
        .pages(
            answers,
            DESCRIBE_DB_CLUSTERS,
            |clients, token| clients.rds().describe_db_clusters().max_records(PAGE).set_marker(token).send(),
            |page| {
                let all = page.db_clusters.unwrap_or_default().into_iter().map(from_cluster);
                (Fact::DbClusters(all.collect()), page.marker)
            },
        )
        .await
}

/// Sends the instances of the account and region.
pub(super) async fn instances(caller: &Caller<'_>, answers: &AnswerSender<'_>) -> Result<(), Failure> {
    caller
        .pages(
            answers,
            DESCRIBE_DB_INSTANCES,
            |clients, token| clients.rds().describe_db_instances().max_records(PAGE).set_marker(token).send(),
            |page| {
                let all = page.db_instances.unwrap_or_default().into_iter().map(from_instance);
                (Fact::DbInstances(all.collect()), page.marker)
            },
        )
        .await
}

/// Returns the clusters, and the instances outside of clusters: what can be stopped and started.
pub(super) async fn states(caller: &Caller<'_>, patterns: &[String]) -> Result<Vec<DatabaseState>, Failure> {
    let (clusters, instances) = listed(caller).await?;
    let clusters = clusters.into_iter();
    let clusters = clusters.map(|cluster| DatabaseState { id: cluster.id, cluster: true, status: cluster.status });
    let instances = instances.into_iter().filter(|instance| instance.cluster.is_none());
    let instances = instances.map(|one| DatabaseState { id: one.id, cluster: false, status: one.status });
    Ok(clusters.chain(instances).filter(|database| is_selected(patterns, &database.id)).collect())
}

impl Session {
    /// Returns the databases that match these patterns.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn databases(&self, patterns: &[String]) -> Result<Vec<Database>, Failure> {
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let (mut clusters, mut instances) = listed(&Caller::new(self, Priority::Operator)).await?;
        let ours = |id: &str| is_selected(patterns, id);
        clusters.retain(|cluster| ours(&cluster.id));
        instances.retain(|instance| ours(&instance.id) || instance.cluster.as_deref().is_some_and(ours));
        Ok(join(&clusters, Some(&instances)))
    }
}

/// Returns the clusters and the instances of the account and region.
async fn listed(caller: &Caller<'_>) -> Result<(Vec<DbCluster>, Vec<DbInstance>), Failure> {
    let clusters = caller.all_pages(
        DESCRIBE_DB_CLUSTERS,
        MAX,
        |clients, token| clients.rds().describe_db_clusters().max_records(PAGE).set_marker(token).send(),
        |page| (page.db_clusters.unwrap_or_default(), page.marker),
    );
    let instances = caller.all_pages(
        DESCRIBE_DB_INSTANCES,
        MAX,
        |clients, token| clients.rds().describe_db_instances().max_records(PAGE).set_marker(token).send(),
        |page| (page.db_instances.unwrap_or_default(), page.marker),
    );
    let (clusters, instances) = try_join(Box::pin(clusters), Box::pin(instances)).await?;
    let clusters: Vec<DbCluster> = clusters.into_iter().map(from_cluster).collect();
    let instances: Vec<DbInstance> = instances.into_iter().map(from_instance).collect();
    Ok((once(clusters, |cluster| cluster.id.as_str()), once(instances, |instance| instance.id.as_str())))
}

/// Removes duplicates: a database on two pages would be stopped twice, and the second request refused.
fn once<T>(all: Vec<T>, id: impl Fn(&T) -> &str) -> Vec<T> {
    let mut seen = BTreeSet::new();
    all.into_iter().filter(|one| seen.insert(id(one).to_owned())).collect()
}

/// Stops or starts a cluster or an instance.
pub(super) async fn power(writer: &Writer<'_>, id: &str, cluster: bool, power: Power) -> Result<Reply, Failure> {
    match (cluster, power) {
        (true, Power::Stop) => {
            let send = |clients: &Clients| clients.rds().stop_db_cluster().db_cluster_identifier(id).send();
            writer.send_once(STOP_DB_CLUSTER, send).await.map(drop)?;
        }
        (true, Power::Start) => {
            let send = |clients: &Clients| clients.rds().start_db_cluster().db_cluster_identifier(id).send();
            writer.send_once(START_DB_CLUSTER, send).await.map(drop)?;
        }
        (false, Power::Stop) => {
            let send = |clients: &Clients| clients.rds().stop_db_instance().db_instance_identifier(id).send();
            writer.send_once(STOP_DB_INSTANCE, send).await.map(drop)?;
        }
        (false, Power::Start) => {
            let send = |clients: &Clients| clients.rds().start_db_instance().db_instance_identifier(id).send();
            writer.send_once(START_DB_INSTANCE, send).await.map(drop)?;
        }
    }
    Ok(Reply::Done)
}

pub(super) fn from_cluster(cluster: sdk::DbCluster) -> DbCluster {
    let serverless = cluster.serverless_v2_scaling_configuration.map(|set| (set.min_capacity, set.max_capacity));
    let older = cluster
        .scaling_configuration_info
        .map(|set| (set.min_capacity.map(f64::from), set.max_capacity.map(f64::from)));
    let acu = serverless.or(older).and_then(|(min, max)| Some((min?, max?)));
    DbCluster {
        id: cluster.db_cluster_identifier.unwrap_or_default(),
        engine: cluster.engine.unwrap_or_default(),
        version: cluster.engine_version.unwrap_or_default(),
        status: cluster.status.unwrap_or_default(),
        endpoint: cluster.endpoint,
        reader_endpoint: cluster.reader_endpoint,
        port: cluster.port.and_then(to_port),
        database: cluster.database_name,
        acu,
        backup: Backup {
            retention_days: cluster.backup_retention_period.map(to_count),
            window: cluster.preferred_backup_window,
            earliest: to_timestamp(cluster.earliest_restorable_time),
            latest: to_timestamp(cluster.latest_restorable_time),
        },
        protected: cluster.deletion_protection.unwrap_or(false),
        encrypted: cluster.storage_encrypted.unwrap_or(false),
        maintenance: cluster.preferred_maintenance_window,
        pending: cluster.pending_modified_values.map(cluster_pending).unwrap_or_default(),
        members: cluster
            .db_cluster_members
            .unwrap_or_default()
            .into_iter()
            .map(|member| {
                let id = member.db_instance_identifier.unwrap_or_default();
                (id, member.is_cluster_writer.unwrap_or(false), member.promotion_tier.map(to_count))
            })
            .collect(),
    }
}

pub(super) fn from_instance(instance: sdk::DbInstance) -> DbInstance {
    let endpoint = instance.endpoint;
    DbInstance {
        id: instance.db_instance_identifier.unwrap_or_default(),
        cluster: instance.db_cluster_identifier.filter(|id| !id.is_empty()),
        engine: instance.engine.unwrap_or_default(),
        version: instance.engine_version.unwrap_or_default(),
        status: instance.db_instance_status.unwrap_or_default(),
        class: instance.db_instance_class.unwrap_or_default(),
        az: instance.availability_zone,
        port: endpoint.as_ref().and_then(|endpoint| endpoint.port).and_then(to_port),
        endpoint: endpoint.and_then(|endpoint| endpoint.address),
        database: instance.db_name,
        multi_az: instance.multi_az.unwrap_or(false),
        storage_gib: instance.allocated_storage.map(to_count),
        backup: Backup {
            retention_days: instance.backup_retention_period.map(to_count),
            window: instance.preferred_backup_window,
            earliest: None,
            latest: to_timestamp(instance.latest_restorable_time),
        },
        protected: instance.deletion_protection.unwrap_or(false),
        encrypted: instance.storage_encrypted.unwrap_or(false),
        maintenance: instance.preferred_maintenance_window,
        replica_of: instance.read_replica_source_db_instance_identifier.filter(|id| !id.is_empty()),
        pending: instance.pending_modified_values.map(instance_pending).unwrap_or_default(),
    }
}

/// Collects pending changes: the setting and its new value.
#[derive(Default)]
struct Pending(Vec<(String, String)>);

impl Pending {
    fn add(&mut self, what: &str, to: Option<impl ToString>) {
        if let Some(to) = to {
            self.0.push((what.to_owned(), to.to_string()));
        }
    }

    fn switch(&mut self, what: &str, to: Option<bool>) {
        self.add(what, to.map(|on| if on { "on" } else { "off" }));
    }

    fn logs(&mut self, logs: Option<sdk::PendingCloudwatchLogsExports>) {
        let Some(logs) = logs else { return };
        for (what, names) in
            [("log export on", logs.log_types_to_enable), ("log export off", logs.log_types_to_disable)]
        {
            let names = names.unwrap_or_default();
            if !names.is_empty() {
                self.add(what, Some(names.join(", ")));
            }
        }
    }
}

fn cluster_pending(values: sdk::ClusterPendingModifiedValues) -> Vec<(String, String)> {
    let mut pending = Pending::default();
    pending.add("identifier", values.db_cluster_identifier);
    pending.add("engine version", values.engine_version);
    // AWS masks it already; whatever it sends is not kept.
    pending.add("master password", values.master_user_password.map(|_| "changed"));
    pending.add("backup retention days", values.backup_retention_period);
    pending.add("storage type", values.storage_type);
    pending.add("storage GiB", values.allocated_storage);
    pending.add("iops", values.iops);
    pending.switch("IAM authentication", values.iam_database_authentication_enabled);
    pending.logs(values.pending_cloudwatch_logs_exports);
    pending.0
}

fn instance_pending(values: sdk::PendingModifiedValues) -> Vec<(String, String)> {
    let mut pending = Pending::default();
    pending.add("class", values.db_instance_class);
    pending.add("storage GiB", values.allocated_storage);
    pending.add("master password", values.master_user_password.map(|_| "changed"));
    pending.add("port", values.port);
    pending.add("backup retention days", values.backup_retention_period);
    pending.switch("multi-AZ", values.multi_az);
    pending.add("engine", values.engine);
    pending.add("engine version", values.engine_version);
    pending.add("license model", values.license_model);
    pending.add("iops", values.iops);
    pending.add("storage throughput", values.storage_throughput);
    pending.add("identifier", values.db_instance_identifier);
    pending.add("storage type", values.storage_type);
    pending.add("certificate authority", values.ca_certificate_identifier);
    pending.add("subnet group", values.db_subnet_group_name);
    pending.switch("IAM authentication", values.iam_database_authentication_enabled);
    pending.switch("dedicated log volume", values.dedicated_log_volume);
    pending.logs(values.pending_cloudwatch_logs_exports);
    pending.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_on_two_pages_is_listed_once() {
        let made = |id: &str| DbInstance { id: id.into(), ..DbInstance::default() };
        let found = once(vec![made("b"), made("a"), made("b")], |one| one.id.as_str());
        assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    }

    #[test]
    fn pending_changes_are_named_without_the_password() {
        let values = sdk::PendingModifiedValues::builder()
            .db_instance_class("db.t4g.small")
            .multi_az(true)
            .master_user_password("hunter2")
            .build();
        let pending = instance_pending(values);
        assert!(pending.contains(&("class".into(), "db.t4g.small".into())));
        assert!(pending.contains(&("multi-AZ".into(), "on".into())));
        assert!(pending.iter().all(|(_, to)| to != "hunter2"));
    }

    #[test]
    fn range_needs_both_ends() {
        let half = sdk::ServerlessV2ScalingConfigurationInfo::builder().min_capacity(0.5).build();
        let cluster = sdk::DbCluster::builder().serverless_v2_scaling_configuration(half).build();
        assert_eq!(from_cluster(cluster).acu, None);
    }
}
