//! ECS clusters and services.

use super::budget::Class;
use super::convert::{arn_name, owned_arn_name, to_count, to_timestamp};
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::app::operation::call::{DESIRED_COUNT_TAG, SUSPENDED_SCALING_TAG};
use crate::feeds::aws::Fact;
use crate::model::scaling::Suspended;
use crate::model::service::{Breaker, Cluster, Deployment, RolloutState, Service, ServiceEvent};
use crate::model::{Failure, FailureKind};
use aws_sdk_ecs::types as sdk;

pub(super) const DESCRIBE_CLUSTERS: Action = Action { name: "ecs:DescribeClusters", class: Class::EcsClusters };
pub(super) const LIST_SERVICES: Action = Action { name: "ecs:ListServices", class: Class::EcsServices };
pub(super) const DESCRIBE_SERVICES: Action = Action { name: "ecs:DescribeServices", class: Class::EcsServices };
/// Items per page of `ListServices`: the maximum of the API.
const PAGE: i32 = 100;
/// Maximum number of services in a cluster: AWS allows half of that.
const MAX: usize = 10_000;

/// Sends the cluster, or that there is none with this name.
pub(super) async fn cluster(caller: &Caller<'_>, answers: &AnswerSender<'_>, name: &str) -> Result<(), Failure> {
    let answer =
        caller.call(DESCRIBE_CLUSTERS, |clients| clients.ecs().describe_clusters().clusters(name).send()).await?;
    let refused = answer.failures.unwrap_or_default().into_iter().find(|failure| !is_missing(failure));
    let cluster = answer.clusters.unwrap_or_default().into_iter().next().map(from_cluster);
    if let (None, Some(refused)) = (&cluster, refused) {
        return Err(refusal(DESCRIBE_CLUSTERS, &refused));
    }
    answers.last(Fact::Cluster(cluster)).await;
    Ok(())
}

/// Sends the names of all services.
pub(super) async fn names(caller: &Caller<'_>, answers: &AnswerSender<'_>, cluster: &str) -> Result<(), Failure> {
    caller
        .pages(
            answers,
            LIST_SERVICES,
            |clients, token| {
                clients.ecs().list_services().cluster(cluster).max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                let names = page.service_arns.unwrap_or_default().iter().map(|arn| arn_name(arn).to_owned()).collect();
                (Fact::ServiceNames(names), page.next_token)
            },
        )
        .await
}

/// Returns the names of all services of a cluster, completely or not at all.
pub(super) async fn all_names(caller: &Caller<'_>, cluster: &str) -> Result<Vec<String>, Failure> {
    caller
        .all_pages(
            LIST_SERVICES,
            MAX,
            |clients, token| {
                clients.ecs().list_services().cluster(cluster).max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                let names = page.service_arns.unwrap_or_default();
                (names.iter().map(|arn| arn_name(arn).to_owned()).collect(), page.next_token)
            },
        )
        .await
}

/// Returns a service that matches.
pub(super) async fn find_matching(caller: &Caller<'_>, cluster: &str, wanted: impl Fn(&str) -> bool) -> Option<String> {
    all_names(caller, cluster).await.ok()?.into_iter().find(|name| wanted(name))
}

/// Reads at most ten services.
pub(super) async fn services(
    caller: &Caller<'_>,
    answers: &AnswerSender<'_>,
    cluster: &str,
    names: &[String],
) -> Result<(), Failure> {
    let (services, failures) = describe(caller, cluster, names, false).await?;
    if let Some(refused) = failures.iter().find(|failure| !is_missing(failure)) {
        answers.page(Fact::Services(services, Vec::new())).await;
        return Err(refusal(DESCRIBE_SERVICES, refused));
    }
    let unknown = failures.into_iter().map(|failure| owned_arn_name(failure.arn)).collect();
    answers.last(Fact::Services(services, unknown)).await;
    Ok(())
}

/// Returns at most ten services with their tags; those unknown to AWS are left out. A deleted one remains
/// known for a while, with a status that shows it.
pub(super) async fn services_with_tags(
    caller: &Caller<'_>,
    cluster: &str,
    names: &[String],
) -> Result<Vec<Service>, Failure> {
    let (services, failures) = describe(caller, cluster, names, true).await?;
    match failures.iter().find(|failure| !is_missing(failure)) {
        Some(refused) => Err(refusal(DESCRIBE_SERVICES, refused)),
        None => Ok(services),
    }
}

async fn describe(
    caller: &Caller<'_>,
    cluster: &str,
    names: &[String],
    tags: bool,
) -> Result<(Vec<Service>, Vec<sdk::Failure>), Failure> {
    let include = tags.then(|| vec![sdk::ServiceField::Tags]);
    let answer = caller
        .call(DESCRIBE_SERVICES, |clients| {
            let request = clients.ecs().describe_services().cluster(cluster).set_services(Some(names.to_vec()));
            request.set_include(include.clone()).send()
        })
        .await?;
    let services = answer.services.unwrap_or_default().into_iter().map(from_service).collect();
    Ok((services, answer.failures.unwrap_or_default()))
}

/// Whether the entry of a `failures` list only reports a missing resource.
pub(super) fn is_missing(failure: &sdk::Failure) -> bool {
    failure.reason.as_deref().is_none_or(|reason| reason.eq_ignore_ascii_case("MISSING"))
}

/// Converts an entry of a `failures` list to a failure of the whole request.
pub(super) fn refusal(action: Action, failure: &sdk::Failure) -> Failure {
    let (reason, detail) = (failure.reason.as_deref().unwrap_or(""), failure.detail.as_deref().unwrap_or(""));
    let about = failure.arn.as_deref().map(arn_name).unwrap_or_default();
    let kind = if reason.contains("ACCESS") { FailureKind::Denied } else { FailureKind::Other };
    Failure::new(kind, super::failure::clean(&format!("{}: {about}: {reason} {detail}", action.name)))
}

fn from_cluster(cluster: sdk::Cluster) -> Cluster {
    Cluster {
        name: cluster.cluster_name.unwrap_or_default(),
        status: cluster.status.unwrap_or_default(),
        services: to_count(cluster.active_services_count),
        running: to_count(cluster.running_tasks_count),
        pending: to_count(cluster.pending_tasks_count),
    }
}

pub(super) fn from_service(service: sdk::Service) -> Service {
    let configuration = service.deployment_configuration;
    let deployment_alarms = configuration
        .as_ref()
        .and_then(|set| set.alarms.as_ref())
        .filter(|alarms| alarms.enable)
        .map(|alarms| alarms.alarm_names.clone())
        .unwrap_or_default();
    let strategy = configuration.as_ref().and_then(|set| set.strategy.as_ref());
    let strategy = strategy.map(|strategy| strategy.as_str().to_owned()).unwrap_or_default();
    let tags = service.tags.unwrap_or_default();
    let tag = |key: &str| tags.iter().find(|tag| tag.key.as_deref() == Some(key))?.value.as_deref();
    let remembered = tag(DESIRED_COUNT_TAG).and_then(|value| value.parse().ok());
    let remembered_scaling = tag(SUSPENDED_SCALING_TAG).and_then(Suspended::from_tag);
    let (target_groups, balanced) = balancer_targets(service.load_balancers.unwrap_or_default());
    let mut events: Vec<ServiceEvent> = service.events.unwrap_or_default().into_iter().map(from_event).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    let mut deployments: Vec<Deployment> =
        service.deployments.unwrap_or_default().into_iter().map(from_deployment).collect();
    deployments.sort_by_key(|deployment| std::cmp::Reverse(deployment.created_at));
    let task_sets = service.task_sets.unwrap_or_default().into_iter().map(|set| owned_arn_name(set.task_definition));
    Service {
        task_sets: task_sets.filter(|name| !name.is_empty()).collect(),
        name: service.service_name.unwrap_or_default(),
        arn: service.service_arn.unwrap_or_default(),
        cluster: owned_arn_name(service.cluster_arn),
        status: service.status.unwrap_or_default(),
        desired: to_count(service.desired_count),
        running: to_count(service.running_count),
        pending: to_count(service.pending_count),
        task_definition: owned_arn_name(service.task_definition),
        launch: launch(service.launch_type.as_ref(), service.capacity_provider_strategy.as_deref()),
        controller: service
            .deployment_controller
            .map_or_else(|| "ECS".to_owned(), |controller| controller.r#type.as_str().to_owned()),
        min_percent: configuration.as_ref().and_then(|set| set.minimum_healthy_percent).map(to_count),
        max_percent: configuration.as_ref().and_then(|set| set.maximum_percent).map(to_count),
        breaker: configuration
            .and_then(|set| set.deployment_circuit_breaker)
            .map(|breaker| Breaker { enabled: breaker.enable, rollback: breaker.rollback }),
        grace_seconds: service.health_check_grace_period_seconds.map(to_count),
        exec: service.enable_execute_command,
        created_at: to_timestamp(service.created_at),
        deployments,
        events,
        target_groups,
        balanced,
        scheduling: service.scheduling_strategy.map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        strategy,
        deployment_alarms,
        remembered,
        remembered_scaling,
    }
}

/// The target groups of a service and the containers behind them, without duplicates. With blue/green deployment its
/// tasks alternate between two groups.
pub(super) fn balancer_targets(balancers: Vec<sdk::LoadBalancer>) -> (Vec<String>, Vec<String>) {
    let (mut groups, mut containers) = (Vec::new(), Vec::new());
    let add = |all: &mut Vec<String>, one: Option<String>| {
        if let Some(one) = one.filter(|one| !all.contains(one)) {
            all.push(one);
        }
    };
    for balancer in balancers {
        let other = balancer.advanced_configuration.and_then(|advanced| advanced.alternate_target_group_arn);
        add(&mut groups, balancer.target_group_arn);
        add(&mut groups, other);
        add(&mut containers, balancer.container_name);
    }
    (groups, containers)
}

/// The launch type, or the capacity providers that replace it.
fn launch(kind: Option<&sdk::LaunchType>, strategy: Option<&[sdk::CapacityProviderStrategyItem]>) -> String {
    let providers: Vec<&str> =
        strategy.unwrap_or_default().iter().map(|item| item.capacity_provider.as_str()).collect();
    if providers.is_empty() {
        kind.map(|kind| kind.as_str().to_owned()).unwrap_or_default()
    } else {
        providers.join("+")
    }
}

fn from_deployment(deployment: sdk::Deployment) -> Deployment {
    Deployment {
        id: deployment.id.unwrap_or_default(),
        status: deployment.status.unwrap_or_default(),
        rollout: deployment.rollout_state.and_then(|state| match state {
            sdk::DeploymentRolloutState::InProgress => Some(RolloutState::InProgress),
            sdk::DeploymentRolloutState::Completed => Some(RolloutState::Completed),
            sdk::DeploymentRolloutState::Failed => Some(RolloutState::Failed),
            _ => None,
        }),
        rollout_reason: deployment.rollout_state_reason.unwrap_or_default(),
        desired: to_count(deployment.desired_count),
        running: to_count(deployment.running_count),
        pending: to_count(deployment.pending_count),
        failed: to_count(deployment.failed_tasks),
        task_definition: owned_arn_name(deployment.task_definition),
        created_at: to_timestamp(deployment.created_at),
        updated_at: to_timestamp(deployment.updated_at),
    }
}

fn from_event(event: sdk::ServiceEvent) -> ServiceEvent {
    ServiceEvent {
        id: event.id.unwrap_or_default(),
        at: to_timestamp(event.created_at),
        message: event.message.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blue_green_service_owns_both_target_groups() {
        let advanced = sdk::AdvancedConfiguration::builder().alternate_target_group_arn("green").build();
        let of = |group: &str| sdk::LoadBalancer::builder().target_group_arn(group).container_name("web");
        let (groups, containers) =
            balancer_targets(vec![of("blue").advanced_configuration(advanced).build(), of("other").build()]);
        assert_eq!(groups, ["blue", "green", "other"]);
        assert_eq!(containers, ["web"]);
    }
}
