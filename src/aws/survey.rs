//! The resources in a region of an account, for `cockpit init`. It only reads; denied reads are reported,
//! and the rest is returned.

mod other_resources;

use super::budget::Class;
use super::cloudwatch::DESCRIBE_ALARMS;
use super::convert::arn_name;
use super::ecs_definitions::describe;
use super::ecs_services;
use super::machines::InstanceScope;
use super::scheduler::{GET_SCHEDULE, LIST_SCHEDULES};
use super::session::{Action, Caller, Session};
use crate::app::effect::Priority;
use crate::model::Failure;
use crate::model::init::discovered::{Cluster, Region, Service};
use aws_sdk_ecs::types::ClusterField;
use futures_util::future::join_all;
use std::collections::BTreeMap;

pub(super) const LIST_CLUSTERS: Action = Action { name: "ecs:ListClusters", class: Class::EcsClusters };
const DESCRIBE_CLUSTERS: Action = Action { name: "ecs:DescribeClusters", class: Class::EcsClusters };
const DESCRIBE_SERVICES: Action = Action { name: "ecs:DescribeServices", class: Class::EcsServices };
const DB_CLUSTERS: Action = Action { name: "rds:DescribeDBClusters", class: Class::Rds };
const DB_INSTANCES: Action = Action { name: "rds:DescribeDBInstances", class: Class::Rds };
pub(super) const LIST_FUNCTIONS: Action = Action { name: "lambda:ListFunctions", class: Class::Lambda };
/// Maximum number of resources of one kind read.
const MAX: usize = 10_000;
/// Maximum number of clusters in one `DescribeClusters` request.
const CLUSTERS: usize = 100;
const SERVICES: usize = 10;
/// Number of schedules whose time zone is read: one request each.
const SCHEDULES: usize = 20;
/// The variable set for a task that uses a database.
const DATABASE: &str = "DATABASE_URL";

impl Session {
    /// Returns the names of the region's clusters.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn cluster_names(&self) -> Result<Vec<String>, Failure> {
        let arns = cluster_arns(&Caller::new(self, Priority::Operator)).await?;
        Ok(arns.iter().map(|arn| arn_name(arn).to_owned()).collect())
    }

    /// Returns everything in this session's region, and the reads that failed.
    pub async fn survey(&self, region: &str) -> (Region, Vec<String>) {
        let caller = Caller::new(self, Priority::Operator);
        let mut missing = Vec::new();
        let (clusters, databases, alarms, functions, schedules) = tokio::join!(
            Box::pin(clusters(&caller)),
            Box::pin(databases(&caller)),
            Box::pin(alarms(&caller)),
            Box::pin(functions(&caller)),
            Box::pin(schedules(&caller))
        );
        let everything = ["*".to_owned()];
        let machines = InstanceScope::Named(&everything);
        let (balanced, logs, parameters, pools, machines) = tokio::join!(
            Box::pin(other_resources::read_balancer_groups(&caller)),
            Box::pin(other_resources::function_log_groups(&caller)),
            Box::pin(other_resources::parameter_names(&caller)),
            Box::pin(self.user_pools()),
            Box::pin(self.list_instances(&machines))
        );
        let clusters = or_missing(clusters, region, &mut missing);
        let balanced = or_missing(balanced, region, &mut missing);
        let pools = or_missing(pools, region, &mut missing);
        let found = Region {
            name: region.to_owned(),
            balancers: other_resources::balancers(balanced, &clusters),
            clusters,
            databases: or_missing(databases, region, &mut missing),
            alarms: or_missing(alarms, region, &mut missing),
            functions: or_missing(functions, region, &mut missing),
            schedules: or_missing(schedules, region, &mut missing),
            logs: or_missing(logs, region, &mut missing),
            parameters: or_missing(parameters, region, &mut missing),
            pools: pools.into_iter().map(|pool| (pool.id, pool.name)).collect(),
            machines: or_missing(machines, region, &mut missing),
        };
        (found, missing)
    }
}

fn or_missing<T: Default>(read: Result<T, Failure>, region: &str, missing: &mut Vec<String>) -> T {
    read.unwrap_or_else(|failure| {
        missing.push(format!("{failure} ({region})"));
        T::default()
    })
}

async fn cluster_arns(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    caller
        .all_pages(
            LIST_CLUSTERS,
            MAX,
            |clients, token| clients.ecs().list_clusters().set_next_token(token).send(),
            |page| (page.cluster_arns.unwrap_or_default(), page.next_token),
        )
        .await
}

async fn clusters(caller: &Caller<'_>) -> Result<Vec<Cluster>, Failure> {
    let arns = cluster_arns(caller).await?;
    let mut clusters = Vec::new();
    for some in arns.chunks(CLUSTERS) {
        let some = Some(some.to_vec());
        let answer = caller
            .call(DESCRIBE_CLUSTERS, |clients| {
                let request = clients.ecs().describe_clusters().set_clusters(some.clone());
                request.include(ClusterField::Tags).send()
            })
            .await?;
        for cluster in answer.clusters() {
            let tags = cluster.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
            clusters.push(Cluster {
                name: cluster.cluster_name().unwrap_or_default().to_owned(),
                tags: tags.collect::<BTreeMap<_, _>>(),
                services: Vec::new(),
            });
        }
    }
    clusters.sort_by(|a, b| a.name.cmp(&b.name));
    let listed = join_all(clusters.iter().map(|cluster| services(caller, &cluster.name))).await;
    let mut total = 0;
    for (cluster, names) in clusters.iter_mut().zip(listed) {
        cluster.services = names?.into_iter().map(|name| Service { name, ..Service::default() }).collect();
        total += cluster.services.len();
    }
    if total <= other_resources::MAX_INSPECTED_SERVICES {
        for cluster in &mut clusters {
            look_into(caller, cluster).await?;
        }
    }
    Ok(clusters)
}

async fn services(caller: &Caller<'_>, cluster: &str) -> Result<Vec<String>, Failure> {
    let mut names = ecs_services::all_names(caller, cluster).await?;
    names.sort();
    Ok(names)
}

/// Finds the services whose tasks get the address of a database.
async fn look_into(caller: &Caller<'_>, cluster: &mut Cluster) -> Result<(), Failure> {
    let name = cluster.name.clone();
    for some in cluster.services.chunks_mut(SERVICES) {
        let names: Vec<String> = some.iter().map(|service| service.name.clone()).collect();
        let answer = caller
            .call(DESCRIBE_SERVICES, |clients| {
                clients.ecs().describe_services().cluster(&name).set_services(Some(names.clone())).send()
            })
            .await?;
        for described in answer.services() {
            let (Some(service), Some(definition)) = (described.service_name(), described.task_definition()) else {
                continue;
            };
            let Some(service) = some.iter_mut().find(|known| known.name == service) else { continue };
            let (definition, _) = describe(caller, arn_name(definition), false).await?;
            let containers = definition.container_definitions();
            service.uses_database = containers.iter().any(|container| {
                container.secrets().iter().any(|secret| secret.name() == DATABASE)
                    || container.environment().iter().any(|pair| pair.name() == Some(DATABASE))
            });
            let mut given = containers.iter().flat_map(aws_sdk_ecs::types::ContainerDefinition::secrets);
            service.references_parameters = given.any(|secret| !secret.value_from().contains(":secretsmanager:"));
            (service.target_groups, _) = ecs_services::balancer_targets(described.load_balancers().to_vec());
        }
    }
    Ok(())
}

async fn databases(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    let mut found: Vec<String> = caller
        .all_pages(
            DB_CLUSTERS,
            MAX,
            |clients, token| clients.rds().describe_db_clusters().set_marker(token).send(),
            |page| {
                let ids = page.db_clusters.unwrap_or_default();
                (ids.into_iter().filter_map(|cluster| cluster.db_cluster_identifier).collect(), page.marker)
            },
        )
        .await?;
    let alone: Vec<String> = caller
        .all_pages(
            DB_INSTANCES,
            MAX,
            |clients, token| clients.rds().describe_db_instances().set_marker(token).send(),
            |page| {
                let instances = page.db_instances.unwrap_or_default().into_iter();
                let alone = instances.filter(|instance| instance.db_cluster_identifier.is_none());
                (alone.filter_map(|instance| instance.db_instance_identifier).collect(), page.marker)
            },
        )
        .await?;
    found.extend(alone);
    Ok(found)
}

async fn alarms(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    caller
        .all_pages(
            DESCRIBE_ALARMS,
            MAX,
            |clients, token| clients.cloudwatch().describe_alarms().set_next_token(token).send(),
            |page| {
                let names = page.metric_alarms.unwrap_or_default();
                (names.into_iter().filter_map(|alarm| alarm.alarm_name).collect(), page.next_token)
            },
        )
        .await
}

async fn functions(caller: &Caller<'_>) -> Result<Vec<String>, Failure> {
    caller
        .all_pages(
            LIST_FUNCTIONS,
            MAX,
            |clients, token| clients.lambda().list_functions().set_marker(token).send(),
            |page| {
                let names = page.functions.unwrap_or_default();
                (names.into_iter().filter_map(|function| function.function_name).collect(), page.next_marker)
            },
        )
        .await
}

async fn schedules(caller: &Caller<'_>) -> Result<Vec<(String, Option<String>)>, Failure> {
    let mut found: Vec<(String, Option<String>)> = caller
        .all_pages(
            LIST_SCHEDULES,
            MAX,
            |clients, token| clients.scheduler().list_schedules().set_next_token(token).send(),
            |page| {
                let names =
                    page.schedules.into_iter().filter_map(|schedule| Some((schedule.name?, schedule.group_name)));
                (names.collect(), page.next_token)
            },
        )
        .await?;
    found.sort();
    let mut schedules = Vec::new();
    for (number, (name, group)) in found.into_iter().enumerate() {
        let zone = if number < SCHEDULES {
            let answer = caller
                .call(GET_SCHEDULE, |clients| {
                    clients.scheduler().get_schedule().name(&name).set_group_name(group.clone()).send()
                })
                .await?;
            answer.schedule_expression_timezone().filter(|zone| *zone != "UTC").map(str::to_owned)
        } else {
            None
        };
        schedules.push((name, zone));
    }
    Ok(schedules)
}
