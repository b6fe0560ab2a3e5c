//! RDS: a single database, its events, and its snapshots.

use super::budget::Class;
use super::convert::{to_count, to_timestamp};
use super::metrics;
use super::pages::AnswerSender;
use super::rds::{DESCRIBE_DB_CLUSTERS, DESCRIBE_DB_INSTANCES, PAGE, from_cluster, from_instance};
use super::session::{Action, Caller};
use crate::app::operation::database::call::{RdsRead, RdsReply};
use crate::feeds::aws::Fact;
use crate::model::database::join;
use crate::model::failover::Figures;
use crate::model::{Database, DatabaseEvent, DatabaseSnapshot, Failure, MetricKey};
use aws_sdk_rds::types as sdk;
use futures_util::future::{try_join, try_join_all};
use jiff::Timestamp;

pub(super) const DESCRIBE_EVENTS: Action = Action { name: "rds:DescribeEvents", class: Class::Rds };
pub(super) const DESCRIBE_DB_CLUSTER_SNAPSHOTS: Action =
    Action { name: "rds:DescribeDBClusterSnapshots", class: Class::Rds };
pub(super) const DESCRIBE_DB_SNAPSHOTS: Action = Action { name: "rds:DescribeDBSnapshots", class: Class::Rds };
/// Maximum number of events read for one source.
const MAX_EVENTS: usize = 1_000;
/// Maximum number of snapshots read; the default quota of AWS is 100 manual ones, and 35 days of automated ones.
const MAX_SNAPSHOTS: usize = 2_000;
/// Maximum number of members of one cluster read. Source: 15 readers and the writer.
const MAX_MEMBERS: usize = 100;

/// Executes a read of an operation.
pub(super) async fn read(caller: &Caller<'_>, read: RdsRead) -> Result<RdsReply, Failure> {
    match read {
        RdsRead::Database { id, cluster } => {
            Box::pin(one(caller, &id, cluster)).await.map(|found| RdsReply::Database(found.map(Box::new)))
        }
        RdsRead::Events { sources, since } => {
            let each = sources.iter().map(|(id, cluster)| events_of(caller, id, *cluster, since));
            let pages = Box::pin(try_join_all(each)).await?;
            let mut sorted: Vec<DatabaseEvent> = pages.into_iter().flatten().collect();
            sorted.sort_by_key(|event| event.at);
            Ok(RdsReply::Events(sorted))
        }
        RdsRead::Snapshots { id, cluster: true } => {
            Box::pin(cluster_snapshots_of(caller, Some(&id))).await.map(RdsReply::Snapshots)
        }
        RdsRead::Snapshots { id, cluster: false } => {
            Box::pin(snapshots_of(caller, Some(&id))).await.map(RdsReply::Snapshots)
        }
        RdsRead::Figures { members, now } => Box::pin(figures(caller, &members, now)).await.map(RdsReply::Figures),
    }
}

fn filter(name: &str, id: &str) -> sdk::Filter {
    sdk::Filter::builder().name(name).values(id).build()
}

/// Returns one database with its members, or `None` if it does not exist.
async fn one(caller: &Caller<'_>, id: &str, cluster: bool) -> Result<Option<Database>, Failure> {
    let name = if cluster { "db-cluster-id" } else { "db-instance-id" };
    let instances = caller.all_pages(
        DESCRIBE_DB_INSTANCES,
        MAX_MEMBERS,
        |clients, token| {
            let ask = clients.rds().describe_db_instances().max_records(PAGE).set_marker(token);
            ask.filters(filter(name, id)).send()
        },
        |page| (page.db_instances.unwrap_or_default(), page.marker),
    );
    let clusters = async {
        if !cluster {
            return Ok(Vec::new());
        }
        let clusters = caller.all_pages(
            DESCRIBE_DB_CLUSTERS,
            1,
            |clients, token| {
                let ask = clients.rds().describe_db_clusters().max_records(PAGE).set_marker(token);
                ask.filters(filter(name, id)).send()
            },
            |page| (page.db_clusters.unwrap_or_default(), page.marker),
        );
        Box::pin(clusters).await
    };
    let (clusters, instances) = try_join(Box::pin(clusters), Box::pin(instances)).await?;
    let clusters: Vec<_> = clusters.into_iter().map(from_cluster).collect();
    let instances: Vec<_> = instances.into_iter().map(from_instance).collect();
    Ok(join(&clusters, Some(&instances)).into_iter().find(|database| database.id == id))
}

async fn events_of(
    caller: &Caller<'_>,
    id: &str,
    cluster: bool,
    since: Option<Timestamp>,
) -> Result<Vec<DatabaseEvent>, Failure> {
    let kind = if cluster { sdk::SourceType::DbCluster } else { sdk::SourceType::DbInstance };
    let since = since.map(super::convert::to_sdk_time);
    caller
        .all_pages(
            DESCRIBE_EVENTS,
            MAX_EVENTS,
            |clients, token| {
                let ask = clients.rds().describe_events().max_records(PAGE).set_marker(token);
                ask.source_identifier(id).source_type(kind.clone()).set_start_time(since).send()
            },
            |page| {
                let events = page.events.unwrap_or_default().into_iter().filter_map(from_event);
                (events.collect(), page.marker)
            },
        )
        .await
}

/// Sends the snapshots of the account and region: of clusters and of instances.
pub(super) async fn snapshots(caller: &Caller<'_>, answers: &AnswerSender<'_>) -> Result<(), Failure> {
    let (mut clusters, instances) =
        try_join(Box::pin(cluster_snapshots_of(caller, None)), Box::pin(snapshots_of(caller, None))).await?;
    clusters.extend(instances);
    answers.last(Fact::DbSnapshots(clusters)).await;
    Ok(())
}

/// Returns the number of a database's automated snapshots, which AWS deletes together with it.
pub(super) async fn automated_snapshot_count(caller: &Caller<'_>, id: &str, cluster: bool) -> Result<u64, Failure> {
    let all = if cluster {
        Box::pin(cluster_snapshots_of(caller, Some(id))).await?
    } else {
        Box::pin(snapshots_of(caller, Some(id))).await?
    };
    Ok(all.iter().filter(|snapshot| snapshot.automated).count() as u64)
}

async fn cluster_snapshots_of(caller: &Caller<'_>, id: Option<&str>) -> Result<Vec<DatabaseSnapshot>, Failure> {
    caller
        .all_pages(
            DESCRIBE_DB_CLUSTER_SNAPSHOTS,
            MAX_SNAPSHOTS,
            |clients, token| {
                let ask = clients.rds().describe_db_cluster_snapshots().max_records(PAGE).set_marker(token);
                ask.set_db_cluster_identifier(id.map(str::to_owned)).send()
            },
            |page| {
                let snapshots = page.db_cluster_snapshots.unwrap_or_default().into_iter().map(from_cluster_snapshot);
                (snapshots.collect(), page.marker)
            },
        )
        .await
}

async fn snapshots_of(caller: &Caller<'_>, id: Option<&str>) -> Result<Vec<DatabaseSnapshot>, Failure> {
    caller
        .all_pages(
            DESCRIBE_DB_SNAPSHOTS,
            MAX_SNAPSHOTS,
            |clients, token| {
                let ask = clients.rds().describe_db_snapshots().max_records(PAGE).set_marker(token);
                ask.set_db_instance_identifier(id.map(str::to_owned)).send()
            },
            |page| {
                let snapshots = page.db_snapshots.unwrap_or_default().into_iter().map(from_snapshot);
                (snapshots.collect(), page.marker)
            },
        )
        .await
}

async fn figures(caller: &Caller<'_>, members: &[String], now: Timestamp) -> Result<Figures, Failure> {
    let keys: Vec<MetricKey> =
        members.iter().flat_map(|id| [MetricKey::DbLag(id.clone()), MetricKey::DbConnections(id.clone())]).collect();
    let mut figures = Figures::default();
    for (key, value) in metrics::newest_points(caller, &keys, now).await? {
        match key {
            MetricKey::DbLag(id) => drop(figures.lag.insert(id, value)),
            MetricKey::DbConnections(id) => drop(figures.connections.insert(id, value)),
            _ => {}
        }
    }
    Ok(figures)
}

/// Converts an event; one without a time is omitted.
pub(super) fn from_event(event: sdk::Event) -> Option<DatabaseEvent> {
    Some(DatabaseEvent {
        at: to_timestamp(event.date)?,
        source: event.source_identifier.unwrap_or_default(),
        cluster: event.source_type == Some(sdk::SourceType::DbCluster),
        categories: event.event_categories.unwrap_or_default(),
        message: event.message.unwrap_or_default(),
    })
}

fn from_cluster_snapshot(snapshot: sdk::DbClusterSnapshot) -> DatabaseSnapshot {
    DatabaseSnapshot {
        id: snapshot.db_cluster_snapshot_identifier.unwrap_or_default(),
        database: snapshot.db_cluster_identifier.unwrap_or_default(),
        cluster: true,
        status: snapshot.status.unwrap_or_default(),
        automated: snapshot.snapshot_type.as_deref() == Some("automated"),
        at: to_timestamp(snapshot.snapshot_create_time),
        percent: snapshot.percent_progress.map(to_count),
        size_gib: snapshot.allocated_storage.map(to_count).filter(|size| *size > 0),
        encrypted: snapshot.storage_encrypted.unwrap_or(false),
        version: snapshot.engine_version.unwrap_or_default(),
    }
}

fn from_snapshot(snapshot: sdk::DbSnapshot) -> DatabaseSnapshot {
    DatabaseSnapshot {
        id: snapshot.db_snapshot_identifier.unwrap_or_default(),
        database: snapshot.db_instance_identifier.unwrap_or_default(),
        cluster: false,
        status: snapshot.status.unwrap_or_default(),
        automated: snapshot.snapshot_type.as_deref() == Some("automated"),
        at: to_timestamp(snapshot.snapshot_create_time),
        percent: snapshot.percent_progress.map(to_count),
        size_gib: snapshot.allocated_storage.map(to_count).filter(|size| *size > 0),
        encrypted: snapshot.encrypted.unwrap_or(false),
        version: snapshot.engine_version.unwrap_or_default(),
    }
}
