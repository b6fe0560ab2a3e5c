//! Tries each read once, for `cockpit doctor`: missing permissions are reported before they are
//! needed.

mod attempt;
mod operations;
mod pane_reads;

pub use attempt::Probe;
pub use pane_reads::{UNTRIED, Untried};

use super::session::{Caller, Session};
use super::{
    autoscaling, cloudwatch, ecs_definitions, ecs_rollouts, ecs_services, ecs_tasks, elbv2, logs, metrics, rds, sts,
};
use crate::app::effect::Priority;
use crate::config::EnvironmentConfig;
use crate::model::partition;
use attempt::{UNUSED_NAME, UNUSED_TASK_ID, try_read};
use futures_util::future::{BoxFuture, join, join_all};

impl Session {
    /// Tries the reads needed by a single pane or command; the rest of the cockpit works without them.
    pub async fn probe_optional(&self, environment: &EnvironmentConfig) -> Vec<Probe> {
        pane_reads::probe(Caller::new(self, Priority::Operator), environment).await
    }

    /// Tries every read that this environment needs, concurrently, with the smallest pages.
    pub async fn probe(&self, environment: &EnvironmentConfig) -> Vec<Probe> {
        let caller = Caller::new(self, Priority::Operator);
        let mut tries: Vec<BoxFuture<'_, Probe>> =
            vec![Box::pin(try_read(caller, sts::GET_CALLER_IDENTITY, |clients| {
                clients.sts().get_caller_identity().send()
            }))];
        if let Some(cluster) = environment.cluster.as_deref() {
            tries.extend(ecs(caller, environment, cluster));
            tries.extend(scaling(caller));
            let region = environment.region.as_deref().unwrap_or("us-east-1");
            let group = format!(
                "arn:{}:elasticloadbalancing:{region}:{}:targetgroup/{UNUSED_NAME}/0000000000000000",
                partition::name(region),
                environment.account.as_deref().unwrap_or("000000000000"),
            );
            tries.push(Box::pin(try_read(caller, elbv2::DESCRIBE_TARGET_HEALTH, move |clients| {
                clients.elbv2().describe_target_health().target_group_arn(&group).send()
            })));
        }
        if !environment.databases.is_empty() {
            // 20 is the minimum page size of RDS.
            tries.push(Box::pin(try_read(caller, rds::DESCRIBE_DB_CLUSTERS, |clients| {
                clients.rds().describe_db_clusters().max_records(20).send()
            })));
            tries.push(Box::pin(try_read(caller, rds::DESCRIBE_DB_INSTANCES, |clients| {
                clients.rds().describe_db_instances().max_records(20).send()
            })));
        }
        tries.push(Box::pin(try_read(caller, cloudwatch::DESCRIBE_ALARMS, |clients| {
            clients.cloudwatch().describe_alarms().max_records(1).send()
        })));
        tries.push(Box::pin(try_read(caller, metrics::GET_METRIC_DATA, |clients| {
            let now = (jiff::Timestamp::now() + caller.session.service_clock().ahead()).as_second();
            let moment = aws_smithy_types::DateTime::from_secs;
            let query =
                metrics::query(0, &metrics::metric_name(&crate::model::MetricKey::DbCpu(UNUSED_NAME.to_owned()), ""));
            clients
                .cloudwatch()
                .get_metric_data()
                .metric_data_queries(query)
                .start_time(moment(now - 60))
                .end_time(moment(now))
                .send()
        })));
        tries.push(Box::pin(try_read(caller, logs::FILTER_LOG_EVENTS, |clients| {
            clients.logs().filter_log_events().log_group_name(UNUSED_NAME).limit(1).send()
        })));
        tries.push(Box::pin(try_read(caller, logs::DESCRIBE_LOG_GROUPS, |clients| {
            clients.logs().describe_log_groups().limit(1).send()
        })));
        let tried = join_all(tries);
        let Some(cluster) = environment.cluster.as_deref() else { return tried.await };
        let changes: BoxFuture<'_, Vec<Probe>> = Box::pin(operations::probe(caller, environment, cluster));
        let (mut tried, changes) = join(tried, changes).await;
        tried.extend(changes);
        tried
    }
}

fn ecs<'a>(caller: Caller<'a>, environment: &'a EnvironmentConfig, cluster: &'a str) -> Vec<BoxFuture<'a, Probe>> {
    let service = environment.exact_services().and_then(<[String]>::first).map_or(UNUSED_NAME, String::as_str);
    vec![
        Box::pin(try_read(caller, ecs_services::DESCRIBE_CLUSTERS, move |clients| {
            clients.ecs().describe_clusters().clusters(cluster).send()
        })),
        Box::pin(try_read(caller, ecs_services::LIST_SERVICES, move |clients| {
            clients.ecs().list_services().cluster(cluster).max_results(1).send()
        })),
        Box::pin(try_read(caller, ecs_services::DESCRIBE_SERVICES, move |clients| {
            clients.ecs().describe_services().cluster(cluster).services(service).send()
        })),
        Box::pin(try_read(caller, ecs_tasks::LIST_TASKS, move |clients| {
            clients.ecs().list_tasks().cluster(cluster).max_results(1).send()
        })),
        Box::pin(try_read(caller, ecs_tasks::DESCRIBE_TASKS, move |clients| {
            clients.ecs().describe_tasks().cluster(cluster).tasks(UNUSED_TASK_ID).send()
        })),
        Box::pin(try_read(caller, ecs_definitions::DESCRIBE_TASK_DEFINITION, |clients| {
            clients.ecs().describe_task_definition().task_definition(UNUSED_NAME).send()
        })),
        Box::pin(try_read(caller, ecs_rollouts::LIST_SERVICE_DEPLOYMENTS, move |clients| {
            clients.ecs().list_service_deployments().cluster(cluster).service(service).max_results(1).send()
        })),
    ]
}

fn scaling(caller: Caller<'_>) -> Vec<BoxFuture<'_, Probe>> {
    use aws_sdk_applicationautoscaling::types::ServiceNamespace::Ecs;
    vec![
        Box::pin(try_read(caller, autoscaling::DESCRIBE_SCALABLE_TARGETS, |clients| {
            clients.autoscaling().describe_scalable_targets().service_namespace(Ecs).max_results(1).send()
        })),
        Box::pin(try_read(caller, autoscaling::DESCRIBE_SCALING_POLICIES, |clients| {
            clients.autoscaling().describe_scaling_policies().service_namespace(Ecs).max_results(1).send()
        })),
        Box::pin(try_read(caller, autoscaling::DESCRIBE_SCHEDULED_ACTIONS, |clients| {
            clients.autoscaling().describe_scheduled_actions().service_namespace(Ecs).max_results(1).send()
        })),
        Box::pin(try_read(caller, autoscaling::DESCRIBE_SCALING_ACTIVITIES, |clients| {
            clients.autoscaling().describe_scaling_activities().service_namespace(Ecs).max_results(1).send()
        })),
    ]
}
